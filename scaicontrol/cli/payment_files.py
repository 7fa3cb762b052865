"""Payment files: what sellers' banks are told to pay back."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payment_files
from scaicontrol.services.payment_files.models import PaymentOrder
from scaicontrol.services.payment_files.schemas import (
    OrderReasonIn,
    OrderSettleIn,
    PaymentFileIn,
    PaymentFileOut,
    PaymentOrderFilter,
    PaymentOrderIn,
    PaymentOrderOut,
)

from .door import command
from .moments import day_option

app = typer.Typer(
    name="payment-files", no_args_is_help=True, help="What sellers' banks are told to pay back (SEPA, pain.001)."
)
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


@command(app, "list")
async def list_(uow: UnitOfWork, partner: str | None = None, page: int = 1) -> list[PaymentFileOut]:
    """List payment files, newest first."""
    found = await payment_files.page(uow, PageRequest(page), partner)
    return [PaymentFileOut.model_validate(each) for each in found.items]


@command(app)
async def show(uow: UnitOfWork, file_id: str) -> PaymentFileOut:
    """Show a payment file."""
    return PaymentFileOut.model_validate(await payment_files.get(uow, file_id))


@command(app)
async def orders(
    uow: UnitOfWork, partner: str | None = None, file: str | None = None, status: str | None = None, page: int = 1
) -> list[PaymentOrderOut]:
    """List payment orders, newest first."""
    wanted = checked(PaymentOrderFilter, partner_id=partner, file_id=file, status=status)
    found = await payment_files.orders(uow, PageRequest(page), wanted)
    return [PaymentOrderOut.model_validate(each) for each in found.items]


@command(app, changes=True)
async def propose(
    uow: UnitOfWork,
    credit_id: str,
    name: Annotated[str, typer.Option(help="Of the payee.")],
    iban: Annotated[str, typer.Option(help="Of the payee.")],
    amount: Annotated[int | None, typer.Option("--amount-cents", min=1, help="Default: all that remains.")] = None,
    text: Annotated[str | None, typer.Option(help="What the payee reads.")] = None,
) -> PaymentOrderOut:
    """Propose a credit to be paid back by the next file of its seller."""
    body = checked(
        PaymentOrderIn, credit_id=credit_id, payee_name=name, payee_iban=iban, amount_cents=amount, remittance=text
    )
    return await _shown(uow, await payment_files.propose(uow, body))


@command(app, changes=True)
async def write(
    backend: Backend,
    actor: Actor,
    partner_id: str,
    on: Annotated[date | None, day_option("--on", help="The day to pay on; default: today.")] = None,
    message: Annotated[str, typer.Option(help="As the bank wants it.")] = "pain.001.001.09",
) -> PaymentFileOut:
    """Write all that is proposed of a seller into a file for its bank; nothing moves until the bank has it."""
    body = checked(PaymentFileIn, partner_id=partner_id, execute_on=on, message=message)
    return PaymentFileOut.model_validate(await payment_files.write(backend, actor, body))


@command(app)
async def download(
    backend: Backend,
    actor: Actor,
    file_id: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
) -> str:
    """Write a payment file to this machine, held against its hash."""
    if output.exists():
        raise Conflict(f"{output} exists; name another file, or move it away.")
    output.write_bytes((await payment_files.download(backend, actor, file_id)).body)
    return f"Wrote {file_id} to {output}."


@command(app, changes=True)
async def mark_sent(uow: UnitOfWork, file_id: str) -> PaymentFileOut:
    """Say that the bank has a file; from then on none of its orders is withdrawn."""
    sent = await payment_files.mark_sent(uow, file_id)
    await uow.write()
    return PaymentFileOut.model_validate(sent)


@command(app, changes=True)
async def settle(
    uow: UnitOfWork, order_id: str, reference: Annotated[str, typer.Option(help="Of the bank.")]
) -> PaymentOrderOut:
    """Say that the money of an order left; a bank statement that names it does this by itself."""
    return await _shown(uow, await payment_files.settle(uow, order_id, checked(OrderSettleIn, reference=reference)))


@command(app, changes=True)
async def reject(uow: UnitOfWork, order_id: str, reason: Reason) -> PaymentOrderOut:
    """Say that the bank did not carry an order out; its credit is free again."""
    return await _shown(uow, await payment_files.reject(uow, order_id, checked(OrderReasonIn, reason=reason)))


@command(app, changes=True)
async def withdraw(uow: UnitOfWork, order_id: str, reason: Reason) -> PaymentOrderOut:
    """Withdraw an order that the bank does not have; its credit is free again."""
    return await _shown(uow, await payment_files.withdraw(uow, order_id, checked(OrderReasonIn, reason=reason)))


async def _shown(uow: UnitOfWork, order: PaymentOrder) -> PaymentOrderOut:
    await uow.write()
    return PaymentOrderOut.model_validate(order)
