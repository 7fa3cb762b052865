"""
Accounting providers: plugins behind the entry point group `scaicontrol.accounting_providers` (contract §22).

A plugin is a function without arguments that gives an `AccountingProvider`. One of a built-in's name replaces it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from scaicontrol.core.errors import invalid

from .csv_journal import CsvJournal
from .datev_csv import DatevCsv
from .provider import AccountingProvider, Artefact, Exported
from .ubl_archive import UblArchive

__all__ = ["AccountingProvider", "Artefact", "Exported", "installed", "load", "provider"]

GROUP: Final = "scaicontrol.accounting_providers"
BUILT_IN: Final[Mapping[str, Callable[[], AccountingProvider]]] = {
    "csv_journal": CsvJournal,
    "datev_csv": DatevCsv,
    "ubl_archive": UblArchive,
}


def load(found: Iterable[EntryPoint] | None = None) -> dict[str, AccountingProvider]:
    """Make every provider, by slug."""
    entries = entry_points(group=GROUP) if found is None else found
    plugins = {**BUILT_IN, **{entry.name: entry.load() for entry in entries}}
    made = [plugin() for plugin in plugins.values()]
    return {each.slug: each for each in sorted(made, key=lambda each: each.slug)}


@cache
def installed() -> Mapping[str, AccountingProvider]:
    """Give the providers of this installation; it is looked for plugins once."""
    return load()


def provider(slug: str) -> AccountingProvider:
    """Give a provider, or raise Invalid with the names there are."""
    known = installed()
    if slug not in known:
        raise invalid("provider", f"There is no accounting provider {slug!r}; there are {', '.join(known)}.")
    return known[slug]
