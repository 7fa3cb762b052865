"""Wallets: what tenants have beforehand."""

from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import wallets
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

from .door import command
from .moments import day_option

app = typer.Typer(name="wallets", no_args_is_help=True, help="Wallets: what tenants have beforehand, paid in or given.")

ReceivedOn = Annotated[date, day_option("--received-on", help="When the money came.")]
ExpiresOn = Annotated[date, day_option("--expires-on", help="It ends as this day begins, UTC.")]
Amount = Annotated[int, typer.Option("--amount-cents", min=1)]
Part = Annotated[int | None, typer.Option("--amount-cents", min=1, help="Default: all that remains.")]
Currency = Annotated[str, typer.Option(help="ISO 4217.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    tenant: str | None = None,
    partner: str | None = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also what is used up.")] = False,
    page: int = 1,
) -> list[WalletLotOut]:
    """List lots with something left, the newest first."""
    wanted = checked(WalletFilter, tenant_id=tenant, partner_id=partner, is_open=None if all_ else True)
    found = await wallets.page(uow, PageRequest(page), wanted)
    return [WalletLotOut.model_validate(lot) for lot in found.items]


@command(app)
async def show(uow: UnitOfWork, lot_id: str) -> WalletLotDetail:
    """Show a lot with everything that became of it."""
    return await wallets.detail(uow, lot_id)


@command(app)
async def balance(uow: UnitOfWork, tenant_id: str) -> list[WalletBalance]:
    """Sum what a tenant has left, one row a currency."""
    return await wallets.balances(uow, tenant_id)


@command(app, changes=True)
async def top_up(
    uow: UnitOfWork,
    tenant_id: str,
    amount: Amount,
    reference: Annotated[str, typer.Option(help="Of the transfer, as on the bank statement.")],
    received_on: ReceivedOn,
    currency: Currency = "EUR",
) -> WalletLotDetail:
    """Record money that a tenant paid in beforehand."""
    body = checked(
        TopUpIn,
        tenant_id=tenant_id,
        currency=currency,
        amount_cents=amount,
        reference=reference,
        received_at=datetime.combine(received_on, time(), UTC),
    )
    return await wallets.shown(uow, await wallets.top_up(uow, body))


@command(app, changes=True)
async def grant(
    uow: UnitOfWork,
    tenant_id: str,
    amount: Amount,
    reason: Annotated[str, typer.Option(help="Why; the tenant reads it.")],
    expires_on: ExpiresOn,
    currency: Currency = "EUR",
    *,
    priority: Annotated[int, typer.Option(help="The lowest is used first.")] = 100,
) -> WalletLotDetail:
    """Give a tenant money for invoices to come; it expires."""
    body = checked(
        GrantIn,
        tenant_id=tenant_id,
        currency=currency,
        amount_cents=amount,
        reason=reason,
        expires_at=datetime.combine(expires_on, time(), UTC),
        priority=priority,
    )
    return await wallets.shown(uow, await wallets.grant(uow, body))


@command(app, changes=True)
async def refund(
    uow: UnitOfWork,
    lot_id: str,
    reference: Annotated[str, typer.Option(help="Of the transfer that was made.")],
    amount: Part = None,
) -> WalletLotDetail:
    """Record the transfer that paid back what was paid in."""
    body = checked(WalletRefundIn, amount_cents=amount, reference=reference)
    return await wallets.shown(uow, await wallets.refund(uow, lot_id, body))


@command(app, changes=True)
async def expire(
    uow: UnitOfWork, lot_id: str, reason: Annotated[str, typer.Option(help="Why; it is kept.")]
) -> WalletLotDetail:
    """End what was given before its day."""
    body = checked(WalletExpireIn, reason=reason)
    return await wallets.shown(uow, await wallets.expire(uow, lot_id, body))
