"""
What invoices ask wallets for, by name.

No permission of their own: the caller has authorized, and the session shows what its actor may see.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, case, func, or_, select

from scaicontrol.core.work import UnitOfWork

from .models import LotSource, WalletLot, WalletUse, WalletUseKind


def _open(uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str) -> Select[WalletLot]:
    return select(WalletLot).where(
        WalletLot.tenant_id == tenant_id,
        WalletLot.partner_id == partner_id,
        WalletLot.currency == currency,
        WalletLot.remaining_cents > 0,
        or_(WalletLot.expires_at.is_(None), WalletLot.expires_at > uow.now),
    )


async def available_cents(uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str) -> int:
    """Sum what a tenant has in its wallet with a seller, in a currency; what has expired does not count."""
    query = _open(uow, partner_id, tenant_id, currency).with_only_columns(func.sum(WalletLot.remaining_cents))
    return int(await uow.session.scalar(query) or 0)


async def open_lots(uow: UnitOfWork, partner_id: str, tenant_id: str, currency: str) -> Sequence[WalletLot]:
    """Lock and give the lots in the order of their use: given before paid, priority, soonest expiry, oldest."""
    paid = case((WalletLot.source == LotSource.promotion, 0), else_=1)
    order = (paid, WalletLot.priority, WalletLot.expires_at, WalletLot.created_at, WalletLot.id)
    query = _open(uow, partner_id, tenant_id, currency).order_by(*order)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await uow.session.scalars(locked)).all()


async def lot(uow: UnitOfWork, lot_id: str) -> WalletLot:
    """Lock and give a lot that a use names."""
    query = select(WalletLot).where(WalletLot.id == lot_id)
    return (await uow.session.scalars(query.with_for_update().execution_options(populate_existing=True))).one()


async def applied_to(uow: UnitOfWork, invoice_id: str) -> Sequence[tuple[WalletUse, int]]:
    """List the uses that settle a part of an invoice, each with what of it was not undone, oldest first."""
    query = select(WalletUse).where(WalletUse.invoice_id == invoice_id, WalletUse.kind == WalletUseKind.applied)
    uses = (await uow.session.scalars(query.order_by(WalletUse.created_at, WalletUse.id))).all()
    undone = await _undone(uow, [use.id for use in uses])
    left = [(use, use.amount_cents - undone.get(use.id, 0)) for use in uses]
    return [(use, cents) for use, cents in left if cents > 0]


async def _undone(uow: UnitOfWork, use_ids: Sequence[str]) -> Mapping[str, int]:
    query = (
        select(WalletUse.reverses_id, func.sum(-WalletUse.amount_cents))
        .where(WalletUse.reverses_id.in_(use_ids))
        .group_by(WalletUse.reverses_id)
    )
    return {str(use_id): int(cents) for use_id, cents in await uow.session.execute(query)}
