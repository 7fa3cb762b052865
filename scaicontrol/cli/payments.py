"""Payments, and what their providers say of them."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.schemas import MismatchIn, PaymentFilter, PaymentOut

from .door import command

app = typer.Typer(name="payments", no_args_is_help=True, help="Payments, and what their providers say of them.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: Annotated[str | None, typer.Option(help="Of this status only.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Of this tenant only.")] = None,
    *,
    mismatched: Annotated[
        bool, typer.Option("--mismatched", help="Only those whose provider says what a person has to decide on.")
    ] = False,
    uncollected: Annotated[
        bool, typer.Option("--uncollected", help="Only the last that failed of invoices that still owe.")
    ] = False,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[PaymentOut]:
    """List payments, newest first, 200 a page."""
    request = PageRequest(page, PAGE_SIZE_MAX, "-created_at")
    wanted = checked(
        PaymentFilter,
        status=status,
        tenant_id=tenant,
        is_mismatched=mismatched or None,
        is_uncollected=uncollected or None,
    )
    found = await payments.page(uow, request, wanted)
    return [PaymentOut.model_validate(payment) for payment in found.items]


@command(app)
async def show(uow: UnitOfWork, payment_id: str) -> PaymentOut:
    """Show a payment."""
    return PaymentOut.model_validate(await payments.get(uow, payment_id))


@command(app, changes=True)
async def resolve(
    uow: UnitOfWork,
    payment_id: str,
    decision: Annotated[str, typer.Argument(help="accept what the provider says, or keep what is booked")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    amount_cents: Annotated[
        int | None, typer.Option(help="Of another currency: what it came to in the payment's own.")
    ] = None,
) -> PaymentOut:
    """Decide what counts where a provider and the books disagree about a payment."""
    body = checked(MismatchIn, decision=decision, amount_cents=amount_cents, reason=reason)
    return PaymentOut.model_validate(await payments.resolve_mismatch(uow, payment_id, body))
