"""The ledger: what stands on each account, and by which movements."""

from datetime import datetime
from typing import Annotated

import typer

from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger
from scaicontrol.services.ledger.schemas import BalanceFilter, BalanceOut, EntryFilter, EntryOut

from .door import command
from .moments import moment_option

app = typer.Typer(name="ledger", no_args_is_help=True, help="The ledger: balances and entries of every movement.")

Partner = Annotated[str | None, typer.Option(help="Of this seller only.")]
Tenant = Annotated[str | None, typer.Option(help="Of this tenant only.")]
Currency = Annotated[str | None, typer.Option(help="In this currency only.")]
Before = Annotated[datetime | None, moment_option(help="Only what happened before this moment.")]


@command(app)
async def balances(
    uow: UnitOfWork,
    partner: Partner = None,
    tenant: Tenant = None,
    currency: Currency = None,
    before: Before = None,
) -> list[BalanceOut]:
    """Sum each account of a seller in a currency; all accounts of both sum to nothing."""
    wanted = checked(BalanceFilter, partner_id=partner, tenant_id=tenant, currency=currency, before=before)
    return await ledger.balances(uow, wanted)


@command(app)
async def entries(
    uow: UnitOfWork,
    partner: Partner = None,
    tenant: Tenant = None,
    currency: Currency = None,
    account: Annotated[str | None, typer.Option(help="With a side on this account, such as receivables.")] = None,
    invoice: Annotated[str | None, typer.Option(help="Of this document only.")] = None,
    about: Annotated[str | None, typer.Option(help="Of this payment, refund, dispute, credit or receivable.")] = None,
    since: Annotated[datetime | None, moment_option(help="Not earlier than this moment.")] = None,
    before: Before = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[EntryOut]:
    """List entries with their sides, the newest first, 200 a page."""
    wanted = checked(
        EntryFilter,
        partner_id=partner,
        tenant_id=tenant,
        currency=currency,
        account=account,
        invoice_id=invoice,
        about_id=about,
        occurred_from=since,
        occurred_before=before,
    )
    return list((await ledger.entries(uow, PageRequest(page, PAGE_SIZE_MAX), wanted)).items)
