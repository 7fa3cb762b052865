"""
What a provider says became of a payment, written down.

Money that came is booked whatever we believed before, and money that went back is unbooked. An answer that was asked
for before the row last changed is stale: it is asked for again.
"""

from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, provider_accounts
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..dunning import is_retryable
from ..events import PaymentFailed, PaymentMismatched, PaymentReversed, PaymentSucceeded, fields_of
from ..lifecycle import PaymentLifecycle, PaymentState
from ..models import ASK_AGAIN, LONGEST_CODE, LONGEST_LINK, MISMATCH, Payment
from .bookings import book, method_type, settle_state, take_back
from .dunning_steps import begin_dunning, end_dunning, retry_moment

_ACTOR = Actor.system("payment_charge")
_TRIES: Final = 5
WITHDRAWN: Final = "withdrawn"
_PAYMENTS = Counter("scaicontrol_payments_total", "Payments by provider and outcome.", ["provider", "outcome"])


@dataclass(frozen=True, slots=True)
class Answered:
    """A payment as it is after its provider was asked, and the disputes and refunds the provider names with it."""

    payment: Payment
    dispute_ids: tuple[str, ...] = ()
    refund_ids: tuple[str, ...] = ()


async def ask(backend: Backend, payment_id: str) -> Answered:
    """
    Ask the provider what became of a payment and write it down.

    Raises Unavailable where the provider is not configured or the payment changes faster than it can be asked about.
    """
    for _ in range(_TRIES):
        payment = await backend.ask(_ACTOR, queries.get, payment_id)
        if payment.external_id is None:
            return Answered(payment)
        provider = await provider_accounts.opened(backend, payment.provider, payment.account_id)
        result = await provider.fetch(payment.external_id)
        if _is_known(payment, result) and await backend.ask(_ACTOR, _version, payment_id) == payment.version:
            return Answered(payment, result.dispute_ids, result.refund_ids)
        recorded = await backend.perform(_ACTOR, record_unless_stale, payment_id, result, payment.version)
        if recorded is not None:
            return Answered(recorded, result.dispute_ids, result.refund_ids)
    raise Unavailable(f"Payment {payment_id} changes while it is asked about; it is asked about again.")


async def _version(uow: UnitOfWork, payment_id: str) -> int:
    """Say whether the row is still the one that was seen: an answer may be known of a row that has changed since."""
    uow.authorize("payments:collect")
    return (await queries.get(uow, payment_id)).version


async def record_unless_stale(
    uow: UnitOfWork, payment_id: str, result: PaymentResult, seen_version: int
) -> Payment | None:
    """Write what the provider said, or None where the row has changed since it was asked."""
    uow.authorize("payments:collect")
    payment = await queries.get(uow, payment_id, lock=True)
    return await _record(uow, payment, result) if payment.version == seen_version else None


async def record(uow: UnitOfWork, payment_id: str, result: PaymentResult) -> Payment:
    """Write what the provider said; the same answer twice changes nothing."""
    uow.authorize("payments:collect")
    return await _record(uow, await queries.get(uow, payment_id, lock=True), result)


async def _record(uow: UnitOfWork, payment: Payment, result: PaymentResult) -> Payment:
    if payment.external_id is None or payment.is_open:
        payment.external_id = result.external_id or payment.external_id
        if result.redirect_url and len(result.redirect_url) <= LONGEST_LINK:  # one that was cut leads nowhere
            payment.redirect_url = result.redirect_url
    invoice = await invoices.get(uow, payment.invoice_id, lock=True)
    match result.status:
        case PaymentStatus.succeeded if _speaks_of_another(payment, result):
            await _set_aside(uow, payment, invoice, result)
        case PaymentStatus.succeeded:
            await _succeed(uow, payment, result)
        case PaymentStatus.failed if payment.is_open:
            forget_report(payment)
            await fail(uow, payment, invoice, result)
        case PaymentStatus.failed:
            await _reverse(uow, payment, result)
        case _ if payment.is_open:
            if result.status is PaymentStatus.requires_action and payment.status == PaymentState.pending:
                payment.advance(PaymentLifecycle.ask_payer)
                payment.version += 1
            payment.due_at = uow.now + ASK_AGAIN
    return payment


def _is_known(payment: Payment, result: PaymentResult) -> bool:
    """Tell whether an answer says what the row says already, so that nothing is to be written and nothing locked."""
    if payment.is_open or payment.is_mismatched:
        return False
    match result.status:
        case PaymentStatus.succeeded:
            is_other = _speaks_of_another(payment, result)
            return not is_other and payment.returned_cents + _taken(payment, result) <= payment.received_cents
        case PaymentStatus.failed:
            return payment.kept_cents - payment.disputed_cents <= 0
    return True


def _code(result: PaymentResult) -> str | None:
    """Give the provider's own code, which may be of any length: what cannot be written would never be settled."""
    return result.failure_code[:LONGEST_CODE] if result.failure_code else None


def _taken(payment: Payment, result: PaymentResult) -> int:
    return payment.amount_cents if result.amount_cents is None else result.amount_cents


def _speaks_of_another(payment: Payment, result: PaymentResult) -> bool:
    """Another currency cannot be booked here, and a capture never shrinks: less is a refund or dispute of its own."""
    taken = _taken(payment, result)
    another_currency = result.currency is not None and result.currency != payment.currency
    return another_currency or taken <= 0 or taken < payment.received_cents


async def _set_aside(uow: UnitOfWork, payment: Payment, invoice: Invoice, result: PaymentResult) -> None:
    payment.due_at = None  # for a person: nothing we do by ourselves can be right
    reported = (_taken(payment, result), result.currency or payment.currency)
    if reported == (payment.reported_cents, payment.reported_currency):
        return  # told or decided already
    payment.reported_cents, payment.reported_currency = reported
    payment.mismatch_decision = None
    payment.failure_code = MISMATCH
    payment.failure_message = (
        f"The provider reports {reported[0]} {reported[1]}, asked were {payment.amount_cents} {payment.currency}, "
        f"booked are {payment.received_cents - payment.returned_cents}."
    )
    payment.version += 1
    uow.emit(
        PaymentMismatched(
            **fields_of(payment, invoice.number),
            step=f"v{payment.version}",
            reported_cents=payment.reported_cents,
            reported_currency=payment.reported_currency,
        )
    )


def forget_report(payment: Payment) -> None:
    """What the provider said and could not be booked is said no longer."""
    payment.reported_cents = payment.reported_currency = payment.mismatch_decision = None


async def _succeed(uow: UnitOfWork, payment: Payment, result: PaymentResult) -> None:
    taken = _taken(payment, result)
    # What was thought to have failed after all, and what is taken beyond what is known, have come now.
    if payment.returned_cents + taken > payment.received_cents:
        forget_report(payment)
        await take(uow, payment, taken)
    elif payment.is_mismatched:  # it says what is booked again
        forget_report(payment)
        payment.failure_code = payment.failure_message = None
        payment.version += 1


async def take(uow: UnitOfWork, payment: Payment, taken: int) -> None:
    """Book that `taken` has come in all, which is more than is booked."""
    news = payment.returned_cents + taken - payment.received_cents
    payment.returned_cents, payment.received_cents = 0, taken
    payment.succeeded_at, payment.due_at, payment.open_key, payment.next_retry_at = uow.now, None, None, None
    payment.failure_code = payment.failure_message = None
    payment.version += 1
    invoice = await book(uow, payment, news)
    settle_state(payment)
    _PAYMENTS.labels(payment.provider, "succeeded").inc()
    uow.emit(
        PaymentSucceeded(
            **fields_of(payment, invoice.number, news),
            step=payment.bookings,
            method_type=await method_type(uow, payment),
            amount_due_cents=invoice.amount_due_cents,
            external_id=payment.external_id,
            succeeded_at=uow.now,
        )
    )
    if invoice.amount_due_cents == 0:
        await end_dunning(uow, payment.invoice_id)


async def fail(uow: UnitOfWork, payment: Payment, invoice: Invoice, result: PaymentResult) -> None:
    """Write that an open payment brought nothing, and let the pursuit of its invoice begin."""
    payment.advance(PaymentLifecycle.fail)
    payment.failure_code, payment.failure_message = _code(result), result.failure_message
    payment.due_at = payment.open_key = None
    payment.version += 1
    retryable = is_retryable(result.failure_code)
    if invoice.amount_due_cents > 0:  # else it was settled in another way meanwhile
        await begin_dunning(uow, invoice, skips_retries=not retryable)
        payment.next_retry_at = await retry_moment(uow, invoice.id)
        await invoices.mark_past_due(uow, invoice.id, next_retry_at=payment.next_retry_at)
    _PAYMENTS.labels(payment.provider, "failed").inc()
    uow.emit(
        PaymentFailed(
            **fields_of(payment, invoice.number),
            attempt=payment.attempt,
            failure_code=payment.failure_code,
            retryable=retryable,
            failed_at=uow.now,
            next_retry_at=payment.next_retry_at,
        )
    )


async def _reverse(uow: UnitOfWork, payment: Payment, result: PaymentResult) -> None:
    """A payment that had succeeded failed after all, as returned direct debits do: its money went back."""
    back = payment.kept_cents - payment.disputed_cents  # what is in dispute goes its own way
    if back <= 0:
        return
    payment.returned_cents += back
    forget_report(payment)
    payment.failure_code = _code(result) or "returned"
    payment.failure_message = result.failure_message
    await send_back(uow, payment, back, cause="payment_reversed")


async def send_back(uow: UnitOfWork, payment: Payment, back: int, *, cause: str) -> None:
    """Unbook what a payment no longer holds; the caller has written why on it."""
    payment.version += 1
    invoice = await take_back(uow, payment, back, cause=cause)
    settle_state(payment)
    _PAYMENTS.labels(payment.provider, "reversed").inc()
    uow.emit(
        PaymentReversed(
            **fields_of(payment, invoice.number, back),
            step=payment.bookings,
            attempt=payment.attempt,
            failure_code=payment.failure_code,
            amount_due_cents=invoice.amount_due_cents,
            reversed_at=uow.now,
            next_retry_at=payment.next_retry_at,
        )
    )


def withdraw(payment: Payment) -> None:
    """Give up an attempt that nobody has called the provider for."""
    payment.advance(PaymentLifecycle.fail)
    payment.failure_code, payment.failure_message = WITHDRAWN, "The invoice no longer owes this amount."
    payment.due_at = payment.open_key = None
    payment.version += 1
