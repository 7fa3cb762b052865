"""Paying a credit back: through the providers that took its money, or outside any, without a correction of a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.credits.schemas import CreditDetail

from ..models import Refund
from ..schemas import PayBackIn, PayBackWay
from .promises import payments_behind, promise
from .refund_calls import carried_out

_BEGUN: Final = "pay_back"


@dataclass(frozen=True, slots=True)
class PaidBack:
    credit: CreditDetail
    refunds: Sequence[Refund]


@verb
async def pay_back(backend: Backend, actor: Actor, credit_id: str, body: PayBackIn) -> PaidBack:
    """
    Pay back what remains of a credit, or a part; no credit note is written, since no sale is corrected.

    By card the payments that brought the money are refunded, newest first, each through its provider; a refund that
    fails for good gives its part back to the credit. A transfer is only recorded: somebody has made it.

    Raises NotFound, and Refused for more than remains, for more than those providers took, and for a day to come.
    """
    actor.require("credits:pay_back")
    if body.way is PayBackWay.transfer:
        if not backend.reached(_BEGUN):
            await backend.perform(actor, _keep_transfer, backend, credit_id, body)
        return PaidBack(await backend.ask(actor, credits.detail, credit_id), ())
    ids = backend.reached(_BEGUN)
    if ids is None:
        ids = await backend.perform(actor, _keep_begun, backend, credit_id, body.amount_cents)
    refunds = [await carried_out(backend, each) for each in ids]
    return PaidBack(await backend.ask(actor, credits.detail, credit_id), refunds)


async def _keep_transfer(uow: UnitOfWork, backend: Backend, credit_id: str, body: PayBackIn) -> None:
    await record_transfer(uow, credit_id, body)
    await backend.keep(uow, _BEGUN, value=True)


async def _keep_begun(uow: UnitOfWork, backend: Backend, credit_id: str, amount_cents: int | None) -> list[str]:
    ids = await begin_pay_back(uow, credit_id, amount_cents)
    await backend.keep(uow, _BEGUN, ids)
    return ids


async def record_transfer(uow: UnitOfWork, credit_id: str, body: PayBackIn) -> Credit:
    """Write that a credit was paid back outside any provider."""
    uow.authorize("credits:pay_back")
    credit = await credits.get(uow, credit_id, lock=True)
    cents = _wanted(credit, body.amount_cents)
    paid_at = body.paid_at or uow.now
    invoices.refuse_moment_to_come(uow, "paid_at", paid_at)
    reference = body.reference or ""
    use = await credits.transfer(uow, credit, cents, reference)
    await invoices.record_paid_back(
        uow, credit, source_id=use.id, amount_cents=cents, paid_at=paid_at, reference=reference, method="transfer"
    )
    return credit


async def begin_pay_back(uow: UnitOfWork, credit_id: str, amount_cents: int | None) -> list[str]:
    """Promise a credit to refunds of the payments that brought it; a crash from here on leaves work that is due."""
    uow.authorize("credits:pay_back")
    credit = await credits.get(uow, credit_id, lock=True)
    cents = _wanted(credit, amount_cents)
    payments = await payments_behind(uow, credit)
    room = sum(payment.refundable_cents for payment in payments)
    if room < cents:
        raise Refused(
            f"Cannot pay back {cents} of {credit} by card: {room} {credit.currency} cents can still go back through "
            "the providers that took its money; pay the rest back by a transfer and record it."
        )
    return [row.id for row in await promise(uow, credit, payments, cents)]


def _wanted(credit: Credit, amount_cents: int | None) -> int:
    credits.refuse_held(credit, "pay back")
    cents = credit.remaining_cents if amount_cents is None else amount_cents
    if not 0 < cents <= credit.remaining_cents:
        raise Refused(
            f"Cannot pay back {amount_cents or 'anything'} of {credit}: {credit.remaining_cents} {credit.currency} "
            "cents remain."
        )
    return cents
