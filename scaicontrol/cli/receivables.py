"""What tenants owe beside their documents."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.schemas import ReceivableFilter, ReceivableOut, ReceivableSettleIn

from .door import command

app = typer.Typer(
    name="receivables", no_args_is_help=True, help="What tenants owe beside their documents: money that went twice."
)


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    tenant: str | None = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also what is settled.")] = False,
    page: int = 1,
) -> list[ReceivableOut]:
    """List what tenants owe beside their documents, the newest first."""
    wanted = checked(ReceivableFilter, tenant_id=tenant, is_open=None if all_ else True)
    found = await credits.receivables(uow, PageRequest(page), wanted)
    return [ReceivableOut.model_validate(each) for each in found.items]


@command(app, changes=True)
async def settle(
    uow: UnitOfWork,
    receivable_id: str,
    way: Annotated[str, typer.Argument(help="credit of the tenant, or write_off")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    amount: Annotated[int | None, typer.Option("--amount-cents", min=1, help="Default: all that remains.")] = None,
) -> ReceivableOut:
    """Settle it with credit of the tenant or as a loss; money is recorded by `admin invoices mark-paid`."""
    body = checked(ReceivableSettleIn, way=way, amount_cents=amount, reason=reason)
    return ReceivableOut.model_validate(await invoices.settle_receivable(uow, receivable_id, body))
