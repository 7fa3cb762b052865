"""What is owed and what was paid: sums over documents and over the money that came for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.credits.reads import available_cents

from ..lifecycle import DocumentType, InvoiceStatus
from ..models import Invoice, Settlement
from .documents import charging

_OWED = (InvoiceStatus.finalized, InvoiceStatus.sent, InvoiceStatus.past_due)


_MONEY = ("payment", "manual")
_OPEN = (Invoice.document_type == DocumentType.invoice, Invoice.status.in_(_OWED))
_SUMS = (
    func.coalesce(func.sum(Invoice.amount_due_cents), 0),
    func.coalesce(func.sum(case((Invoice.status == InvoiceStatus.past_due, Invoice.amount_due_cents), else_=0)), 0),
)


class Owed(NamedTuple):
    """What is to be paid, and how much of it is late, in minor units."""

    open_cents: int
    overdue_cents: int


async def owed_by_tenant(uow: UnitOfWork, tenant_id: str, currency: str) -> Owed:
    """Sum up what a tenant owes in one currency."""
    return await _owed(uow, Invoice.tenant_id == tenant_id, currency)


async def owed_to_partner(uow: UnitOfWork, partner_id: str, currency: str) -> Owed:
    """Sum up what a partner's tenants owe in one currency."""
    return await _owed(uow, Invoice.partner_id == partner_id, currency)


async def owed_by_tenants(uow: UnitOfWork, tenant_ids: Collection[str]) -> Mapping[tuple[str, str], Owed]:
    """Sum up what tenants owe, by tenant and currency; who owes nothing is left out."""
    if not tenant_ids:
        return {}
    rows = await uow.session.execute(
        select(Invoice.tenant_id, Invoice.currency, *_SUMS)
        .where(Invoice.tenant_id.in_(tenant_ids), *_OPEN)
        .group_by(Invoice.tenant_id, Invoice.currency)
        .order_by(Invoice.tenant_id, Invoice.currency)
    )
    return {(who, currency): Owed(int(open_), int(late)) for who, currency, open_, late in rows if open_}


async def _owed(uow: UnitOfWork, whose: ColumnElement[bool], currency: str) -> Owed:
    row = await uow.session.execute(select(*_SUMS).where(whose, Invoice.currency == currency, *_OPEN))
    open_cents, overdue_cents = row.one()
    return Owed(int(open_cents), int(overdue_cents))


class Aged(NamedTuple):
    """What is open in one currency by how many days it is late, each in minor units."""

    currency: str
    not_due: int
    up_to_30: int
    up_to_60: int
    up_to_90: int
    older: int


async def ageing(uow: UnitOfWork, today: date) -> list[Aged]:
    """Sum up what is open by its age on a day, for each currency."""
    since = [today - timedelta(days=days) for days in (0, 30, 60, 90)]
    due, open_cents = func.coalesce(Invoice.due_date, today), Invoice.amount_due_cents
    when = [due >= since[0], due >= since[1], due >= since[2], due >= since[3], due < since[3]]
    parts = [
        func.sum(case((and_(held, *(~earlier for earlier in when[:place])), open_cents), else_=0))
        for place, held in enumerate(when)
    ]
    rows = await uow.session.execute(
        select(Invoice.currency, *parts)
        .where(Invoice.status.in_(_OWED), Invoice.document_type == DocumentType.invoice, open_cents > 0)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    return [Aged(currency, *(int(part) for part in sums)) for currency, *sums in rows]


def is_open() -> ColumnElement[bool]:
    """Say in SQL that an invoice is owed: what `ageing` sums up."""
    return and_(*_OPEN, Invoice.amount_due_cents > 0)


def was_paid_between(begin: datetime, end: datetime) -> ColumnElement[bool]:
    """Say in SQL that money came for an invoice from one moment on until before another: what `collected` sums up."""
    came = (Settlement.kind.in_(_MONEY), Settlement.settled_at >= begin, Settlement.settled_at < end)
    return exists().where(Settlement.invoice_id == Invoice.id, Settlement.tenant_id == Invoice.tenant_id, *came)


async def collected(uow: UnitOfWork, moments: Sequence[datetime]) -> dict[str, list[int]]:
    """Sum up what was paid between each of these moments and the next, less what went back, for each currency."""
    spans = list(pairwise(moments))
    parts = [
        func.sum(
            case((and_(Settlement.settled_at >= begin, Settlement.settled_at < end), Settlement.amount_cents), else_=0)
        )
        for begin, end in spans
    ]
    rows = await uow.session.execute(
        select(Invoice.currency, *parts)
        .join(Settlement, and_(Settlement.tenant_id == Invoice.tenant_id, Settlement.invoice_id == Invoice.id))
        .where(
            Settlement.kind.in_(_MONEY),
            Settlement.settled_at >= moments[0],
            Settlement.settled_at < moments[-1],
        )
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    return {currency: [int(part) for part in sums] for currency, *sums in rows}


async def is_covered_by_credit(uow: UnitOfWork, invoice: Invoice) -> bool:
    """Tell whether a tenant's credit is enough for an invoice and all that fell due before it."""
    owner = (invoice.partner_id, invoice.tenant_id, invoice.currency)
    there = await available_cents(uow, *owner)
    if there < invoice.amount_due_cents:
        return False
    before = select(func.sum(Invoice.amount_due_cents)).where(
        Invoice.partner_id == invoice.partner_id,
        Invoice.tenant_id == invoice.tenant_id,
        Invoice.currency == invoice.currency,
        Invoice.document_type == DocumentType.invoice,
        Invoice.status.in_(_OWED),
        Invoice.id != invoice.id,
        (Invoice.due_date < invoice.due_date) | ((Invoice.due_date == invoice.due_date) & (Invoice.id < invoice.id)),
    )
    return there >= int(await uow.session.scalar(before) or 0) + invoice.amount_due_cents


def owing() -> Select[str]:
    """Select the ids of the invoices on which something is due, to be asked for within another question."""
    return select(Invoice.id).where(*_OPEN, Invoice.amount_due_cents > 0)


async def owes_late(uow: UnitOfWork, tenant_id: str) -> bool:
    """Tell whether any invoice of a tenant is past due."""
    late = select(Invoice.id).where(Invoice.tenant_id == tenant_id, Invoice.status == InvoiceStatus.past_due).limit(1)
    return await uow.session.scalar(late) is not None


async def is_charged_late(uow: UnitOfWork, subscription_id: str) -> bool:
    """Tell whether any past-due invoice charges this subscription."""
    late = select(Invoice.id).where(
        Invoice.id.in_(charging(subscription_id)),
        Invoice.status == InvoiceStatus.past_due,
        Invoice.amount_due_cents > 0,
    )
    return await uow.session.scalar(late.limit(1)) is not None
