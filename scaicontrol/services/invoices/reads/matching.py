"""Invoices as money that comes finds them: by the numbers a payer wrote, by what is open, and settled ones."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.credits.reads import owing_beside

from ..lifecycle import OWED, DocumentType, InvoiceStatus, SettledBy
from ..models import Invoice


async def by_places(uow: UnitOfWork, partner_id: str, places: Collection[tuple[int, int]]) -> list[Invoice]:
    """Give a seller's finalized invoices at these places (fiscal year, serial) of its series, without their lines."""
    if not places:
        return []
    query = select(Invoice).where(
        Invoice.partner_id == partner_id,
        Invoice.document_type == DocumentType.invoice,
        Invoice.fiscal_year.in_({year for year, _ in places}),
        Invoice.serial.in_({serial for _, serial in places}),
    )
    return [each for each in await uow.session.scalars(query) if each.place_in_series in places]


async def open_of(
    uow: UnitOfWork,
    partner_id: str,
    currency: str,
    *,
    amount_cents: int | None = None,
    tenant_ids: Sequence[str] | None = None,
    limit: int,
) -> list[Invoice]:
    """Give a seller's invoices that ask for money, the earliest due first: of tenants, or of exactly an amount."""
    query = select(Invoice).where(
        Invoice.partner_id == partner_id,
        Invoice.currency == currency,
        Invoice.document_type == DocumentType.invoice,
        Invoice.status.in_(OWED),
        Invoice.amount_due_cents > 0,
    )
    if amount_cents is not None:
        query = query.where(Invoice.amount_due_cents == amount_cents)
    if tenant_ids is not None:
        query = query.where(Invoice.tenant_id.in_(tenant_ids))
    return list(await uow.session.scalars(query.order_by(Invoice.due_date, Invoice.id).limit(limit)))


async def newest_settled(uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str) -> str | None:
    """
    Name the newest paid invoice of a tenant for which all that comes becomes a credit.

    One that was written off, or beside which something is owed, would take the money instead.
    """
    query = select(Invoice.id).where(
        Invoice.partner_id == partner_id,
        Invoice.tenant_id == tenant_id,
        Invoice.currency == currency,
        Invoice.document_type == DocumentType.invoice,
        Invoice.status == InvoiceStatus.paid,
        Invoice.settlement != SettledBy.write_off,
        Invoice.id.not_in(owing_beside()),
    )
    found: str | None = await uow.session.scalar(query.order_by(Invoice.finalized_at.desc(), Invoice.id).limit(1))
    return found
