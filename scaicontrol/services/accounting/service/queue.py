"""Putting documents into the queue of an integration: each once, whoever asks and how often."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select, update

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import civil_date
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.invoices.reads import books
from scaicontrol.services.payments.models import DisputeMovement
from scaicontrol.services.payments.reads import dispute_movements

from .. import queries
from ..events import SyncRequested
from ..journal_input import Kind
from ..lifecycle import SyncLifecycle, SyncStatus
from ..models import AccountingIntegration, AccountingSyncItem
from ..schemas import SyncIn

BATCH = 500
_LATE = timedelta(hours=1)  # a commit may be seen that much after the moment it is stamped with


async def enqueue_new(uow: UnitOfWork, integration_id: str) -> int:
    """Queue what was finalized or moved since the cursor; gives how many, at most a batch."""
    uow.authorize("accounting:push")
    integration = await queries.get(uow, integration_id, lock=True)
    if not integration.is_active:
        return 0
    since = integration.cursor
    documents = books.documents(integration.partner_id, since=since)
    moved = books.movements(integration.partner_id, since=since)
    disputed = dispute_movements(integration.partner_id, since=since)
    voided = books.voided(integration.partner_id, since=since)
    queued = await _enqueue(uow, integration, documents, voided, moved, disputed)
    if queued < BATCH:
        integration.cursor = max(since, uow.now - _LATE)
    return queued


@verb
async def request(uow: UnitOfWork, integration_id: str, wanted: SyncIn) -> int:
    """
    Queue a range of days, or all that failed; gives how many items wait now.

    `force` puts back what was exported before; without it only what is new or has failed goes again.

    Raises NotFound, and Refused for an integration that is not active.
    """
    uow.authorize("accounting:manage")
    integration = await queries.get(uow, integration_id, lock=True)
    if not integration.is_active:
        raise Refused(f"Cannot sync {integration}: it is not active.")
    if wanted.first or wanted.last:
        first, last = wanted.first or date.min, wanted.last or date.max
        zone = (await partners.settings_of(uow, integration.partner_id)).timezone
        between = queries.days(first, last, zone)
        documents = books.documents(integration.partner_id, issued=(first, last))
        moved = books.movements(integration.partner_id, settled=between)
        disputed = dispute_movements(integration.partner_id, moved=between)
        voided = books.voided(integration.partner_id, between=between)
        while await _enqueue(uow, integration, documents, voided, moved, disputed) == BATCH:
            await uow.session.flush()
    await _put_back(uow, integration, wanted)
    await uow.session.flush()
    waiting = select(func.count(AccountingSyncItem.id)).where(
        AccountingSyncItem.integration_id == integration.id, AccountingSyncItem.status == SyncStatus.pending
    )
    queued = int(await uow.session.scalar(waiting) or 0)
    uow.emit(
        SyncRequested(
            accounting_integration_id=integration.id,
            partner_id=integration.partner_id,
            version=integration.version,
            request=new_id("req"),
            queued=queued,
        ),
        after=wanted.model_dump(mode="json", by_alias=True),
    )
    return queued


async def _put_back(uow: UnitOfWork, integration: AccountingIntegration, wanted: SyncIn) -> None:
    """Let failed items, and by force exported ones, wait again."""
    event = "force" if wanted.force else "retry"
    query = update(AccountingSyncItem).where(
        AccountingSyncItem.integration_id == integration.id,
        AccountingSyncItem.status.in_(SyncLifecycle.sources_of(event)),
    )
    if wanted.first:
        query = query.where(AccountingSyncItem.booked_on >= wanted.first)
    if wanted.last:
        query = query.where(AccountingSyncItem.booked_on <= wanted.last)
    await uow.session.execute(
        query.values(status=SyncStatus.pending, due_at=uow.now, attempts=0).execution_options(synchronize_session=False)
    )


async def skip_waiting(uow: UnitOfWork, integration: AccountingIntegration) -> None:
    """Take everything that waits out of the queue of an integration that is stopped."""
    await uow.session.execute(
        update(AccountingSyncItem)
        .where(
            AccountingSyncItem.integration_id == integration.id,
            AccountingSyncItem.status.in_(SyncLifecycle.sources_of("skip")),
        )
        .values(status=SyncStatus.skipped, due_at=None, last_error="The integration was deactivated.")
        .execution_options(synchronize_session=False)
    )


async def _enqueue(
    uow: UnitOfWork,
    integration: AccountingIntegration,
    documents: Select[Invoice],
    voided: Select[Invoice],
    moved: Select[Settlement],
    disputed: Select[DisputeMovement],
) -> int:
    """Add items for what has none yet, at most a batch."""
    limit = BATCH
    rows: list[Any] = list(await uow.session.execute(_new(integration, documents).limit(limit)))
    items = [_item(uow, integration, row.id, Kind(row.document_type), row.number, row.issue_date) for row in rows]
    if len(items) < limit:
        items += await _new_voids(uow, integration, voided, limit - len(items))
    if len(items) < limit:
        items += await _new_movements(uow, integration, moved, limit - len(items))
    if len(items) < limit:
        items += await _new_dispute_movements(uow, integration, disputed, limit - len(items))
    uow.session.add_all(items)
    return len(items)


async def _new_voids(
    uow: UnitOfWork, integration: AccountingIntegration, voided: Select[Invoice], limit: int
) -> list[AccountingSyncItem]:
    zone = (await partners.settings_of(uow, integration.partner_id)).timezone
    rows = await uow.session.execute(_new(integration, voided, is_void=True).limit(limit))
    return [_item(uow, integration, row.id, Kind.void, row.number, civil_date(row.voided_at, zone)) for row in rows]


async def _new_movements(
    uow: UnitOfWork, integration: AccountingIntegration, moved: Select[Settlement], limit: int
) -> list[AccountingSyncItem]:
    zone = (await partners.settings_of(uow, integration.partner_id)).timezone
    settlements = (await uow.session.scalars(_new(integration, moved).limit(limit))).all()
    numbers = await invoices.numbers(uow, [each.invoice_id for each in settlements])
    return [
        _item(
            uow,
            integration,
            each.id,
            queries.movement_kind(each),
            numbers.get(each.invoice_id, ""),
            civil_date(each.settled_at, zone),
        )
        for each in settlements
    ]


async def _new_dispute_movements(
    uow: UnitOfWork, integration: AccountingIntegration, disputed: Select[DisputeMovement], limit: int
) -> list[AccountingSyncItem]:
    zone = (await partners.settings_of(uow, integration.partner_id)).timezone
    moved = (await uow.session.scalars(_new(integration, disputed).limit(limit))).all()
    numbers = await invoices.numbers(uow, [each.invoice_id for each in moved])
    return [
        _item(
            uow,
            integration,
            each.id,
            queries.dispute_kind(each),
            numbers.get(each.invoice_id, ""),
            civil_date(each.created_at, zone),
        )
        for each in moved
    ]


def _new(integration: AccountingIntegration, found: Select[Any], *, is_void: bool = False) -> Select[Any]:
    """Narrow a question to what has no item yet; a document has one more once it is void."""
    kind = AccountingSyncItem.kind
    return found.where(
        ~exists().where(
            AccountingSyncItem.integration_id == integration.id,
            AccountingSyncItem.document_id == found.selected_columns["id"],
            kind == Kind.void if is_void else kind != Kind.void,
        )
    )


def _item(
    uow: UnitOfWork, integration: AccountingIntegration, key: str, kind: Kind, number: str | None, on: date
) -> AccountingSyncItem:
    return AccountingSyncItem(
        id=new_id("asi"),
        partner_id=integration.partner_id,
        integration_id=integration.id,
        document_id=key,
        kind=kind,
        number=number or "",
        booked_on=on,
        status=SyncStatus.pending,
        due_at=uow.now,
        attempts=0,
    )
