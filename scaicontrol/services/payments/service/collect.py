"""
Collecting an invoice: the row first, then the provider, then what it said.

The row carries the idempotency key `<invoice>:<attempt>`, so a repeated call is the same payment. When the answer is
lost the payment stays pending, and `reconcile` asks the provider what became of it.
"""

from datetime import timedelta
from typing import Any, Final

from prometheus_client import Counter

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Refused, Unavailable
from scaicontrol.core.ports import PaymentResult, PaymentStatus
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..dunning import is_retryable
from ..events import PaymentFailed, PaymentMismatched, PaymentSucceeded
from ..lifecycle import PaymentLifecycle, PaymentState
from ..models import Payment, PaymentMethod
from .attempts import ProviderCall, claim_attempt, open_attempt
from .dunning_steps import begin_dunning, end_dunning, retry_moment

_ACTOR = Actor.system("payment_charge")
_BATCH: Final = 100
_ASK_AGAIN: Final = timedelta(minutes=10)
_AT_ONCE: Final = 8
_MISMATCH: Final = "provider_mismatch"
_PAYMENTS = Counter("scaicontrol_payments_total", "Payments by provider and outcome.", ["provider", "outcome"])


async def schedule(uow: UnitOfWork, invoice_id: str) -> Payment | None:
    """
    Plan the first collection of an invoice, when its partner charges by itself and the tenant can be charged.

    Whoever asks twice plans once; what follows a failure is dunning's.
    """
    uow.authorize("payments:collect")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    terms = await partners.settings_of(uow, invoice.partner_id)
    if invoice.is_credit_note or invoice.amount_due_cents <= 0 or not terms.auto_charge:
        return None
    method = await queries.default_method(uow, invoice.tenant_id)
    if method is None or await queries.of_invoice(uow, invoice_id):
        return None
    return await open_attempt(uow, invoice, method.provider, method)


async def charge_due(backend: Backend) -> int:
    """Call the providers for everything due: new charges, and old ones whose outcome is not known."""
    made = 0

    async def one(call: ProviderCall) -> None:
        await settle_call(backend, call)

    while calls := await backend.perform(_ACTOR, _claim):
        await side_by_side(one, calls, at_once=_AT_ONCE)
        made += len(calls)
    return made


async def settle_call(backend: Backend, call: ProviderCall, return_url: str = "") -> Payment:
    """Call the provider about one claimed payment and record what it said."""
    try:
        result = await _call(backend, call, return_url)
    except Unavailable:
        result = PaymentResult(PaymentStatus.pending, call.external_id)  # unknown: asked about again later
    except ControlError as error:
        result = PaymentResult(PaymentStatus.failed, call.external_id, None, None, error.code, error.message)
    return await backend.perform(_ACTOR, record, call.payment_id, result)


async def _call(backend: Backend, call: ProviderCall, return_url: str) -> PaymentResult:
    provider = backend.ports.payment_providers.get(call.provider)
    if provider is None:
        raise Unavailable(f"The payment provider {call.provider} is not configured.")
    if call.external_id is not None:
        return await provider.fetch(call.external_id)
    if call.was_called and (known := await provider.find(call.idempotency_key)) is not None:
        return known
    metadata = {"payment_id": call.payment_id, "invoice_id": call.invoice_id, "tenant_id": call.tenant_id}
    if call.method is None:
        return await provider.checkout(call.amount_cents, call.currency, call.idempotency_key, metadata, return_url)
    return await provider.charge(call.method, call.amount_cents, call.currency, call.idempotency_key, metadata)


async def _claim(uow: UnitOfWork) -> list[ProviderCall]:
    uow.authorize("payments:collect")
    due = await claims.take(uow, Payment, Payment.due_at <= uow.now, oldest=[Payment.due_at], limit=_BATCH)
    return [await claim_attempt(uow, payment) for payment in due if await _still_wanted(uow, payment)]


async def _still_wanted(uow: UnitOfWork, payment: Payment) -> bool:
    """Withdraw a payment nobody has called for yet whose invoice was settled, or owes another amount, meanwhile."""
    if payment.called_at is not None:
        return True
    invoice = await invoices.get(uow, payment.invoice_id)
    if invoice.amount_due_cents == payment.amount_cents:
        return True
    payment.advance(PaymentLifecycle.fail)
    payment.failure_code, payment.failure_message = "withdrawn", "The invoice no longer owes this amount."
    payment.due_at = payment.open_key = None
    if invoice.amount_due_cents > 0:
        await uow.session.flush()  # gives the invoice's place for an open payment free
        method = await uow.session.get(PaymentMethod, payment.payment_method_id) if payment.payment_method_id else None
        await open_attempt(uow, invoice, payment.provider, method)
    return False


async def record(uow: UnitOfWork, payment_id: str, result: PaymentResult) -> Payment:
    """Write what the provider said; the same answer twice changes nothing."""
    uow.authorize("payments:collect")
    payment = await queries.get(uow, payment_id, lock=True)
    if not payment.is_open:
        return payment
    payment.external_id = result.external_id or payment.external_id
    payment.redirect_url = result.redirect_url or payment.redirect_url
    invoice = await invoices.get(uow, payment.invoice_id, lock=True)
    if _speaks_of_another(payment, result):
        await _set_aside(uow, payment, invoice, result)
    elif result.status is PaymentStatus.succeeded:
        await _succeed(uow, payment)
    elif result.status is PaymentStatus.failed:
        await _fail(uow, payment, invoice, result)
    else:
        if result.status is PaymentStatus.requires_action and payment.status == PaymentState.pending:
            payment.advance(PaymentLifecycle.ask_payer)
        payment.due_at = uow.now + _ASK_AGAIN
    return payment


def _speaks_of_another(payment: Payment, result: PaymentResult) -> bool:
    return result.status is PaymentStatus.succeeded and (
        (result.amount_cents is not None and result.amount_cents != payment.amount_cents)
        or (result.currency is not None and result.currency != payment.currency)
    )


async def _set_aside(uow: UnitOfWork, payment: Payment, invoice: Invoice, result: PaymentResult) -> None:
    payment.due_at = None  # for a person: nothing we do by ourselves can be right
    if payment.failure_code == _MISMATCH:
        return
    payment.failure_code, payment.failure_message = (
        _MISMATCH,
        (
            f"The provider reports {result.amount_cents} {result.currency}, asked were {payment.amount_cents} "
            f"{payment.currency}."
        ),
    )
    uow.emit(
        PaymentMismatched(
            **_payment_event_fields(payment, invoice),
            reported_cents=result.amount_cents,
            reported_currency=result.currency,
        )
    )


async def _succeed(uow: UnitOfWork, payment: Payment) -> None:
    payment.advance(PaymentLifecycle.succeed)
    payment.succeeded_at, payment.due_at, payment.open_key = uow.now, None, None
    payment.failure_code = payment.failure_message = None
    method = await _method_type(uow, payment)
    settled = await invoices.record_payment(
        uow,
        payment.invoice_id,
        payment_id=payment.id,
        amount_cents=payment.amount_cents,
        paid_at=uow.now,
        method=method or payment.provider,
    )
    payment.unapplied_cents = settled.unapplied_cents
    _PAYMENTS.labels(payment.provider, "succeeded").inc()
    uow.emit(
        PaymentSucceeded(
            **_payment_event_fields(payment, settled.invoice),
            method_type=method,
            amount_due_cents=settled.invoice.amount_due_cents,
            external_id=payment.external_id,
            succeeded_at=uow.now,
        )
    )
    if settled.invoice.amount_due_cents == 0:
        await end_dunning(uow, payment.invoice_id)


async def _fail(uow: UnitOfWork, payment: Payment, invoice: Invoice, result: PaymentResult) -> None:
    payment.advance(PaymentLifecycle.fail)
    payment.failure_code, payment.failure_message = result.failure_code, result.failure_message
    payment.due_at = payment.open_key = None
    retryable = is_retryable(result.failure_code)
    if invoice.amount_due_cents > 0:  # else it was settled in another way meanwhile
        await begin_dunning(uow, invoice, skips_retries=not retryable)
        payment.next_retry_at = await retry_moment(uow, invoice.id)
        await invoices.mark_past_due(uow, invoice.id, next_retry_at=payment.next_retry_at)
    _PAYMENTS.labels(payment.provider, "failed").inc()
    uow.emit(
        PaymentFailed(
            **_payment_event_fields(payment, invoice),
            attempt=payment.attempt,
            failure_code=result.failure_code,
            retryable=retryable,
            failed_at=uow.now,
            next_retry_at=payment.next_retry_at,
        )
    )


async def _method_type(uow: UnitOfWork, payment: Payment) -> str | None:
    if payment.payment_method_id is None:
        return None
    method = await uow.session.get(PaymentMethod, payment.payment_method_id)
    return method.type if method else None


def _payment_event_fields(payment: Payment, invoice: Invoice) -> dict[str, Any]:
    return {
        "payment_id": payment.id,
        "invoice_id": payment.invoice_id,
        "invoice_number": invoice.number,
        "tenant_id": payment.tenant_id,
        "partner_id": payment.partner_id,
        "provider": payment.provider,
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
    }


@verb
async def pay(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    *,
    method_id: str | None = None,
    provider: str | None = None,
    return_url: str = "",
) -> Payment:
    """
    Collect an open invoice now: from a stored method, or through the provider's own checkout page.

    Raises NotFound, Refused where nothing is due or nothing can be charged, Conflict while a payment is under way,
    Unavailable when the provider is not configured here.
    """
    call = await backend.perform(actor, _begin_payment, invoice_id, method_id, provider)
    return await settle_call(backend, call, return_url or backend.settings.public_base_url)


async def _begin_payment(uow: UnitOfWork, invoice_id: str, method_id: str | None, provider: str | None) -> ProviderCall:
    uow.authorize("payments:pay")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    method = await queries.method(uow, method_id) if method_id else None
    if method is None and provider is None:
        method = await queries.default_method(uow, invoice.tenant_id)
        if method is None:
            raise Refused("There is no payment method to charge; name one, or a provider whose checkout to use.")
    if method is not None and method.tenant_id != invoice.tenant_id:
        raise Refused(f"{method} belongs to another tenant than {invoice}.")
    payment = await open_attempt(uow, invoice, method.provider if method else str(provider), method)
    await uow.session.flush()
    return await claim_attempt(uow, payment)


@verb
async def retry(backend: Backend, actor: Actor, payment_id: str) -> Payment:
    """
    Try a failed payment again now, as a new attempt.

    Raises NotFound, and Refused for a payment that did not fail; then whatever `pay` raises.
    """
    failed = await backend.ask(actor, queries.get, payment_id)
    actor.require("payments:retry")
    if failed.status != PaymentState.failed:
        raise Refused(f"Cannot retry {failed}: it is {failed.status}.")
    return await pay(backend, actor, failed.invoice_id, method_id=failed.payment_method_id)
