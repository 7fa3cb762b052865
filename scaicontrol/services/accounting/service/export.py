"""Exporting a range by hand, and fetching what a sync exported. A copy: it marks nothing as booked."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, NotFound, Reason, Refused, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.verify_archive import packed

from .. import providers, queries
from ..journal_input import JournalInput, Kind
from ..providers import Artefact
from ..schemas import LedgerMapping
from .reading import BATCH, ReadInputs, read_inputs, reader

MOST = 5000
_REASONS = 20


@dataclass(frozen=True, slots=True)
class Fetched:
    filename: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Export:
    """The file of a range, and by id what is not in it, and why."""

    artefact: Artefact
    left_out: Mapping[str, str]


async def export(
    backend: Backend,
    actor: Actor,
    slug: str,
    partner_id: str,
    first: date,
    last: date,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Export:
    """
    Export everything a partner issued in a stretch of days, both included, at most 5,000 at once.

    Settings and mapping are those of the partner's integration of this provider, where it has one. The same range
    gives the same bytes. What the books themselves contradict is left out and named; an archive leaves nothing out.

    Raises Refused, with every reason, when the mapping or the settings lack something, and Conflict for an archive of
    which a document or file is not what it was, and where nothing is left.
    """
    provider = providers.provider(slug)
    config, mapping = await backend.ask(actor, _settings, slug, partner_id)
    wrong = await provider.test(config)
    if wrong:
        raise Refused(f"{partner_id} has no integration with settings for {slug}: {wrong[0].message}", reasons=wrong)
    wanted = await backend.ask(reader(partner_id), _wanted, partner_id, provider.kinds, first, last)
    if not wanted:
        raise NotFound(f"{partner_id} issued nothing from {first} to {last}.")
    if len(wanted) > MOST:
        raise invalid("to", f"{len(wanted)} items lie in this range; at most {MOST} are exported at once. Narrow it.")
    read = ReadInputs()
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        read.add(await read_inputs(backend, partner_id, part, with_files=provider.needs_files))
        if progress is not None:
            progress(len(read.inputs) + len(read.unreadable), len(wanted))
    if read.unreadable and (provider.needs_files or not read.inputs):  # an archive proves all of a range, or nothing
        raise Conflict(next(iter(read.unreadable.values())))
    _refuse_unbookable(read.inputs, provider, mapping)
    made = _one(await provider.export(read.inputs, mapping, config, complete=not read.unreadable), slug)
    return Export(made, read.unreadable)


async def _settings(uow: UnitOfWork, slug: str, partner_id: str) -> tuple[dict[str, object], LedgerMapping]:
    uow.authorize("accounting:read")
    await partners.get(uow, partner_id)
    for integration in await queries.listing(uow, partner_id):
        if integration.provider == slug and integration.is_active:
            return integration.config, LedgerMapping.model_validate(integration.mapping)
    return {}, LedgerMapping()


async def _wanted(
    uow: UnitOfWork, partner_id: str, kinds: frozenset[Kind], first: date, last: date
) -> Sequence[tuple[Kind, str]]:
    zone = (await partners.settings_of(uow, partner_id)).timezone
    return await queries.in_range(uow, partner_id, kinds, first, last, zone)


def _refuse_unbookable(
    documents: Sequence[JournalInput], provider: providers.AccountingProvider, mapping: LedgerMapping
) -> None:
    found = [
        Reason(reason.code, f"{document.number}: {reason.message}", reason.field)
        for document in documents
        for reason in provider.problems(document, mapping)
    ]
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        raise Refused(f"Cannot export this range: {found[0].message}{more}", reasons=found[:_REASONS])


def _one(exported: providers.Exported, slug: str) -> Artefact:
    """Give the one file, or several in a ZIP that is as repeatable as they are."""
    artefacts = exported.artefacts
    if not artefacts:
        raise Refused(f"{slug} makes no files; its documents are booked by a sync.")
    if len(artefacts) == 1:
        return artefacts[0]
    body = packed({artefact.filename: artefact.body for artefact in artefacts})
    return Artefact(f"{slug}.zip", "application/zip", body, tuple(key for each in artefacts for key in each.ids))


async def artefact(backend: Backend, actor: Actor, integration_id: str, item_id: str) -> Fetched:
    """Fetch the file that an item was exported in."""
    item = await backend.ask(actor, queries.item, integration_id, item_id)
    if item.artefact_key is None or item.artefact_name is None:
        raise NotFound(f"{item} has no file: it is {item.status}.")
    body = await backend.ports.objects.get(item.artefact_key)
    media = {"zip": "application/zip", "csv": "text/csv"}.get(item.artefact_name.rsplit(".", 1)[-1], "")
    return Fetched(re.sub(r"[^\w.-]", "_", item.artefact_name), media or "application/octet-stream", body)
