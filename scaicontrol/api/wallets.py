"""Wallets: what tenants have beforehand, paid in or given, and what becomes of it."""

from typing import Annotated

from scaicontrol.core.errors import Refused
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import wallets
from scaicontrol.services.wallets.models import WalletLot
from scaicontrol.services.wallets.schemas import (
    GrantIn,
    TopUpIn,
    WalletBalance,
    WalletExpireIn,
    WalletFilter,
    WalletLotDetail,
    WalletLotOut,
    WalletRefundIn,
)

from .door import Many, One, Paged, Paging, Router, narrowing

Wanted = Annotated[WalletFilter, narrowing(WalletFilter)]

admin = Router(prefix="/admin/wallets", tags=["admin-wallets"])
of_tenants = Router(prefix="/admin/tenants", tags=["admin-wallets"])
own = Router(prefix="/billing/wallet", tags=["billing"])


@admin.get("/lots", response_model=Paged[WalletLotOut], permission="wallets:administer", summary="List wallet lots")
async def index(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[WalletLot]:
    return await wallets.page(uow, paging, wanted)


@admin.get(
    "/lots/{lot_id}", response_model=One[WalletLotDetail], permission="wallets:administer", summary="Show a wallet lot"
)
async def show(uow: UnitOfWork, lot_id: str) -> WalletLotDetail:
    """With everything that became of it."""
    return await wallets.detail(uow, lot_id)


@admin.post(
    "/top-ups",
    response_model=One[WalletLotDetail],
    permission="wallets:top_up",
    keyed=True,
    summary="Record money that was paid in beforehand",
)
async def top_up(uow: UnitOfWork, body: TopUpIn) -> WalletLotDetail:
    """A liability and no sale: no VAT and no invoice until an invoice takes it."""
    return await wallets.shown(uow, await wallets.top_up(uow, body))


@admin.post(
    "/grants",
    response_model=One[WalletLotDetail],
    permission="wallets:grant",
    keyed=True,
    summary="Give a tenant money for invoices to come",
)
async def grant(uow: UnitOfWork, body: GrantIn) -> WalletLotDetail:
    """At the seller's expense; it is used first, expires, and is not paid back."""
    return await wallets.shown(uow, await wallets.grant(uow, body))


@admin.post(
    "/lots/{lot_id}/refund",
    response_model=One[WalletLotDetail],
    permission="wallets:refund",
    keyed=True,
    summary="Record the transfer that paid back what was paid in",
)
async def refund(uow: UnitOfWork, lot_id: str, body: WalletRefundIn) -> WalletLotDetail:
    return await wallets.shown(uow, await wallets.refund(uow, lot_id, body))


@admin.post(
    "/lots/{lot_id}/expire",
    response_model=One[WalletLotDetail],
    permission="wallets:expire",
    keyed=True,
    summary="End what was given before its day",
)
async def expire(uow: UnitOfWork, lot_id: str, body: WalletExpireIn) -> WalletLotDetail:
    """What was used of it stays used."""
    return await wallets.shown(uow, await wallets.expire(uow, lot_id, body))


@of_tenants.get(
    "/{tenant_id}/wallet",
    response_model=Many[WalletBalance],
    permission="wallets:administer",
    summary="Read what a tenant has in its wallet",
)
async def balance(uow: UnitOfWork, tenant_id: str) -> list[WalletBalance]:
    """One row a currency; currencies with nothing left are not named."""
    return await wallets.balances(uow, tenant_id)


@own.get("", response_model=Many[WalletBalance], permission="wallets:read", summary="Read the own wallet")
async def own_wallet(uow: UnitOfWork) -> list[WalletBalance]:
    """One row a currency; currencies with nothing left are not named."""
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return await wallets.balances(uow, uow.actor.tenant_id)


@own.get("/lots", response_model=Paged[WalletLotOut], permission="wallets:read", summary="List own wallet lots")
async def own_lots(uow: UnitOfWork, paging: Paging, *, is_open: bool | None = None) -> Page[WalletLot]:
    return await wallets.page(uow, paging, WalletFilter(is_open=is_open))


@own.get(
    "/lots/{lot_id}", response_model=One[WalletLotDetail], permission="wallets:read", summary="Show an own wallet lot"
)
async def own_lot(uow: UnitOfWork, lot_id: str) -> WalletLotDetail:
    """With everything that became of it."""
    return await wallets.detail(uow, lot_id)
