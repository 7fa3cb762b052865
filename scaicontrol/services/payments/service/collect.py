"""
Collecting an invoice: the row first, then the provider, then what it said.

The row carries the idempotency key `<invoice>:<attempt>`, so a repeated call is the same payment. When the answer is
lost the payment stays pending, and `reconcile` asks the provider what became of it.
"""

from contextlib import suppress
from typing import Final

from sqlalchemy import select

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, NotFound, Refused
from scaicontrol.core.logging import get_logger
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, provider_accounts
from scaicontrol.services.invoices.lifecycle import OWED

from .. import queries
from ..lifecycle import PaymentState
from ..models import Payment, PaymentMethod
from .attempts import ProviderCall, claim_attempt, open_attempt
from .outcomes import WITHDRAWN, ask, record_unless_stale, withdraw

_ACTOR = Actor.system("payment_charge")
_BATCH: Final = 100
_AT_ONCE: Final = 8
_BEGUN: Final = "payment"
NOT_RECEIVED: Final = "not_received"
_NOT_RECEIVED: Final = "The provider never received this payment; it is tried anew as another attempt."
log = get_logger(__name__)


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
    method = await queries.default_method(uow, invoice.tenant_id, invoice.currency)
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
    if call.attempt > 1 and call.called_at is None and await _has_paid_meanwhile(backend, call):
        return await backend.perform(_ACTOR, _give_up, call.payment_id)
    try:
        result = await _call(backend, call, return_url or backend.settings.public_base_url)
    except ControlError as error:
        log.warning("payment_outcome_unknown", payment_id=call.payment_id, error=error.message)
        result = PaymentResult(PaymentStatus.pending, call.external_id)  # asked about again later
    recorded = await backend.perform(_ACTOR, record_unless_stale, call.payment_id, result, call.version)
    return recorded or (await ask(backend, call.payment_id)).payment


async def _has_paid_meanwhile(backend: Backend, call: ProviderCall) -> bool:
    """
    Ask about the attempts that failed before charging once more, and tell whether one of them took the money after all.

    A payer who was declined may have approved on the provider's page since; whose hook was lost would pay twice.
    """
    for payment in await backend.ask(_ACTOR, queries.of_invoice, call.invoice_id):
        if payment.status == PaymentState.failed and payment.external_id is not None:
            with suppress(ControlError):  # what cannot be asked about holds up nobody: its hook may still come
                await ask(backend, payment.id)
    invoice = await backend.ask(_ACTOR, invoices.get, call.invoice_id)
    return invoice.amount_due_cents != call.amount_cents


async def _give_up(uow: UnitOfWork, payment_id: str) -> Payment:
    uow.authorize("payments:collect")
    payment = await queries.get(uow, payment_id, lock=True)
    if payment.is_open and payment.external_id is None:
        await _withdraw(uow, payment)
    return payment


async def _call(backend: Backend, call: ProviderCall, return_url: str) -> PaymentResult:
    provider = await provider_accounts.opened(backend, call.provider, call.account_id)
    if call.external_id is not None:
        return await provider.fetch(call.external_id)
    request = call.request(return_url)
    if call.called_at is not None:
        if (known := await provider.find(request)) is not None:
            return known
        # It may have forgotten the key, and would take the money of a call that is still on its way a second time.
        if backend.clock.now() - call.called_at >= provider.key_lifetime:
            return PaymentResult(PaymentStatus.failed, None, None, None, NOT_RECEIVED, _NOT_RECEIVED)
    try:
        return await (provider.charge(request) if call.method else provider.checkout(request))
    except (Refused, Invalid, NotFound) as error:  # about what was asked; anything else tells nothing of the money
        return PaymentResult(PaymentStatus.failed, None, None, None, error.code, error.message)


async def _claim(uow: UnitOfWork) -> list[ProviderCall]:
    uow.authorize("payments:collect")
    due = await claims.take(uow, Payment, Payment.due_at <= uow.now, oldest=[Payment.due_at], limit=_BATCH)
    return [await claim_attempt(uow, payment) for payment in due if await _still_wanted(uow, payment)]


async def _still_wanted(uow: UnitOfWork, payment: Payment) -> bool:
    """Withdraw a payment nobody has called for yet whose invoice was settled, or owes another amount, meanwhile."""
    if payment.called_at is not None:
        return True
    invoice = await invoices.get(uow, payment.invoice_id)
    if invoice.amount_due_cents == payment.amount_cents and invoice.status in OWED:
        return True
    await _withdraw(uow, payment)
    return False


async def _withdraw(uow: UnitOfWork, payment: Payment) -> None:
    """Give up an attempt that nobody called for, and make the next one for what is still due."""
    withdraw(payment)
    invoice = await invoices.get(uow, payment.invoice_id)
    if invoice.amount_due_cents > 0 and invoice.status in OWED:
        await uow.session.flush()  # gives the invoice's place for an open payment free
        method = await uow.session.get(PaymentMethod, payment.payment_method_id) if payment.payment_method_id else None
        with suppress(Refused):  # its account was closed: what is due is pursued
            await open_attempt(uow, invoice, payment.provider, method)


async def withdraw_uncalled(uow: UnitOfWork, invoice_id: str) -> None:
    """Give up the attempt to collect an invoice that got paid otherwise, unless its provider was called already."""
    uow.authorize("payments:collect")
    query = select(Payment).where(Payment.open_key == invoice_id, Payment.called_at.is_(None)).with_for_update()
    payment = await uow.session.scalar(query)
    if payment is not None and not await _still_wanted(uow, payment):
        await uow.session.flush()


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

    Where an earlier attempt turns out to have taken the money after all, nothing is charged and that one is given.

    Raises NotFound, Refused where nothing is due or nothing can be charged, Conflict while a payment is under way,
    Unavailable when the provider is not configured here.
    """
    if begun := backend.reached(_BEGUN):
        call = await backend.perform(_ACTOR, _claim_again, begun)
        if call is None:
            return await backend.ask(actor, queries.get, begun)
    else:
        call = await backend.perform(actor, _begin_payment, backend, invoice_id, method_id, provider)
    made = await settle_call(backend, call, return_url or backend.settings.public_base_url)
    if made.failure_code != WITHDRAWN:
        return made
    attempts = await backend.ask(actor, queries.of_invoice, invoice_id)
    return next((each for each in reversed(attempts) if each.status == PaymentState.succeeded), made)


async def _begin_payment(
    uow: UnitOfWork, backend: Backend, invoice_id: str, method_id: str | None, provider: str | None
) -> ProviderCall:
    uow.authorize("payments:pay")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    method = await queries.method(uow, method_id) if method_id else None
    if method is None and provider is None:
        method = await queries.default_method(uow, invoice.tenant_id, invoice.currency)
        if method is None:
            raise refused(
                RefusalCode.no_payment_method,
                "There is no payment method to charge; name one, or a provider whose checkout to use.",
            )
    if method is not None and method.tenant_id != invoice.tenant_id:
        raise Refused(f"{method} belongs to another tenant than {invoice}.")
    payment = await open_attempt(uow, invoice, method.provider if method else str(provider), method)
    await uow.session.flush()
    await backend.keep(uow, _BEGUN, payment.id)
    return await claim_attempt(uow, payment)


async def _claim_again(uow: UnitOfWork, payment_id: str) -> ProviderCall | None:
    """Claim an attempt that was begun before the connection broke; None where its outcome is known by now."""
    uow.authorize("payments:collect")
    payment = await queries.get(uow, payment_id, lock=True)
    return await claim_attempt(uow, payment) if payment.is_open else None


@verb
async def retry(backend: Backend, actor: Actor, payment_id: str) -> Payment:
    """
    Try a failed or reversed payment again now, as a new attempt.

    Raises NotFound, and Refused for a payment that did neither; then whatever `pay` raises.
    """
    failed = await backend.ask(actor, queries.get, payment_id)
    actor.require("payments:retry")
    if failed.status not in (PaymentState.failed, PaymentState.reversed) and not backend.reached(_BEGUN):
        raise Refused(f"Cannot retry {failed}: it is {failed.status}.")
    return await pay(backend, actor, failed.invoice_id, method_id=failed.payment_method_id)
