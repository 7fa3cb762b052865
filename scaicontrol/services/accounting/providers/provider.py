"""What a provider is: documents, a mapping and settings in; files, or acknowledgements of what was booked, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scaicontrol.core.errors import Reason

from ..journal_input import JournalInput, Kind
from ..schemas import LedgerMapping


@dataclass(frozen=True, slots=True)
class Artefact:
    """
    A file of an export and the ids of what it holds.

    `fingerprint` is what the file says of itself when it is checked, where that is not its own digest.
    """

    filename: str
    content_type: str
    body: bytes
    ids: tuple[str, ...]
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export: files, and by id what a provider that books over a wire took or refused."""

    artefacts: tuple[Artefact, ...] = ()
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class AccountingProvider(Protocol):
    """
    A way into the books. `kinds` are what it takes, `needs_files` asks for the stored files of documents.

    `export` is called outside any transaction, with documents that have no `problems`. The same documents, mapping and
    settings give the same bytes; documents come in any order. One that cannot be reached raises Unavailable.
    """

    slug: str
    display_name: str
    config_schema: Mapping[str, Any]
    kinds: frozenset[Kind]
    needs_files: bool

    async def test(self, config: Mapping[str, Any]) -> Sequence[Reason]:
        """Name what is wrong with the settings; a provider with a wire may try it."""
        ...

    def problems(self, document: JournalInput, mapping: LedgerMapping) -> Sequence[Reason]:
        """Name what keeps one document out of the books."""
        ...

    async def export(
        self,
        documents: Sequence[JournalInput],
        mapping: LedgerMapping,
        config: Mapping[str, Any],
        *,
        complete: bool = False,
    ) -> Exported:
        """Export documents; `complete` says that they are everything of their range, without a gap."""
        ...
