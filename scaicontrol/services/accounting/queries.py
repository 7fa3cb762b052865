from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Feed, Page, PageRequest, follow, paginate
from scaicontrol.core.periods import start_of_day
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.lifecycle import SettledBy
from scaicontrol.services.invoices.models import Settlement
from scaicontrol.services.invoices.reads import books
from scaicontrol.services.payments.models import DisputeMovement
from scaicontrol.services.payments.reads import dispute_movements

from .journal_input import MOVEMENTS, Kind
from .lifecycle import SyncStatus
from .models import AccountingIntegration, AccountingSyncItem


def visible(uow: UnitOfWork) -> Select[AccountingIntegration]:
    """Every read starts here; a partner sees its own integrations, the platform all."""
    uow.authorize("accounting:read")
    return select(AccountingIntegration)


async def get(uow: UnitOfWork, integration_id: str, *, lock: bool = False) -> AccountingIntegration:
    query = visible(uow).where(AccountingIntegration.id == integration_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No accounting integration {integration_id}.")
    return found


async def listing(uow: UnitOfWork, partner_id: str | None = None) -> Sequence[AccountingIntegration]:
    query = visible(uow).order_by(AccountingIntegration.created_at, AccountingIntegration.id)
    if partner_id is not None:
        query = query.where(AccountingIntegration.partner_id == partner_id)
    return (await uow.session.scalars(query)).all()


async def names(uow: UnitOfWork, integration_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the names of integrations by id: for rows that refer to them, which the caller may see."""
    found = await uow.session.scalars(
        select(AccountingIntegration).where(AccountingIntegration.id.in_(set(integration_ids)))
    )
    return {each.id: each.name for each in found}


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the names of integrations that hold these words, by id, in the order of names."""
    query = visible(uow).where(AccountingIntegration.name.icontains(words, autoescape=True))
    found = await uow.session.scalars(query.order_by(AccountingIntegration.name, AccountingIntegration.id).limit(limit))
    return {each.id: each.name for each in found}


def visible_items(uow: UnitOfWork) -> Select[AccountingSyncItem]:
    """Every read of items beyond one integration starts here."""
    uow.authorize("accounting:read")
    return select(AccountingSyncItem)


async def failed(uow: UnitOfWork, request: PageRequest) -> Page[AccountingSyncItem]:
    """List what the books did not get, and why: what a person mends, whether or not the job still tries it."""
    query = visible_items(uow).where(AccountingSyncItem.status == SyncStatus.failed)
    return await paginate(uow, query, request, {"created_at": AccountingSyncItem.created_at})


async def find_item(uow: UnitOfWork, item_id: str) -> AccountingSyncItem:
    found: AccountingSyncItem | None = await uow.session.scalar(
        visible_items(uow).where(AccountingSyncItem.id == item_id)
    )
    if found is None:
        raise NotFound(f"No sync item {item_id}.")
    return found


async def sync_log(
    uow: UnitOfWork,
    integration_id: str,
    *,
    status: SyncStatus | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Feed[AccountingSyncItem]:
    integration = await get(uow, integration_id)
    query = select(AccountingSyncItem).where(AccountingSyncItem.integration_id == integration.id)
    if status is not None:
        query = query.where(AccountingSyncItem.status == status)
    return await follow(uow, query, AccountingSyncItem, after, limit)


async def item(uow: UnitOfWork, integration_id: str, item_id: str) -> AccountingSyncItem:
    integration = await get(uow, integration_id)
    found = await uow.session.scalar(
        select(AccountingSyncItem).where(
            AccountingSyncItem.integration_id == integration.id, AccountingSyncItem.id == item_id
        )
    )
    if found is None:
        raise NotFound(f"No sync item {item_id}.")
    return found


async def in_range(
    uow: UnitOfWork, partner_id: str, kinds: frozenset[Kind], first: date, last: date, zone: str
) -> list[tuple[Kind, str]]:
    """List what was issued, or moved, in a stretch of days of the seller's, both included."""
    uow.authorize("accounting:read")
    rows = await uow.session.execute(books.documents(partner_id, issued=(first, last)))
    found = [(Kind(row.document_type), row.id) for row in rows if Kind(row.document_type) in kinds]
    between = days(first, last, zone)
    if Kind.void in kinds:
        rows = await uow.session.execute(books.voided(partner_id, between=between))
        found += [(Kind.void, row.id) for row in rows]
    if kinds & MOVEMENTS:
        moved = await uow.session.scalars(books.movements(partner_id, settled=between))
        found += [(movement_kind(row), row.id) for row in moved]
        withheld = await uow.session.scalars(dispute_movements(partner_id, moved=between))
        found += [(dispute_kind(each), each.id) for each in withheld]
    return found


def days(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """Give the moments between which a stretch of days lies in a time zone; the far ends of the calendar are in UTC."""
    begin = start_of_day(first, zone) if first > date(1970, 1, 1) else datetime(1970, 1, 1, tzinfo=UTC)
    end = start_of_day(last + timedelta(days=1), zone) if last < date(9000, 1, 1) else datetime(9000, 1, 1, tzinfo=UTC)
    return begin, end


def movement_kind(settlement: Settlement) -> Kind:
    """Money that came settles an invoice; what went out was given back, or was taken back by the payer's bank."""
    if settlement.kind == SettledBy.credit:
        return Kind.credit
    if settlement.kind == SettledBy.wallet:
        return Kind.wallet
    if settlement.kind == SettledBy.write_off:
        return Kind.loss
    if settlement.kind == SettledBy.reversal:
        return Kind.reversal
    return Kind.payment if settlement.amount_cents + settlement.unapplied_cents >= 0 else Kind.refund


def dispute_kind(movement: DisputeMovement) -> Kind:
    return Kind.dispute_fee if movement.kind == "fee" else Kind.withheld
