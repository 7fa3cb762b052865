"""Disputes: what payers' banks ask back."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeFilter, DisputeIn, DisputeOut

from .door import command

app = typer.Typer(name="disputes", no_args_is_help=True, help="Payments that payers' banks ask back.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: Annotated[DisputeState | None, typer.Option(help="Default: all; `opened` waits for somebody.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Of this tenant only.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[DisputeOut]:
    """List disputes, newest first, 200 a page."""
    request = PageRequest(page, PAGE_SIZE_MAX, "-opened_at")
    found = await payments.disputes(uow, request, checked(DisputeFilter, status=status, tenant_id=tenant))
    return [DisputeOut.model_validate(dispute) for dispute in found.items]


@command(app)
async def show(uow: UnitOfWork, dispute_id: str) -> DisputeOut:
    """Show a dispute."""
    return DisputeOut.model_validate(await payments.dispute(uow, dispute_id))


@command(app, "open", changes=True)
async def open_(
    uow: UnitOfWork,
    invoice_id: str,
    reference: Annotated[str, typer.Option(help="The bank's own; the same one records once.")],
    reason: Annotated[str, typer.Option(help="What the bank says.")],
    payment: Annotated[str | None, typer.Option(help="Which payment of the invoice; default: its only one.")] = None,
    amount_cents: Annotated[int | None, typer.Option(help="Default: all that the payment still holds.")] = None,
    fee_cents: Annotated[int, typer.Option(help="What the bank charges for it.")] = 0,
    outcome: Annotated[str | None, typer.Option(help="won, lost or withdrawn, where it is decided.")] = None,
) -> DisputeOut:
    """Record that a payer's bank asks money back, or with --outcome lost has taken it back."""
    body = checked(
        DisputeIn,
        invoice_id=invoice_id,
        payment_id=payment,
        amount_cents=amount_cents,
        reason=reason,
        reference=reference,
        fee_cents=fee_cents,
        outcome=outcome,
    )
    return DisputeOut.model_validate(await payments.open_dispute(uow, body))


@command(app, changes=True)
async def close(
    uow: UnitOfWork,
    dispute_id: str,
    outcome: Annotated[str, typer.Argument(help="won, lost or withdrawn")],
    fee_cents: Annotated[int | None, typer.Option(help="What it cost in all; default: as recorded.")] = None,
) -> DisputeOut:
    """Record how a dispute ended that was recorded by hand; a provider tells the outcome of its own."""
    body = checked(DisputeCloseIn, outcome=outcome, fee_cents=fee_cents)
    return DisputeOut.model_validate(await payments.close_dispute(uow, dispute_id, body))
