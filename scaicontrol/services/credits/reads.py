"""
What other features ask credits for, by name.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, func, select

from scaicontrol.core.work import UnitOfWork

from .models import Credit, CreditSource, CreditUse, CreditUseKind, Receivable


def _open(partner_id: str, tenant_id: str, currency: str, *, automatic: bool) -> Select[Credit]:
    query = select(Credit).where(
        Credit.tenant_id == tenant_id,
        Credit.partner_id == partner_id,
        Credit.currency == currency,
        Credit.remaining_cents > 0,
        Credit.order_id.is_(None),
    )
    return query.where(Credit.is_kept.is_(False)) if automatic else query


async def available_cents(
    uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str, *, automatic: bool = False
) -> int:
    """Sum what a tenant has with a seller in a currency; `automatic` leaves out what a person keeps."""
    query = _open(partner_id, tenant_id, currency, automatic=automatic)
    found = await uow.session.scalar(query.with_only_columns(func.sum(Credit.remaining_cents)))
    return int(found or 0)


async def open_credits(
    uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str, *, automatic: bool = False
) -> Sequence[Credit]:
    """Lock and give what a tenant has with a seller in a currency, oldest first."""
    query = _open(partner_id, tenant_id, currency, automatic=automatic).order_by(Credit.created_at, Credit.id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await uow.session.scalars(locked)).all()


async def of_documents(uow: UnitOfWork, invoice_ids: Collection[str], *, lock: bool = False) -> Sequence[Credit]:
    """Give the credits that came about by these credit notes and overpaid invoices, oldest first."""
    query = select(Credit).where(Credit.invoice_id.in_(invoice_ids)).order_by(Credit.created_at, Credit.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await uow.session.scalars(query)).all()


async def of_source(uow: UnitOfWork, source: CreditSource, source_id: str) -> Credit | None:
    """Lock and give what came about by a credit note or a payment."""
    query = select(Credit).where(Credit.source == source, Credit.source_id == source_id)
    return await uow.session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def of_payment(uow: UnitOfWork, payment_id: str) -> Credit | None:
    """Lock and give what a payment brought beyond what was due."""
    return await uow.session.scalar(
        select(Credit)
        .where(Credit.source != CreditSource.credit_note, Credit.source_id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def brought_beyond(uow: UnitOfWork, payment_ids: Collection[str]) -> Mapping[str, int]:
    """Give the cents that payments brought beyond what was due, by payment; those that brought none are left out."""
    beyond = (CreditSource.overpayment, CreditSource.unapplied_payment)
    query = select(Credit.source_id, Credit.amount_cents).where(
        Credit.source.in_(beyond), Credit.source_id.in_(payment_ids)
    )
    return {str(source_id): int(cents) for source_id, cents in await uow.session.execute(query)}


async def applied_to(uow: UnitOfWork, invoice_id: str) -> Sequence[CreditUse]:
    """List the uses that settle a part of an invoice and were not undone, oldest first."""
    query = (
        select(CreditUse)
        .where(
            CreditUse.invoice_id == invoice_id,
            CreditUse.kind == CreditUseKind.applied,
            CreditUse.id.not_in(_undone()),
        )
        .order_by(CreditUse.created_at, CreditUse.id)
    )
    return (await uow.session.scalars(query)).all()


async def applications_of(uow: UnitOfWork, credit_id: str) -> Sequence[CreditUse]:
    """List the uses of a credit on invoices that were not undone, newest first."""
    query = (
        select(CreditUse)
        .where(
            CreditUse.credit_id == credit_id,
            CreditUse.kind == CreditUseKind.applied,
            CreditUse.id.not_in(_undone()),
        )
        .order_by(CreditUse.created_at.desc(), CreditUse.id.desc())
    )
    return (await uow.session.scalars(query)).all()


def with_rest() -> Select[str]:
    """Select the ids of credits of which something remains, to be asked for within another question."""
    return select(Credit.id).where(Credit.remaining_cents > 0)


def _undone() -> Select[str | None]:
    return select(CreditUse.reverses_id).where(CreditUse.reverses_id.is_not(None))


async def use_of_refund(uow: UnitOfWork, refund_id: str) -> CreditUse | None:
    """Find the use that promised money to a refund, also one that was undone."""
    return await uow.session.scalar(select(CreditUse).where(CreditUse.refund_id == refund_id))


async def held_use(uow: UnitOfWork, use_id: str | None) -> CreditUse | None:
    """Find a use by its id: what a refund that went after all holds."""
    return await uow.session.get(CreditUse, use_id) if use_id else None


def owing_beside() -> Select[str]:
    """Select the ids of invoices beside which something is owed or was written off, to be asked for within another."""
    return select(Receivable.invoice_id).where(Receivable.remaining_cents + Receivable.written_off_cents > 0)


async def owed_beside(uow: UnitOfWork, invoice_id: str) -> Sequence[Receivable]:
    """Lock and give what a tenant owes beside an invoice, or owed until it was written off, oldest first."""
    query = (
        select(Receivable)
        .where(Receivable.invoice_id == invoice_id, Receivable.remaining_cents + Receivable.written_off_cents > 0)
        .order_by(Receivable.created_at, Receivable.id)
    )
    return (await uow.session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()
