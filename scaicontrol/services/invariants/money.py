"""What must hold of money: payments, refunds and disputes, and what stays over of them as credits and receivables."""

from typing import Final

from sqlalchemy import and_, case, func, or_, select

from scaicontrol.services.bank_statements.lifecycle import LineStatus
from scaicontrol.services.bank_statements.models import BankLine, BankLineBooking
from scaicontrol.services.credits.models import Credit, CreditUse, Receivable
from scaicontrol.services.invoices.lifecycle import MONEY, DocumentType, InvoiceStatus, SettledBy
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.payments.lifecycle import MismatchDecision, RefundState
from scaicontrol.services.payments.models import MISMATCH, Dispute, Payment, Refund
from scaicontrol.services.wallets.models import WalletLot, WalletUse, WalletUseKind

from .invariant import Invariant, Question

_WAITS: Final = and_(Refund.status != RefundState.succeeded, Refund.released_at.is_(None))


def _refunds(*, promised: bool) -> Question:
    says = Payment.promised_cents if promised else Payment.refunded_cents
    counted = select(Refund.payment_id, func.sum(Refund.amount_cents).label("cents"))
    wanted = _WAITS if promised else Refund.status == RefundState.succeeded
    refunds = counted.where(wanted).group_by(Refund.payment_id).subquery("sums")
    cents = func.coalesce(refunds.c.cents, 0)
    return select(Payment.id, says, cents).outerjoin(refunds, refunds.c.payment_id == Payment.id).where(says != cents)


def _given_back() -> Question:
    """
    What waits may be more than is left, where a person refunded at the provider meanwhile: it will be refused.

    Where a person accepted that less had come, what went back before may be more.
    """
    accepted = Payment.mismatch_decision == MismatchDecision.accept
    gone = and_(Payment.refunded_cents > Payment.received_cents, or_(Payment.mismatch_decision.is_(None), ~accepted))
    return select(Payment.id, Payment.received_cents, Payment.refunded_cents).where(gone)


def _booked() -> Question:
    """A payment is the source of its settlements: by its id, and by `<id>:<step>` where it went back and came again."""
    kept = Payment.received_cents - Payment.returned_cents - Payment.lost_cents
    mine = and_(
        Settlement.invoice_id == Payment.invoice_id,
        or_(Settlement.source_id == Payment.id, Settlement.source_id.like(Payment.id + ":%")),
        Settlement.kind.in_(MONEY),
    )
    cents = func.coalesce(func.sum(Settlement.amount_cents + Settlement.unapplied_cents), 0)
    not_set_aside = or_(Payment.failure_code.is_(None), Payment.failure_code != MISMATCH)
    grouped = select(Payment.id, func.max(kept), cents).outerjoin(Settlement, mine).where(not_set_aside)
    return grouped.group_by(Payment.id).having(func.max(kept) != cents)


def _brought() -> Question:
    """A line that is booked is what the settlements it made hold, less what went back by disputes; any other is 0."""
    settled = and_(
        Settlement.invoice_id == BankLineBooking.invoice_id, Settlement.source_id == BankLineBooking.source_id
    )
    cents = func.coalesce(
        func.sum(
            func.coalesce(Settlement.amount_cents + Settlement.unapplied_cents, -Dispute.amount_cents, 0),
        ),
        0,
    )
    says = case((BankLine.status == LineStatus.booked, BankLine.amount_cents), else_=0)
    return (
        select(BankLine.id, func.max(says), cents)
        .outerjoin(BankLineBooking, BankLineBooking.line_id == BankLine.id)
        .outerjoin(Settlement, settled)
        .outerjoin(Dispute, Dispute.id == BankLineBooking.source_id)
        .group_by(BankLine.id)
        .having(func.max(says) != cents)
    )


def _used() -> Question:
    counted = select(CreditUse.credit_id, func.sum(CreditUse.amount_cents).label("cents"))
    uses = counted.group_by(CreditUse.credit_id).subquery("uses")
    left = Credit.amount_cents - func.coalesce(uses.c.cents, 0)
    wrong = Credit.remaining_cents != left
    return select(Credit.id, Credit.remaining_cents, left).outerjoin(uses, uses.c.credit_id == Credit.id).where(wrong)


def _lots() -> Question:
    counted = select(WalletUse.lot_id, func.sum(WalletUse.amount_cents).label("cents"))
    uses = counted.group_by(WalletUse.lot_id).subquery("uses")
    left = WalletLot.amount_cents - func.coalesce(uses.c.cents, 0)
    lots = select(WalletLot.id, WalletLot.remaining_cents, left)
    return lots.outerjoin(uses, uses.c.lot_id == WalletLot.id).where(WalletLot.remaining_cents != left)


def _from_wallets() -> Question:
    """What an invoice took of wallets is what their uses say, less what was undone."""
    undone = select(WalletUse.reverses_id, func.sum(-WalletUse.amount_cents).label("cents"))
    back = undone.where(WalletUse.reverses_id.is_not(None)).group_by(WalletUse.reverses_id).subquery("back")
    cents = func.sum(WalletUse.amount_cents - func.coalesce(back.c.cents, 0)).label("cents")
    taken = select(WalletUse.invoice_id, cents).outerjoin(back, back.c.reverses_id == WalletUse.id)
    used = taken.where(WalletUse.kind == WalletUseKind.applied).group_by(WalletUse.invoice_id).subquery("used")
    settled = select(Settlement.invoice_id, func.sum(Settlement.amount_cents).label("cents"))
    booked = settled.where(Settlement.kind == SettledBy.wallet).group_by(Settlement.invoice_id).subquery("booked")
    says, counted = func.coalesce(booked.c.cents, 0), func.coalesce(used.c.cents, 0)
    return (
        select(Invoice.id, says, counted)
        .outerjoin(booked, booked.c.invoice_id == Invoice.id)
        .outerjoin(used, used.c.invoice_id == Invoice.id)
        .where(says != counted)
    )


def _held() -> Question:
    """
    What a document leaves open is what was made of it.

    A credit note leaves what it still gives, an invoice the money beyond what was due; credits hold it, also while a
    refund of them waits, and what has gone twice is owed.
    """
    waiting = select(Refund.credit_id, func.sum(Refund.amount_cents).label("cents")).where(_WAITS)
    promised = waiting.group_by(Refund.credit_id).subquery("promised")
    remains = func.sum(Credit.remaining_cents + func.coalesce(promised.c.cents, 0)).label("cents")
    credits = select(Credit.invoice_id, remains).outerjoin(promised, promised.c.credit_id == Credit.id)
    held = credits.group_by(Credit.invoice_id).subquery("held")
    debts = select(Receivable.invoice_id, func.sum(Receivable.remaining_cents).label("cents"))
    owed = debts.group_by(Receivable.invoice_id).subquery("owed")
    beyond = select(Settlement.invoice_id, func.sum(Settlement.unapplied_cents).label("cents"))
    unapplied = beyond.group_by(Settlement.invoice_id).subquery("unapplied")
    is_note = and_(Invoice.document_type == DocumentType.credit_note, Invoice.finalized_at.is_not(None))
    leaves = case(
        (and_(is_note, Invoice.status == InvoiceStatus.void), 0),
        (is_note, -Invoice.amount_due_cents),
        else_=func.coalesce(unapplied.c.cents, 0),
    )
    counted = func.coalesce(held.c.cents, 0) - func.coalesce(owed.c.cents, 0)
    return (
        select(Invoice.id, leaves, counted)
        .outerjoin(held, held.c.invoice_id == Invoice.id)
        .outerjoin(owed, owed.c.invoice_id == Invoice.id)
        .outerjoin(unapplied, unapplied.c.invoice_id == Invoice.id)
        .where(leaves != counted)
    )


RULES: Final = (
    Invariant("What a payment says went back by refunds did", _refunds(promised=False)),
    Invariant("What a payment promises to refunds is what waits", _refunds(promised=True)),
    Invariant("No payment gives back more than came", _given_back()),
    Invariant("What a payment holds is booked on its invoice", _booked()),
    Invariant("What a bank line brought is what it booked", _brought()),
    Invariant("What a credit has left is its amount less its uses", _used()),
    Invariant("What a wallet lot has left is its amount less its uses", _lots()),
    Invariant("What invoices took of wallets is what their uses say", _from_wallets()),
    Invariant("What documents leave open is what credits and receivables hold", _held()),
)
