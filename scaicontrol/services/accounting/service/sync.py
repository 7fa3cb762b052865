"""
The job `accounting_sync`: queue what is new, then claim, export and record, a batch of one integration at a time.

Nothing is exported inside a transaction. A key in the store ends in the digest of its bytes, so that a run that was cut
off is simply run again; a provider that books over a wire is told ids that it may recognise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork

from .. import providers, queries
from ..events import DocumentsExported
from ..journal_input import JournalInput, Kind
from ..lifecycle import SyncLifecycle
from ..models import AccountingIntegration, AccountingSyncItem
from ..schemas import LedgerMapping
from . import queue
from .reading import read_inputs

log = get_logger(__name__)

FOLDER = "accounting/"
LIMIT = 200
ATTEMPTS = 5
_ACTOR = Actor.system("accounting_sync")
_LEASE = timedelta(minutes=10)
_PAUSES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch that is ours, with what exports it."""

    run: str
    integration: AccountingIntegration
    items: Sequence[AccountingSyncItem]


@dataclass(frozen=True, slots=True)
class Stored:
    """The file an item is in."""

    key: str
    name: str
    sha256: str
    fingerprint: str | None


@dataclass(slots=True)
class ExportOutcome:
    """What became of a batch, by the keys of its items."""

    stored: dict[str, Stored] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


async def sync_due(backend: Backend) -> int:
    """Export everything that is due, of every active integration; gives how many items were synced."""
    synced = 0
    for integration in await backend.ask(_ACTOR, queries.listing):
        if integration.is_active:
            while await backend.perform(_ACTOR, queue.enqueue_new, integration.id) == queue.BATCH:
                pass
        while claimed := await backend.perform(_ACTOR, claim, integration.id, claims.new_claimant(backend)):
            synced += await backend.perform(_ACTOR, record, claimed, await export_claimed(backend, claimed))
    return synced


async def claim(uow: UnitOfWork, integration_id: str, claimant: str) -> Claimed | None:
    """Lease due items of an integration, the oldest first; None when nothing is due."""
    uow.authorize("accounting:push")
    integration = await queries.get(uow, integration_id)
    if not integration.is_active:
        return None
    ids = await claims.lease(
        uow,
        AccountingSyncItem,
        AccountingSyncItem.integration_id == integration.id,
        AccountingSyncItem.status.in_(SyncLifecycle.sources_of("sync", "retry")),
        AccountingSyncItem.due_at <= uow.now,
        by=claimant,
        during=_LEASE,
        oldest=[AccountingSyncItem.booked_on],
        limit=LIMIT,
    )
    mine = select(AccountingSyncItem).where(AccountingSyncItem.id.in_(ids))
    items = (await uow.session.scalars(mine.order_by(AccountingSyncItem.booked_on, AccountingSyncItem.id))).all()
    return Claimed(claimant, integration, items) if items else None


async def export_claimed(backend: Backend, claimed: Claimed) -> ExportOutcome:
    """Export what can be booked and store its files; one document that cannot does not hold up the others."""
    outcome, integration = ExportOutcome(), claimed.integration
    try:
        provider = providers.provider(integration.provider)
        wanted = [(Kind(item.kind), item.document_id) for item in claimed.items if Kind(item.kind) in provider.kinds]
        for item in claimed.items:
            if Kind(item.kind) not in provider.kinds:
                outcome.skipped[item.key] = f"{provider.display_name} takes no {item.kind.replace('_', ' ')}s."
        mapping = LedgerMapping.model_validate(integration.mapping)
        read = await read_inputs(backend, integration.partner_id, wanted, with_files=provider.needs_files)
        outcome.failed |= read.unreadable
        ready = _sorted_out(read.inputs, provider, mapping, outcome)
        if ready:
            done = await provider.export(ready, mapping, integration.config)
            outcome.acknowledged |= done.acknowledged
            outcome.failed |= done.refused
            for artefact in done.artefacts:
                stored = await _store(backend, integration, artefact)
                outcome.stored |= dict.fromkeys(artefact.ids, stored)
    except Exception as error:  # noqa: BLE001  # the rows must say what went wrong, whatever it was, and come back
        log.warning("accounting_sync_failed", integration_id=integration.id, error=repr(error))
        text = error.message if isinstance(error, ControlError) else repr(error)
        outcome.failed |= {
            item.key: text for item in claimed.items if item.key not in {*outcome.skipped, *outcome.failed}
        }
        outcome.stored.clear()
    return outcome


def _sorted_out(
    read: Sequence[JournalInput],
    provider: providers.AccountingProvider,
    mapping: LedgerMapping,
    outcome: ExportOutcome,
) -> list[JournalInput]:
    ready = []
    for document in read:
        reasons = provider.problems(document, mapping)
        if reasons:
            outcome.failed[document.id] = " ".join(reason.message for reason in reasons)
        else:
            ready.append(document)
    return ready


async def _store(backend: Backend, integration: AccountingIntegration, artefact: providers.Artefact) -> Stored:
    digest = sha256(artefact.body).hexdigest()
    key = f"{FOLDER}{integration.partner_id}/{integration.id}/{folder_of(digest)}/{artefact.filename}"
    await backend.ports.objects.put(key, artefact.body, artefact.content_type)
    return Stored(key, artefact.filename, digest, artefact.fingerprint or None)


def folder_of(digest: str) -> str:
    """Name the folder of a file by its digest, so that storing it again is harmless."""
    return digest[:32]


def place_of(key: str) -> tuple[str, str]:
    """Read integration and folder off a key; another shape names neither."""
    parts = key.split("/")
    return (parts[2], parts[3]) if len(parts) > 4 else ("", "")


async def record(uow: UnitOfWork, claimed: Claimed, outcome: ExportOutcome) -> int:
    """Write down what became of a batch; an item whose claim ran out belongs to whoever took it over."""
    uow.authorize("accounting:push")
    mine = select(AccountingSyncItem).where(
        AccountingSyncItem.id.in_([item.id for item in claimed.items]), AccountingSyncItem.claimed_by == claimed.run
    )
    counted = {"synced": 0, "failed": 0, "skipped": 0}
    for item in await uow.session.scalars(mine.with_for_update()):
        if not (item.can("sync") or item.can("retry")):
            continue  # somebody stopped the integration meanwhile
        if item.can("retry"):
            item.advance(SyncLifecycle.retry)
        _settle(uow, item, outcome)
        counted[item.status] += 1
    integration = await queries.get(uow, claimed.integration.id, lock=True)
    integration.last_sync_at = uow.now
    uow.emit(
        DocumentsExported(
            accounting_integration_id=integration.id,
            partner_id=integration.partner_id,
            version=integration.version,
            run=claimed.run.rsplit("/", 1)[-1],
            **counted,
        ),
        after={"artefacts": sorted({file.sha256 for file in outcome.stored.values()})},
    )
    return counted["synced"]


def _settle(uow: UnitOfWork, item: AccountingSyncItem, outcome: ExportOutcome) -> None:
    key = item.key
    item.claimed_by = item.claimed_until = None
    if key in outcome.skipped:
        item.advance(SyncLifecycle.skip)
        item.last_error, item.due_at = outcome.skipped[key], None
    elif key in outcome.stored or key in outcome.acknowledged:
        item.advance(SyncLifecycle.sync)
        item.synced_at, item.due_at, item.last_error = uow.now, None, None
        if file := outcome.stored.get(key):
            item.artefact_key, item.artefact_name = file.key, file.name
            item.artefact_sha256, item.artefact_fingerprint = file.sha256, file.fingerprint
        item.acknowledgement = outcome.acknowledged.get(key)
    else:
        item.advance(SyncLifecycle.fail)
        item.attempts += 1
        item.last_error = outcome.failed.get(key, "The provider said nothing about it.")[:10_000]
        item.due_at = uow.now + _PAUSES[item.attempts - 1] if item.attempts < ATTEMPTS else None
