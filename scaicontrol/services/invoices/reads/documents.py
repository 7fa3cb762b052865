"""Documents by id or by whom they are for, and the money that moved for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from scaicontrol.core.work import UnitOfWork

from .. import creditable, queries
from ..lifecycle import DocumentType, InvoiceStatus
from ..models import Invoice, InvoiceLine, Settlement


async def find(uow: UnitOfWork, invoice_id: str) -> Invoice | None:
    """Find a document, without its lines."""
    found: Invoice | None = await uow.session.get(Invoice, invoice_id)
    return found


async def by_ids(uow: UnitOfWork, invoice_ids: Collection[str]) -> dict[str, Invoice]:
    """Give documents by id, without their lines."""
    if not invoice_ids:
        return {}
    rows = await uow.session.scalars(queries.visible(uow).where(Invoice.id.in_(invoice_ids)))
    return {invoice.id: invoice for invoice in rows}


async def finalized(uow: UnitOfWork, invoice_ids: Collection[str]) -> list[Invoice]:
    """Give those of these documents that are finalized, with their lines."""
    query = queries.visible(uow).where(Invoice.id.in_(invoice_ids), Invoice.finalized_at.is_not(None))
    found = list(await uow.session.scalars(query))
    await queries.load_lines(uow, found)
    return found


async def finalized_since(uow: UnitOfWork, moment: datetime) -> list[str]:
    """Name the documents finalized since a moment, the oldest first."""
    recent = queries.visible(uow).where(Invoice.finalized_at >= moment).order_by(Invoice.finalized_at, Invoice.id)
    return list(await uow.session.scalars(recent.with_only_columns(Invoice.id)))


async def lines_by_ids(uow: UnitOfWork, line_ids: Collection[str]) -> list[InvoiceLine]:
    """Give lines by id."""
    if not line_ids:
        return []
    return list(await uow.session.scalars(select(InvoiceLine).where(InvoiceLine.id.in_(line_ids))))


async def untouched_drafts(uow: UnitOfWork, among: Select[str | None]) -> list[str]:
    """Name the drafts among these ids that nobody has changed since they were written."""
    drafts = select(Invoice.id).where(
        Invoice.id.in_(among), Invoice.status == InvoiceStatus.draft, Invoice.version == 1
    )
    return list(await uow.session.scalars(drafts.order_by(Invoice.id)))


async def creditable_lines(uow: UnitOfWork, invoice_ids: Collection[str]) -> list[creditable.Creditable]:
    """Give the lines of those of these invoices that are finalized and not void, and what is left of each to credit."""
    if not invoice_ids:
        return []
    query = select(Invoice).options(selectinload(Invoice.lines)).where(Invoice.id.in_(invoice_ids))
    found: list[creditable.Creditable] = []
    for invoice in await uow.session.scalars(query.order_by(Invoice.id)):
        if invoice.is_sealed and not invoice.is_credit_note and invoice.status != InvoiceStatus.void:
            found += creditable.lines_of(invoice, await queries.credit_notes_of(uow, [invoice.id]))
    return found


def charging(subscription_id: str) -> Select[str]:
    """Select the ids of the documents that charge a subscription, to be asked for within another question."""
    its = or_(InvoiceLine.subscription_id == subscription_id, InvoiceLine.pack_subscription_id == subscription_id)
    return select(InvoiceLine.invoice_id).where(its)


async def standing(uow: UnitOfWork, tenant_id: str, currency: str) -> Sequence[Invoice]:
    """Give what a tenant was billed in one currency and what was credited: finalized and not void, without lines."""
    query = queries.visible(uow).where(
        Invoice.tenant_id == tenant_id,
        Invoice.currency == currency,
        Invoice.finalized_at.is_not(None),
        Invoice.status != InvoiceStatus.void,
    )
    return (await uow.session.scalars(query)).all()


class SettledDocument(NamedTuple):
    """Money that moved for a document, or was credited, with the document's number and status."""

    settlement: Settlement
    number: str | None
    status: InvoiceStatus


async def settled(uow: UnitOfWork, tenant_id: str, currency: str) -> list[SettledDocument]:
    """Give all that moved for a tenant's documents in one currency, void ones among them."""
    rows = await uow.session.execute(
        select(Settlement, Invoice.number, Invoice.status)
        .join(Invoice, Invoice.id == Settlement.invoice_id)
        .where(Settlement.tenant_id == tenant_id, Invoice.currency == currency)
    )
    return [SettledDocument._make(row) for row in rows]


async def billed_on(uow: UnitOfWork, partner_id: str, number: str) -> list[tuple[str, str]]:
    """Name the tenant and the subscriptions that a seller's document of this number, to the letter, is about."""
    query = (
        select(InvoiceLine.tenant_id, InvoiceLine.subscription_id, Invoice.number)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.partner_id == partner_id, Invoice.number == number, InvoiceLine.subscription_id.is_not(None))
        .distinct()
    )
    found = await uow.session.execute(query)
    return [(str(tenant_id), str(about)) for tenant_id, about, exactly in found if exactly == number]


async def of_subscription(uow: UnitOfWork, subscription_id: str) -> list[Invoice]:
    """Give the finalized invoices with a line about a subscription, the oldest first, with their lines."""
    about = select(InvoiceLine.invoice_id).where(InvoiceLine.subscription_id == subscription_id)
    query = queries.visible(uow).where(
        Invoice.id.in_(about),
        Invoice.finalized_at.is_not(None),
        Invoice.document_type == DocumentType.invoice,
        Invoice.status != InvoiceStatus.void,
    )
    found = list(await uow.session.scalars(query.order_by(Invoice.finalized_at, Invoice.id)))
    await queries.load_lines(uow, found)
    return found


async def drafts_of_subscription(uow: UnitOfWork, subscription_id: str) -> list[Invoice]:
    """Give the drafts of invoices with a line about a subscription, the oldest first, without their lines."""
    query = queries.visible(uow).where(
        Invoice.id.in_(charging(subscription_id)),
        Invoice.status == InvoiceStatus.draft,
        Invoice.document_type == DocumentType.invoice,
    )
    return list(await uow.session.scalars(query.order_by(Invoice.created_at, Invoice.id)))


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the numbers of documents that begin so, by id, in their order."""
    query = (
        queries.visible(uow)
        .where(Invoice.number.startswith(words, autoescape=True))
        .order_by(Invoice.number)
        .limit(limit)
    )
    return {each.id: str(each.number) for each in await uow.session.scalars(query)}
