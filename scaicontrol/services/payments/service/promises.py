"""
What refunds will take: a part of a credit and of the payments that brought its money, held until the provider answers.

Both rows are changed by every promise, so that two of them, also at two Galera nodes, never hold the same cent.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.models import Credit, CreditSource
from scaicontrol.services.credits.reads import applied_to, of_source
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..lifecycle import RefundState
from ..models import Payment, Refund

AGAIN: Final = timedelta(minutes=30)


async def payments_behind(uow: UnitOfWork, credit: Credit) -> list[Payment]:
    """Lock and list the payments that brought a credit's money and have some left, newest first."""
    if credit.source != CreditSource.credit_note:
        return _newest_first(await queries.refundable(uow, payment_ids=[_payment_of(credit)]))
    note = await invoices.get(uow, credit.invoice_id)
    if note.referenced_invoice_id is None:
        return []
    return await payments_of(uow, await invoices.get(uow, note.referenced_invoice_id))


async def payments_of(uow: UnitOfWork, invoice: Invoice) -> list[Payment]:
    """
    Lock and list what providers took for an invoice, newest first, since a provider refunds for some months only.

    Where credit was applied to it, also what brought that credit.
    """
    invoice_ids, payment_ids, waiting = [invoice.id], [], [invoice.id]
    while waiting:
        for use in await applied_to(uow, waiting.pop()):
            credit = await credits.get(uow, use.credit_id)
            if credit.source != CreditSource.credit_note:
                payment_ids.append(_payment_of(credit))
                continue
            origin = (await invoices.get(uow, credit.invoice_id)).referenced_invoice_id
            if origin is not None and origin not in invoice_ids:
                invoice_ids.append(origin)
                waiting.append(origin)
    return _newest_first(await queries.refundable(uow, invoice_ids=invoice_ids, payment_ids=payment_ids))


def _payment_of(credit: Credit) -> str:
    """Name the payment that brought a credit; one that came in parts has a booking for each, `<payment>:<n>`."""
    return credit.source_id.split(":")[0]


def _newest_first(found: Sequence[Payment]) -> list[Payment]:
    return sorted(found, key=lambda each: (each.succeeded_at or each.created_at, each.attempt, each.id), reverse=True)


async def promise(
    uow: UnitOfWork,
    credit: Credit,
    payments: Sequence[Payment],
    wanted: int,
    waiting: Refund | None = None,
) -> list[Refund]:
    """Hold `wanted` of a credit, or as much as the payments can give back, one refund each; the first is `waiting`."""
    made: list[Refund] = []
    note_id = credit.source_id if credit.source == CreditSource.credit_note else None
    for payment in payments:
        part = min(wanted, payment.refundable_cents, credit.remaining_cents)
        if part <= 0:
            continue
        wanted -= part
        payment.promised_cents += part
        row = waiting if waiting is not None and not made else _refund(uow, payment, note_id)
        row.payment_id, row.credit_id, row.amount_cents = payment.id, credit.id, part
        uow.session.add(row)
        await credits.promise(uow, credit, part, row.id)
        made.append(row)
    await uow.session.flush()
    return made


def waiting_refund(uow: UnitOfWork, payment: Payment, note_id: str) -> Refund:
    """Give the refund that waits for its note; how much it is, and of which payment, is known once that is final."""
    row = _refund(uow, payment, note_id)
    row.idempotency_key = note_id  # one note has one
    return row


def _refund(uow: UnitOfWork, payment: Payment, note_id: str | None) -> Refund:
    refund_id = new_id("rfn")
    return Refund(
        id=refund_id,
        tenant_id=payment.tenant_id,
        partner_id=payment.partner_id,
        payment_id=payment.id,
        credit_note_id=note_id,
        amount_cents=0,
        status=RefundState.pending,
        idempotency_key=refund_id,
        attempts=0,
        due_at=uow.now + AGAIN,
    )


async def share(uow: UnitOfWork, note_id: str) -> list[str]:
    """
    Share what the finalized note left over the payments, newest first, and no more than each brought; give the refunds.

    What no provider took, such as a bank transfer, stays a credit, to be paid back by hand or applied.
    """
    uow.authorize("payments:refund")
    note = await invoices.get(uow, note_id, lock=True)
    waiting = await queries.waiting_refund_of(uow, note_id)
    if waiting is None:
        raise NotFound(f"There is no refund for {note}.")
    if waiting.credit_id is not None:
        return [row.id for row in await queries.refunds_of_note(uow, note_id)]
    credit = await of_source(uow, CreditSource.credit_note, note.id)
    if credit is None or credit.remaining_cents == 0:
        return [waiting.id]
    made = await promise(uow, credit, await payments_behind(uow, credit), credit.remaining_cents, waiting)
    return [row.id for row in made] or [waiting.id]
