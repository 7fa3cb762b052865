from collections.abc import Collection, Sequence

from sqlalchemy import Select, case, func, or_, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.lifecycle import permitted
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants

from .models import LotSource, WalletLot, WalletUse
from .schemas import WalletBalance, WalletFilter, WalletLotDetail, WalletLotOut, WalletUseOut

_SORTABLE = {"created_at": WalletLot.created_at, "amount_cents": WalletLot.amount_cents}


def visible(uow: UnitOfWork) -> Select[WalletLot]:
    """Every read starts here; the session's scope decides whose wallets."""
    uow.authorize("wallets:read")
    return select(WalletLot)


async def get(uow: UnitOfWork, lot_id: str, *, lock: bool = False) -> WalletLot:
    """
    Give a lot.

    Raises NotFound.
    """
    query = visible(uow).where(WalletLot.id == lot_id)
    found = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"There is no wallet lot {lot_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: WalletFilter | None = None) -> Page[WalletLot]:
    """List lots, without their uses."""
    wanted = wanted or WalletFilter()
    query = visible(uow)
    for column, value in (
        (WalletLot.tenant_id, wanted.tenant_id),
        (WalletLot.partner_id, wanted.partner_id),
        (WalletLot.currency, wanted.currency),
        (WalletLot.source, wanted.source),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        query = query.where(WalletLot.remaining_cents > 0 if wanted.is_open else WalletLot.remaining_cents == 0)
    return await paginate(uow, query, request, _SORTABLE)


async def _uses_of(uow: UnitOfWork, lot_ids: Collection[str]) -> Sequence[WalletUse]:
    query = select(WalletUse).where(WalletUse.lot_id.in_(lot_ids)).order_by(WalletUse.created_at, WalletUse.id)
    return (await uow.session.scalars(query)).all()


async def detail(uow: UnitOfWork, lot_id: str) -> WalletLotDetail:
    """
    Give a lot with its uses.

    Raises NotFound.
    """
    return await shown(uow, await get(uow, lot_id))


async def shown(uow: UnitOfWork, lot: WalletLot) -> WalletLotDetail:
    """Say a lot as surfaces show it, also one that was just changed."""
    await uow.session.flush()
    uses = [WalletUseOut.model_validate(use) for use in await _uses_of(uow, [lot.id])]
    plain = WalletLotOut.model_validate(lot).model_dump()
    return WalletLotDetail(**plain, uses=uses, available_actions=offered(uow.actor, lot))


def offered(actor: Actor, lot: WalletLot) -> list[str]:
    """Name what `actor` may do with a lot now: what was paid in goes back, what was given ends."""
    actions = ["refund" if lot.is_paid else "expire"] if lot.remaining_cents > 0 else []
    return permitted(actor, actions, {"refund": "wallets:refund", "expire": "wallets:expire"})


async def balances(uow: UnitOfWork, tenant_id: str) -> list[WalletBalance]:
    """
    Sum what a tenant has in its wallet, one row a currency; currencies with nothing left are not named.

    Raises NotFound.
    """
    await tenants.get(uow, tenant_id)
    given = WalletLot.source == LotSource.promotion
    query = (
        visible(uow)
        .where(
            WalletLot.tenant_id == tenant_id,
            WalletLot.remaining_cents > 0,
            or_(WalletLot.expires_at.is_(None), WalletLot.expires_at > uow.now),
        )
        .group_by(WalletLot.currency)
        .order_by(WalletLot.currency)
        .with_only_columns(
            WalletLot.currency,
            func.sum(WalletLot.remaining_cents),
            func.sum(case((given, WalletLot.remaining_cents), else_=0)),
            func.min(WalletLot.expires_at),
        )
    )
    return [
        WalletBalance(
            currency=code, available_cents=int(all_), promotional_cents=int(promotional), next_expires_at=expires_at
        )
        for code, all_, promotional, expires_at in await uow.session.execute(query)
    ]
