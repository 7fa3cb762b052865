"""Disputes that only a bank statement tells of: a direct debit that came back, a transfer that was recalled."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.payment_ports import DisputeResult, DisputeStatus
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.invoices.lifecycle import SettledBy
from scaicontrol.services.invoices.models import Invoice

from .. import queries
from ..lifecycle import DisputeState
from ..models import MANUAL, Dispute, Payment
from ..schemas import DisputeCloseIn, DisputeIn
from .disputes import follow, opened


@verb
async def open_dispute(uow: UnitOfWork, body: DisputeIn) -> Dispute:
    """
    Record that a payer's bank asks money back, or with an outcome has taken it back; the same reference records once.

    It is about a payment, or about money that was recorded by hand on the invoice.

    Raises NotFound, Refused where nothing is left that could go back, where several payments could be meant, for more
    than the payment still holds and for a moment that has not come.
    """
    uow.authorize("disputes:record")
    invoice = await invoices.get(uow, body.invoice_id, lock=True)
    for known in await queries.disputes_of_invoice(uow, invoice.id):
        if known.provider == MANUAL and known.external_id == f"{known.source_id}:{body.reference}":
            return known
    came = await _came(uow, invoice, body.payment_id)
    if body.opened_at is not None and body.opened_at > uow.now:
        raise Refused(f"Cannot record a dispute of {body.opened_at:%Y-%m-%d}: that day has not come.")
    amount = came.left_cents if body.amount_cents is None else body.amount_cents
    if not 0 < amount <= came.left_cents:
        raise Refused(f"Cannot record a dispute of {amount}: {came.left_cents} cents of {came.source_id} can go back.")
    told = DisputeResult(
        DisputeStatus.opened,
        f"{came.source_id}:{body.reference}",
        came.source_id,
        amount,
        invoice.currency,
        body.reason,
        fee_cents=body.fee_cents,
        opened_at=body.opened_at or uow.now,
        evidence_due_at=body.evidence_due_at,
    )
    dispute = opened(uow, told, provider=MANUAL, invoice=invoice, source_id=came.source_id, payment=came.payment)
    await follow(uow, dispute, told, came.payment)
    if body.outcome is not None:
        await _close(uow, dispute, DisputeStatus(body.outcome), body.fee_cents, came.payment)
    return dispute


@dataclass(frozen=True, slots=True)
class _Came:
    """Money that came for an invoice, and how much of it a bank could still take back."""

    source_id: str
    left_cents: int
    payment: Payment | None = None


async def _came(uow: UnitOfWork, invoice: Invoice, payment_id: str | None) -> _Came:
    rows = await uow.session.scalars(
        select(Payment).where(Payment.invoice_id == invoice.id).order_by(Payment.id).with_for_update()
    )
    found = [_Came(each.id, each.kept_cents - each.disputed_cents, each) for each in rows]
    gone: Counter[str] = Counter()
    for each in await queries.disputes_of_invoice(uow, invoice.id):
        gone[each.source_id] += each.amount_cents if each.is_open else each.lost_cents
    found += [
        _Came(each.source_id, each.amount_cents + each.unapplied_cents - gone[each.source_id])
        for each in await invoices.settlements(uow, invoice)
        if each.kind == SettledBy.manual and each.source_id != invoice.id and each.amount_cents >= 0
    ]
    if payment_id is not None:
        meant = [each for each in found if each.source_id == payment_id]
        if not meant:
            raise NotFound(f"No payment {payment_id} of {invoice}.")
        return meant[0]
    meant = [each for each in found if each.left_cents > 0]
    if not meant:
        raise Refused(f"Nothing has come for {invoice} that a bank could take back.")
    if len(meant) > 1:
        raise Refused(
            f"Several payments of {invoice} could be meant; name one of {', '.join(m.source_id for m in meant)}."
        )
    return meant[0]


@verb
async def close_dispute(uow: UnitOfWork, dispute_id: str, body: DisputeCloseIn) -> Dispute:
    """
    Record how a dispute ended that was recorded by hand; lost, its money is unbooked by the seller's choice.

    Raises NotFound, Refused for one that is closed and for one whose provider tells its outcome itself.
    """
    uow.authorize("disputes:record")
    dispute = await queries.dispute(uow, dispute_id)
    payment = None
    if dispute.payment_id is not None:
        payment = await queries.get(uow, dispute.payment_id, lock=True)
    dispute = await queries.dispute(uow, dispute_id, lock=True)
    if dispute.provider != MANUAL:
        raise Refused(f"Cannot close {dispute}: {dispute.provider} decides it; answer it there.")
    if dispute.status != DisputeState.opened:
        raise Refused(f"Cannot close {dispute}: it is {dispute.status}.")
    fee = dispute.fee_cents if body.fee_cents is None else body.fee_cents
    await _close(uow, dispute, DisputeStatus(body.outcome), fee, payment)
    return dispute


async def _close(
    uow: UnitOfWork, dispute: Dispute, outcome: DisputeStatus, fee_cents: int, payment: Payment | None
) -> None:
    told = DisputeResult(
        outcome,
        dispute.external_id,
        dispute.source_id,
        dispute.amount_cents,
        dispute.currency,
        dispute.reason,
        fee_cents=fee_cents,
    )
    await follow(uow, dispute, told, payment)
