"""Payments of which the provider says what could not be booked: a person decides what counts."""

from scaicontrol.core.errors import Refused, invalid
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..events import PaymentMismatchResolved, fields_of
from ..lifecycle import MismatchDecision
from ..models import MISMATCH, Payment
from ..schemas import MismatchIn
from .outcomes import fail, send_back, take


@verb
async def resolve_mismatch(uow: UnitOfWork, payment_id: str, body: MismatchIn) -> Payment:
    """
    Decide what counts where a provider and the books disagree about a payment: what it says, or what is booked.

    Accepted, the books follow: more is booked, or less stays booked and the invoice owes the rest again. Of another
    currency `amount_cents` says what it came to in the payment's own. Kept, the books stay, and a payment that was
    still under way has failed. The provider saying the same again changes nothing; something else asks again.

    Raises NotFound, Invalid for an amount that is missing, not wanted or another than the provider says by now, and
    Refused where nothing waits for a decision and for less than went back or is asked back already.
    """
    uow.authorize("payments:resolve")
    payment = await queries.get(uow, payment_id, lock=True)
    if not payment.is_mismatched:
        raise Refused(f"Cannot decide on {payment}: what its provider says of it is booked, or was decided on already.")
    invoice = await invoices.get(uow, payment.invoice_id, lock=True)
    before = payment.received_cents - payment.returned_cents
    if body.decision is MismatchDecision.accept:
        await _accept(uow, payment, invoice, _counted(payment, body.amount_cents))
    else:
        if body.amount_cents is not None:
            raise invalid("amount_cents", "What is booked is kept; only what is accepted has an amount.")
        await _keep(uow, payment, invoice)
    payment.mismatch_decision = body.decision
    payment.version += 1
    booked = payment.received_cents - payment.returned_cents
    uow.emit(
        PaymentMismatchResolved(
            **fields_of(payment, invoice.number),
            step=f"v{payment.version}",
            decision=body.decision,
            reported_cents=payment.reported_cents,
            reported_currency=payment.reported_currency,
            booked_cents=booked,
            moved_cents=booked - before,
            reason=body.reason,
        ),
        before={"booked_cents": before},
        after={"booked_cents": booked},
        reason=body.reason,
    )
    return payment


def _counted(payment: Payment, amount_cents: int | None) -> int:
    """Give what came in all, in the payment's own currency."""
    reported = payment.reported_cents or 0
    if payment.reported_currency != payment.currency:
        if amount_cents is None:
            raise invalid(
                "amount_cents",
                f"The provider says {reported} {payment.reported_currency}; say what it came to in {payment.currency}.",
            )
        return amount_cents
    if amount_cents not in (None, reported):
        raise invalid("amount_cents", f"The provider says {reported} {payment.currency}, not {amount_cents}.")
    return max(reported, 0)


async def _accept(uow: UnitOfWork, payment: Payment, invoice: Invoice, counted: int) -> None:
    gone = payment.lost_cents + payment.disputed_cents
    if counted < gone:
        raise Refused(
            f"Cannot accept {counted} of {payment}: {gone} {payment.currency} cents of it are asked back or lost in "
            "disputes; close those first."
        )
    difference = counted - (payment.received_cents - payment.returned_cents)
    payment.due_at = payment.open_key = None
    if difference > 0:
        await take(uow, payment, counted)
    elif payment.is_open:
        await _keep(uow, payment, invoice)
    else:
        payment.received_cents, payment.returned_cents = counted, 0
        payment.failure_code = payment.failure_message = None
        if difference < 0:
            await send_back(uow, payment, -difference, cause=MISMATCH)


async def _keep(uow: UnitOfWork, payment: Payment, invoice: Invoice) -> None:
    if not payment.is_open:
        payment.failure_code = payment.failure_message = None
        return
    nothing = PaymentResult(
        PaymentStatus.failed, payment.external_id, failure_code=MISMATCH, failure_message=payment.failure_message
    )
    await fail(uow, payment, invoice, nothing)
