"""
Carrying refunds out: the provider is asked under one key, and what it said is written.

Whether a refund happened must be known before its credit is free again. So a refusal is tried again some times and then
given up; an answer that was lost is asked after for as long as it takes.
"""

from datetime import timedelta
from typing import Final

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, NotFound, Refused, Unavailable
from scaicontrol.core.payment_ports import PaymentProvider, PaymentStatus, RefundRequest, RefundResult
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices, provider_accounts
from scaicontrol.services.credits.reads import held_use, use_of_refund

from ..events import PaymentRefunded, RefundAfterAll, RefundFailed
from ..lifecycle import RefundLifecycle, RefundState
from ..models import ATTEMPTS, Payment, Refund
from .bookings import settle_state
from .promises import AGAIN, share

_ACTOR = Actor.system("payment_refund")
_LATER: Final = timedelta(days=1)
_BATCH: Final = 50


async def refund_due(backend: Backend) -> int:
    """Try again what failed or was interrupted."""
    waiting = await backend.perform(_ACTOR, _claim)
    for refund_id in waiting:
        await execute(backend, refund_id)
    return len(waiting)


async def _claim(uow: UnitOfWork) -> list[str]:
    uow.authorize("payments:collect")
    claimed = []
    for row in await claims.take(uow, Refund, Refund.due_at <= uow.now, oldest=[Refund.due_at], limit=_BATCH):
        if row.status == RefundState.failed:
            row.advance(RefundLifecycle.retry)
        row.due_at = uow.now + AGAIN
        claimed.append(row.id)
    return claimed


async def carried_out(backend: Backend, refund_id: str) -> Refund:
    """Give a refund after its provider was asked, also where that was before the connection broke."""
    row, _ = await backend.ask(_ACTOR, _read, refund_id)
    return await execute(backend, refund_id) if row.status == RefundState.pending else row


async def execute(backend: Backend, refund_id: str) -> Refund:
    """Ask the provider for one refund and write what it said."""
    is_lost, key = False, None
    try:
        row, payment = await _ready(backend, refund_id)
        key = row.call_key
        provider = await provider_accounts.opened(backend, payment.provider, payment.account_id)
        result = await _ask(backend, provider, row, payment)
    except ControlError as error:
        is_lost = not isinstance(error, (Refused, Invalid, NotFound))  # only these are about this refund
        result = RefundResult(PaymentStatus.failed, None, error.message)
    return await backend.perform(_ACTOR, record_refund, refund_id, result, is_lost=is_lost, key=key)


async def _ask(backend: Backend, provider: PaymentProvider, row: Refund, payment: Payment) -> RefundResult:
    request = RefundRequest(
        row.id, str(payment.external_id), row.amount_cents, payment.currency, row.call_key, row.created_at
    )
    # A provider forgets keys after hours or days, and a process that died in its first call counted none: what may
    # have happened is looked for before it is asked for again.
    may_be_forgotten = backend.clock.now() - row.created_at >= provider.key_lifetime
    try:
        if row.external_id is not None:
            return await provider.fetch_refund(request.payment_external_id, row.external_id)
        if (row.attempts or may_be_forgotten) and (known := await provider.find_refund(request)) is not None:
            return known
    except ControlError as error:  # not being able to ask says nothing about the refund
        raise Unavailable(error.message) from error
    return await provider.refund(request)


async def _ready(backend: Backend, refund_id: str) -> tuple[Refund, Payment]:
    """Give a refund that can be carried out; a credit note whose refund died on the way is finalized first."""
    row, payment = await backend.ask(_ACTOR, _read, refund_id)
    if row.credit_id is None and row.credit_note_id is not None:
        note = await backend.ask(_ACTOR, invoices.get, row.credit_note_id)
        if not note.is_sealed:
            await invoices.finalize(backend, _ACTOR, note.id)
        await backend.perform(_ACTOR, share, note.id)
        row, payment = await backend.ask(_ACTOR, _read, refund_id)
    if row.credit_id is None:
        raise Refused("All credit of the note was used meanwhile, or its payments have nothing left to give back.")
    if row.amount_cents > payment.kept_cents - payment.refunded_cents - payment.disputed_cents:
        raise Refused(f"Cannot give back {row.amount_cents} of {payment}: the payer's bank asks, or took, it back.")
    return row, payment


async def _read(uow: UnitOfWork, refund_id: str) -> tuple[Refund, Payment]:
    uow.authorize("payments:collect")
    row = await uow.session.get_one(Refund, refund_id)
    return row, await uow.session.get_one(Payment, row.payment_id)


async def record_refund(
    uow: UnitOfWork, refund_id: str, result: RefundResult, *, is_lost: bool = False, key: str | None = None
) -> Refund:
    """
    Write what the provider said about a refund; the same answer twice changes nothing.

    One that succeeded may fail after all: then its note is open again and its credit is there again. One that was
    given up may have gone after all: then its credit is used, and what was paid out twice is owed. `is_lost` is an
    answer that never came, `key` what was asked under: a refusal of an earlier key says nothing of a
    later call, and none of them anything of a refund that went.
    """
    uow.authorize("payments:collect")
    row = await uow.session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if row.released_at is not None:
        went = row.credit_id or row.external_id  # else nobody was asked for it
        if result.status is PaymentStatus.succeeded and row.status == RefundState.failed and went:
            await _succeed_after_all(uow, row, result)
        return row
    if result.status is PaymentStatus.succeeded and row.status == RefundState.failed:
        row.advance(RefundLifecycle.retry)  # told by the provider before we asked again
    is_refusal = result.status is PaymentStatus.failed and result.external_id is None and not is_lost
    if is_refusal and (row.status == RefundState.succeeded or key not in (None, row.call_key)):
        return row  # a call for what had gone already, or an earlier one
    if row.status == RefundState.succeeded:
        if result.status is PaymentStatus.failed and not is_lost:
            await _take_back(uow, row, result)
    elif row.status == RefundState.pending:
        row.external_id = result.external_id or row.external_id
        if result.status is PaymentStatus.succeeded:
            row.attempts += 1
            await _succeed(uow, row)
        elif result.status is PaymentStatus.failed:
            row.attempts += 1
            row.refusals += is_refusal
            await _fail(uow, row, result, is_lost=is_lost)
    return row


async def _succeed(uow: UnitOfWork, row: Refund) -> None:
    row.advance(RefundLifecycle.succeed)
    row.due_at = row.failure_message = None
    payment = await _locked(uow, row)
    payment.promised_cents -= row.amount_cents
    payment.refunded_cents += row.amount_cents
    payment.version += 1
    settle_state(payment)
    credit = await credits.get(uow, str(row.credit_id), lock=True)
    await invoices.record_paid_back(
        uow, credit, source_id=row.id, amount_cents=row.amount_cents, paid_at=uow.now, provider=payment.provider
    )
    use = await use_of_refund(uow, row.id)
    if use is not None:
        credits.tell_paid_back(uow, credit, use)
    tell_refunded(uow, row, payment)


def tell_refunded(uow: UnitOfWork, row: Refund, payment: Payment) -> None:
    uow.emit(
        PaymentRefunded(
            payment_id=payment.id,
            refund_id=row.id,
            credit_note_id=row.credit_note_id,
            credit_id=row.credit_id,
            invoice_id=payment.invoice_id,
            tenant_id=payment.tenant_id,
            partner_id=payment.partner_id,
            provider=payment.provider,
            amount_cents=row.amount_cents,
            currency=payment.currency,
            refunded_total_cents=payment.refunded_cents,
            refunded_at=uow.now,
            step=row.attempts if row.went_after_all else 0,
        )
    )


async def _succeed_after_all(uow: UnitOfWork, row: Refund, result: RefundResult) -> None:
    """A refund that was given up went: its credit is used for it, and what was paid out meanwhile has gone twice."""
    row.advance(RefundLifecycle.retry)
    row.advance(RefundLifecycle.succeed)
    row.attempts += 1
    row.external_id = result.external_id or row.external_id
    row.released_at = row.failure_message = None
    row.went_after_all = True
    payment = await _locked(uow, row)
    payment.refunded_cents += row.amount_cents
    payment.version += 1
    settle_state(payment)
    source_id, use = f"{row.id}:{row.attempts}", None
    if row.credit_id is None:  # made at the provider, beyond any credit
        await record_gone(uow, payment, source_id, row.amount_cents)
    else:
        credit = await credits.get(uow, row.credit_id, lock=True)
        use = await invoices.record_paid_back_after_all(
            uow,
            credit,
            row.id,
            source_id=source_id,
            amount_cents=row.amount_cents,
            paid_at=uow.now,
            provider=payment.provider,
        )
    row.credit_use_id = use.id if use else None
    tell_refunded(uow, row, payment)
    uow.emit(
        RefundAfterAll(
            refund_id=row.id,
            payment_id=row.payment_id,
            credit_id=row.credit_id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            amount_cents=row.amount_cents,
            currency=payment.currency,
            attempts=row.attempts,
            twice_cents=row.amount_cents - (use.amount_cents if use else 0),
        )
    )


async def record_gone(uow: UnitOfWork, payment: Payment, source_id: str, cents: int) -> None:
    """Book what a person gave back at the provider beyond any credit."""
    await invoices.record_beside(
        uow,
        payment.invoice_id,
        source_id=source_id,
        amount_cents=-cents,
        paid_at=uow.now,
        reference="refunded at the provider",
        provider=payment.provider,
    )


async def _fail(uow: UnitOfWork, row: Refund, result: RefundResult, *, is_lost: bool) -> None:
    """Try again later, or give up: once the provider has made it and failed, or has refused it often enough."""
    row.advance(RefundLifecycle.fail)
    row.failure_message = result.failure_message
    is_final = not is_lost and (result.external_id is not None or row.attempts >= ATTEMPTS)
    payment = await _locked(uow, row)
    if is_final:
        payment.promised_cents -= row.amount_cents
        await _release(uow, row)
    else:
        row.due_at = uow.now + (AGAIN if row.attempts < ATTEMPTS else _LATER)
    _tell_failed(uow, row, payment, is_final=is_final)


async def _take_back(uow: UnitOfWork, row: Refund, result: RefundResult) -> None:
    """A refund that had succeeded failed after all: the money is here again, and the tenant still has its credit."""
    row.advance(RefundLifecycle.fail)
    row.attempts += 1
    row.failure_message = result.failure_message
    payment = await _locked(uow, row)
    payment.refunded_cents -= row.amount_cents
    payment.version += 1
    settle_state(payment)
    held = await _release(uow, row)
    credit = await credits.get(uow, row.credit_id, lock=True) if row.credit_id else None
    source_id = f"{row.id}:failed:{row.attempts}" if row.went_after_all else f"{row.id}:failed"
    if credit and held:
        await invoices.record_paid_back(
            uow,
            credit,
            source_id=source_id,
            amount_cents=-held,
            paid_at=uow.now,
            reference="the refund failed",
            provider=payment.provider,
        )
    if twice := row.amount_cents - held:
        await invoices.record_beside(
            uow,
            credit.invoice_id if credit else payment.invoice_id,
            source_id=f"{source_id}:twice",
            amount_cents=twice,
            paid_at=uow.now,
            reference="the refund failed",
            provider=payment.provider,
        )
    _tell_failed(uow, row, payment, is_final=True)


async def _release(uow: UnitOfWork, row: Refund) -> int:
    """Give the credit free that a refund holds; give how much that is."""
    row.due_at, row.released_at = None, uow.now
    use = await held_use(uow, row.credit_use_id) if row.went_after_all else await use_of_refund(uow, row.id)
    if use is None:
        return 0
    credit = await credits.get(uow, use.credit_id, lock=True)
    await credits.restore(uow, credit, use, row.failure_message or "The refund failed.")
    return use.amount_cents


async def _locked(uow: UnitOfWork, row: Refund) -> Payment:
    return await uow.session.get_one(Payment, row.payment_id, with_for_update=True, populate_existing=True)


def _tell_failed(uow: UnitOfWork, row: Refund, payment: Payment, *, is_final: bool) -> None:
    uow.emit(
        RefundFailed(
            refund_id=row.id,
            payment_id=row.payment_id,
            credit_id=row.credit_id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            amount_cents=row.amount_cents,
            currency=payment.currency,
            attempts=row.attempts,
            is_final=is_final,
            error=row.failure_message or "The provider refused it.",
        )
    )
