"""Giving money back: the credit note first, then the providers that took it, once per credit note and payment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, NotFound, Refused, Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.ports import PaymentStatus, RefundResult
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn

from ..events import PaymentRefunded, RefundFailed
from ..lifecycle import PaymentLifecycle, PaymentState, RefundLifecycle, RefundState
from ..models import Payment, Refund

_ACTOR = Actor.system("payment_refund")
_AGAIN: Final = timedelta(minutes=30)
_ATTEMPTS: Final = 5
_BATCH: Final = 50


@verb
async def refund(
    backend: Backend, actor: Actor, invoice_id: str, amount_cents: int | None, reason: str
) -> tuple[Refund, Invoice]:
    """
    Refund a paid invoice, whole or in part: credit it, then return the money through the original provider.

    Several payments are refunded newest first, each through its own provider; the first refund is given, and
    `refunds_of_note` lists all. A provider that fails leaves its refund `failed` and visible; it is tried again, always
    as the same refund.

    Raises NotFound, and Refused for an invoice that is not paid, that no provider collected, or of which nothing is
    left.
    """
    actor.require("payments:refund")
    note_id = await backend.perform(actor, draft_refund, invoice_id, amount_cents, reason)
    note = await invoices.finalize(backend, actor, note_id)
    made = [await _execute(backend, each) for each in await backend.perform(actor, _share, note_id)]
    return made[0], note


async def draft_refund(uow: UnitOfWork, invoice_id: str, amount_cents: int | None, reason: str) -> str:
    """
    Draft the credit note of a refund and give its id.

    The refund waits beside the draft from the start, so that a crash on the way leaves work that is due.
    """
    uow.authorize("payments:refund")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    if invoice.status != "paid" or invoice.is_credit_note:
        raise Refused(f"Cannot refund {invoice}: it is {invoice.status}; only a paid invoice is refunded.")
    payments = await _payments_of(uow, invoice_id)
    if not payments:
        raise Refused("No provider took a payment for this invoice; credit it and return the money by hand.")
    payment = payments[0]
    note = await invoices.draft_credit(
        uow, invoice_id, CreditIn(amount_cents=amount_cents, basis="gross", reason=reason)
    )
    uow.session.add(_refund(uow, payment, note.id, 0, note.id))  # how much is known once the note is finalised
    return note.id


async def _payments_of(uow: UnitOfWork, invoice_id: str, *, lock: bool = False) -> Sequence[Payment]:
    """List what providers took for an invoice, newest first: a provider refunds for some months only."""
    query = (
        select(Payment)
        .where(
            Payment.invoice_id == invoice_id,
            Payment.status.in_([PaymentState.succeeded, PaymentState.partially_refunded]),
        )
        .order_by(Payment.succeeded_at.desc(), Payment.attempt.desc(), Payment.id)
    )
    return (await uow.session.scalars(query.with_for_update() if lock else query)).all()


async def _share(uow: UnitOfWork, note_id: str) -> list[str]:
    """
    Share what the finalised note leaves over the payments, newest first, and no more than each brought.

    Gives the refunds' ids. What no provider took, such as a bank transfer, stays open on the note.
    """
    uow.authorize("payments:refund")
    note = await invoices.get(uow, note_id, lock=True)
    of_note = select(Refund).where(Refund.credit_note_id == note_id).order_by(Refund.idempotency_key).with_for_update()
    rows = list(await uow.session.scalars(of_note))
    if not rows:
        raise NotFound(f"There is no refund for {note}.")
    if rows[0].amount_cents == 0:
        rows += await _fix_amounts(uow, note, rows[0])
    return [row.id for row in rows]


async def _fix_amounts(uow: UnitOfWork, note: Invoice, first: Refund) -> list[Refund]:
    """Give the waiting refund its payment and amount, and make one more for each further payment that is needed."""
    left, more = -note.amount_due_cents, []
    for payment in await _payments_of(uow, note.referenced_invoice_id or "", lock=True):
        part = min(left, payment.amount_cents - payment.refunded_cents - await _promised(uow, payment, note))
        if part <= 0:
            continue
        left -= part
        if first.amount_cents == 0:
            first.payment_id, first.amount_cents = payment.id, part
        else:
            more.append(_refund(uow, payment, note.id, part, f"{note.id}:{payment.id}"))
    uow.session.add_all(more)
    return more


async def _promised(uow: UnitOfWork, payment: Payment, note: Invoice) -> int:
    """Sum what other refunds will still take from a payment, so that none is promised twice."""
    query = select(func.sum(Refund.amount_cents)).where(
        Refund.payment_id == payment.id,
        Refund.credit_note_id != note.id,
        Refund.status != RefundState.succeeded,
    )
    return int(await uow.session.scalar(query) or 0)


def _refund(uow: UnitOfWork, payment: Payment, note_id: str, amount_cents: int, key: str) -> Refund:
    return Refund(
        id=new_id("rfn"),
        tenant_id=payment.tenant_id,
        partner_id=payment.partner_id,
        payment_id=payment.id,
        credit_note_id=note_id,
        amount_cents=amount_cents,
        status=RefundState.pending,
        idempotency_key=key,
        attempts=0,
        due_at=uow.now + _AGAIN,
    )


async def refund_due(backend: Backend) -> int:
    """Try again what failed or was interrupted."""
    waiting = await backend.perform(_ACTOR, _claim)
    for refund_id in waiting:
        await _execute(backend, refund_id)
    return len(waiting)


async def _claim(uow: UnitOfWork) -> list[str]:
    uow.authorize("payments:collect")
    claimed = []
    for row in await claims.take(uow, Refund, Refund.due_at <= uow.now, oldest=[Refund.due_at], limit=_BATCH):
        if row.status == RefundState.failed:
            row.advance(RefundLifecycle.retry)
        row.due_at = uow.now + _AGAIN
        claimed.append(row.id)
    return claimed


async def _execute(backend: Backend, refund_id: str) -> Refund:
    try:
        row, payment = await _ready(backend, refund_id)
        provider = backend.ports.payment_providers.get(payment.provider)
        if provider is None:
            raise Unavailable(f"The payment provider {payment.provider} is not configured.")
        result = await provider.refund(str(payment.external_id), row.amount_cents, row.idempotency_key)
    except ControlError as error:
        result = RefundResult(PaymentStatus.failed, None, error.message)
    return await backend.perform(_ACTOR, record_refund, refund_id, result)


async def _ready(backend: Backend, refund_id: str) -> tuple[Refund, Payment]:
    """Give a refund that can be carried out; a credit note whose refund died on the way is finalised first."""
    row, payment = await backend.ask(_ACTOR, _read, refund_id)
    if row.amount_cents == 0:
        note = await backend.ask(_ACTOR, invoices.get, row.credit_note_id)
        if not note.is_sealed:
            await invoices.finalize(backend, _ACTOR, note.id)
        await backend.perform(_ACTOR, _share, note.id)
        row, payment = await backend.ask(_ACTOR, _read, refund_id)
    if row.amount_cents == 0:
        raise Refused("The credit note leaves nothing to give back.")
    return row, payment


async def _read(uow: UnitOfWork, refund_id: str) -> tuple[Refund, Payment]:
    uow.authorize("payments:collect")
    row = await uow.session.get_one(Refund, refund_id)
    return row, await uow.session.get_one(Payment, row.payment_id)


async def record_refund(uow: UnitOfWork, refund_id: str, result: RefundResult) -> Refund:
    """Write what the provider said about a refund; the same answer twice changes nothing."""
    uow.authorize("payments:collect")
    row = await uow.session.get_one(Refund, refund_id, with_for_update=True)
    if row.status != RefundState.pending:
        return row
    row.attempts += 1
    row.external_id = result.external_id or row.external_id
    if result.status is PaymentStatus.succeeded:
        await _succeed(uow, row)
    elif result.status is PaymentStatus.failed:
        row.advance(RefundLifecycle.fail)
        row.failure_message = result.failure_message
        row.due_at = uow.now + _AGAIN if row.attempts < _ATTEMPTS else None
        uow.emit(
            RefundFailed(
                refund_id=row.id,
                payment_id=row.payment_id,
                tenant_id=row.tenant_id,
                partner_id=row.partner_id,
                attempts=row.attempts,
                error=result.failure_message or "The provider refused it.",
            )
        )
    return row


async def _succeed(uow: UnitOfWork, row: Refund) -> None:
    row.advance(RefundLifecycle.succeed)
    row.due_at = row.failure_message = None
    payment = await uow.session.get_one(Payment, row.payment_id, with_for_update=True)
    payment.refunded_cents += row.amount_cents
    whole = payment.refunded_cents >= payment.amount_cents
    if whole:
        payment.advance(PaymentLifecycle.refund)
    elif payment.status == PaymentState.succeeded:
        payment.advance(PaymentLifecycle.refund_part)
    await invoices.record_refund(
        uow, row.credit_note_id, refund_id=row.id, amount_cents=row.amount_cents, refunded_at=uow.now
    )
    uow.emit(
        PaymentRefunded(
            payment_id=payment.id,
            refund_id=row.id,
            credit_note_id=row.credit_note_id,
            invoice_id=payment.invoice_id,
            tenant_id=payment.tenant_id,
            partner_id=payment.partner_id,
            provider=payment.provider,
            amount_cents=row.amount_cents,
            currency=payment.currency,
            refunded_total_cents=payment.refunded_cents,
            refunded_at=uow.now,
        )
    )
