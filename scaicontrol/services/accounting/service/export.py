"""Exporting a range by hand, and fetching what a sync exported. A copy: it marks nothing as booked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Reason, Refused, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.verify_archive import packed

from .. import providers, queries
from ..journal_input import JournalInput, Kind
from ..providers import Artefact
from ..schemas import LedgerMapping
from .reading import BATCH, read_inputs, reader

MOST = 5000
_REASONS = 20


@dataclass(frozen=True, slots=True)
class Fetched:
    filename: str
    media_type: str
    body: bytes


async def export(
    backend: Backend,
    actor: Actor,
    slug: str,
    partner_id: str,
    first: date,
    last: date,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Artefact:
    """
    Export everything a partner issued in a stretch of days, both included, at most 5,000 at once.

    Settings and mapping are those of the partner's integration of this provider, where it has one. The same range
    gives the same bytes. Refused with every reason when something in it cannot be booked.
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
    documents: list[JournalInput] = []
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        documents += await read_inputs(backend, partner_id, part, with_files=provider.needs_files)
        if progress is not None:
            progress(len(documents), len(wanted))
    _refuse_unbookable(documents, provider, mapping)
    return _one(await provider.export(documents, mapping, config, complete=True), slug)


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
