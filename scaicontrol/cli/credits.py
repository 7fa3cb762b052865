"""Credit balances: what sellers owe tenants back."""

from typing import Annotated

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, payments
from scaicontrol.services.credits.schemas import CreditBalance, CreditDetail, CreditFilter, CreditOut, KeepIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay

from .door import command

app = typer.Typer(name="credits", no_args_is_help=True, help="Credit balances: what is owed back, and its way back.")

Amount = Annotated[int | None, typer.Option("--amount-cents", min=1, help="Default: all that remains.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    tenant: str | None = None,
    partner: str | None = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also what is used up.")] = False,
    page: int = 1,
) -> list[CreditOut]:
    """List credits with something left, the newest first."""
    wanted = checked(CreditFilter, tenant_id=tenant, partner_id=partner, is_open=None if all_ else True)
    found = await credits.page(uow, PageRequest(page), wanted)
    return [CreditOut.model_validate(credit) for credit in found.items]


@command(app)
async def show(uow: UnitOfWork, credit_id: str) -> CreditDetail:
    """Show a credit with everything that became of it."""
    return await credits.detail(uow, credit_id)


@command(app)
async def balance(uow: UnitOfWork, tenant_id: str) -> list[CreditBalance]:
    """Sum what a tenant has left, one row a currency."""
    return await credits.balances(uow, tenant_id)


@command(app, changes=True)
async def keep(
    uow: UnitOfWork,
    credit_id: str,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    *,
    let_go: Annotated[bool, typer.Option(help="Let it be applied by itself again.")] = False,
) -> CreditDetail:
    """Keep a credit from being applied to the next invoice by itself, or let it go again."""
    body = checked(KeepIn, is_kept=not let_go, reason=reason)
    return await credits.shown(uow, await credits.keep(uow, credit_id, body))


@command(app, changes=True)
async def pay_back(
    backend: Backend,
    actor: Actor,
    credit_id: str,
    amount: Amount = None,
    reference: Annotated[str | None, typer.Option(help="Of a transfer that was made; without one, by card.")] = None,
) -> CreditDetail:
    """Pay a credit back by card, or record the transfer that paid it back."""
    way = PayBackWay.transfer if reference else PayBackWay.card
    body = checked(PayBackIn, way=way, amount_cents=amount, reference=reference)
    return (await payments.pay_back(backend, actor, credit_id, body)).credit
