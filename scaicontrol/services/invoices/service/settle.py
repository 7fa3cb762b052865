"""What is paid and credited towards a document, until nothing is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, wallets
from scaicontrol.services.credits.models import CreditSource
from scaicontrol.services.credits.reads import owed_beside
from scaicontrol.services.credits.schemas import SettledWith
from scaicontrol.services.wallets.models import WalletLot, WalletUse
from scaicontrol.services.wallets.reads import applied_to
from scaicontrol.services.wallets.reads import lot as lot_of

from .. import queries
from ..events import InvoicePastDue, SettlementRecorded
from ..lifecycle import APPLIED, AS_PAID, MONEY, OWED, InvoiceLifecycle, InvoiceStatus, SettledBy
from ..models import Invoice, Settlement
from ..schemas import MarkPaidIn
from .closing import close, reopen
from .ledger import post_settlement


@dataclass(frozen=True, slots=True)
class Movement:
    """
    Money or credit that moved; `source_id` (a payment, credit note, refund, use of a credit) makes it count once.

    `provider` holds the money, if any does; `is_refund` carries out what was promised to a refund.
    """

    kind: SettledBy
    source_id: str
    amount_cents: int
    at: datetime
    reference: str | None = None
    method: str | None = None
    provider: str | None = None
    is_refund: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a movement: what is left over is the payer's, and stands as a credit."""

    invoice: Invoice
    applied_cents: int
    unapplied_cents: int


async def record_payment(
    uow: UnitOfWork,
    invoice_id: str,
    *,
    payment_id: str,
    amount_cents: int,
    paid_at: datetime,
    method: str | None = None,
    provider: str | None = None,
) -> Settled:
    """
    Book a succeeded payment; the same payment again changes nothing.

    More than is due, or money for a document that is paid or void, is returned as unapplied: it settles what the tenant
    owes beside the invoice, and becomes a credit.
    """
    uow.authorize("payments:pay")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.is_credit_note or not invoice.is_sealed:
        raise Refused(f"Cannot book a payment on {invoice}: only a finalized invoice can be paid.")
    movement = Movement(SettledBy.payment, payment_id, amount_cents, paid_at, method=method, provider=provider)
    return await book(uow, invoice, movement)


@verb
async def mark_paid(uow: UnitOfWork, invoice_id: str, data: MarkPaidIn) -> Settlement:
    """
    Record money that arrived outside any provider, such as a bank transfer: a part of what is due, or more than that.

    What came beyond what was due settles what the tenant owes beside the invoice, and becomes a credit; on a paid or
    void invoice that is all of it.

    Raises NotFound, Refused for what is no finalized invoice and where nothing is due and no amount is named, Conflict
    where it was recorded meanwhile.
    """
    uow.authorize("invoices:mark_paid")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.is_credit_note or not invoice.is_sealed:
        raise Refused(f"Cannot mark {invoice} as paid: it is {_what_it_is(invoice)}.")
    if data.amount_cents is None and invoice.amount_due_cents <= 0:
        raise Refused(
            f"Cannot mark {invoice} as paid: it is {_what_it_is(invoice)}, and nothing is due; say how much came, and "
            "it becomes a credit."
        )
    refuse_moment_to_come(uow, "paid_at", data.paid_at)
    amount = invoice.amount_due_cents if data.amount_cents is None else data.amount_cents
    movement = Movement(SettledBy.manual, new_id("pay"), amount, data.paid_at, data.reference, data.method)
    await book(uow, invoice, movement)
    recorded = await _find(uow, invoice.id, movement.source_id)
    if recorded is None:
        raise Conflict(f"The payment of {invoice} was not recorded; try again.")
    return recorded


def refuse_moment_to_come(uow: UnitOfWork, field: str, moment: datetime) -> None:
    """Raise Invalid for money that is said to have moved later than tomorrow: nobody can know that yet."""
    if moment.date() > uow.now.date() + timedelta(days=1):
        raise invalid(field, f"{moment:%Y-%m-%d} is yet to come; say when the money moved.", "moment_in_future")


def _what_it_is(invoice: Invoice) -> str:
    return "a credit note" if invoice.is_credit_note else invoice.status.replace("_", " ")


async def allocate_credit(uow: UnitOfWork, note: Invoice) -> int:
    """
    Let a finalized credit note reduce what is due on its invoice first; give the cents that remain as a credit.

    The caller holds the invoice locked; two notes at once would else reduce the same debt twice.
    """
    uow.authorize("invoices:credit")
    if note.referenced_invoice_id is None:
        raise Refused(f"Cannot allocate {note}: it names no invoice.")
    invoice = await queries.get(uow, note.referenced_invoice_id, lock=True)
    owed = invoice.amount_due_cents if invoice.status in OWED else await _written_off(uow, invoice)
    cents = min(-note.amount_due_cents, owed)
    given = await _given(uow, invoice, -note.amount_due_cents - max(cents, 0))
    if given:
        cents = await _in_place_of(uow, invoice, note, max(cents, 0), given)
        await book(uow, note, Movement(SettledBy.credit_note, invoice.id, -cents, uow.now, invoice.number))
    elif cents > 0:
        await book(uow, invoice, Movement(SettledBy.credit_note, note.id, cents, uow.now, note.number))
        await book(uow, note, Movement(SettledBy.credit_note, invoice.id, -cents, uow.now, invoice.number))
    elif note.total_cents == 0:
        close_zero_total(uow, note)
    left = -note.amount_due_cents
    if left > 0:
        await grant(uow, note, CreditSource.credit_note, note.id, left)
    return left


_Given = list[tuple[WalletLot, WalletUse, int]]


async def _given(uow: UnitOfWork, invoice: Invoice, beyond: int) -> _Given:
    """Lock and give what the seller had given and the invoice used, up to what a note leaves beyond what is due."""
    found: _Given = []
    if beyond <= 0 or invoice.settlement == SettledBy.write_off:
        return found
    for use, cents in reversed(await applied_to(uow, invoice.id)):
        lot = await lot_of(uow, use.lot_id)
        part = 0 if lot.is_paid else min(cents, beyond)
        if part > 0:
            found.append((lot, use, part))
            beyond -= part
    return found


async def _in_place_of(uow: UnitOfWork, invoice: Invoice, note: Invoice, cents: int, given: _Given) -> int:
    """
    Let a note take the place of what the seller had given, which goes back to the wallet and never becomes money.

    The note is posted first, so that an invoice that is paid is not opened in between.
    """
    total = cents + sum(part for _, _, part in given)
    post(uow, invoice, Movement(SettledBy.credit_note, note.id, total, uow.now, note.number), total, 0)
    for lot, use, part in given:
        undone = await wallets.restore(uow, lot, use, part, f"{note} gives it back.")
        post(uow, invoice, Movement(SettledBy.wallet, undone.id, -part, uow.now, lot.id), -part, 0)
    return total


async def grant(uow: UnitOfWork, document: Invoice, source: CreditSource, source_id: str, cents: int) -> None:
    """Credit the tenant of a document with what it, or a payment of it, left over."""
    await credits.grant(
        uow,
        source,
        source_id,
        tenant_id=document.tenant_id,
        partner_id=document.partner_id,
        currency=document.currency,
        invoice_id=document.id,
        amount_cents=cents,
    )


async def mark_past_due(
    uow: UnitOfWork, invoice_id: str, *, cause: str = "payment_failed", next_retry_at: datetime | None = None
) -> bool:
    """
    Note that a scheduled payment of a sent invoice failed; False when its state does not follow.

    A `finalized` invoice stays: it is past due once it was sent, and whoever charges tells again then.
    """
    uow.authorize("payments:pay")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if not invoice.can("age") or invoice.amount_due_cents <= 0:
        return False
    invoice.advance(InvoiceLifecycle.age)
    invoice.past_due_since = uow.now
    uow.emit(past_due_fact(invoice, uow.now, cause, next_retry_at))
    return True


def past_due_fact(invoice: Invoice, since: datetime, cause: str, next_retry_at: datetime | None) -> InvoicePastDue:
    return InvoicePastDue(
        invoice_id=invoice.id,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        number=invoice.number or "",
        currency=invoice.currency,
        amount_due_cents=invoice.amount_due_cents,
        due_date=invoice.due_date,
        past_due_since=since,
        cause=cause,
        next_retry_at=next_retry_at,
        step=invoice.times_reopened + 1,
    )


async def book_prepaid(uow: UnitOfWork, invoice: Invoice, cents: int) -> None:
    """Book what was received before the issue (BT-113), so that it is not asked for again."""
    await book(uow, invoice, Movement(SettledBy.manual, invoice.id, cents, uow.now, reference=PREPAID))


PREPAID = "received before the issue"


def close_zero_total(uow: UnitOfWork, invoice: Invoice) -> None:
    """A document over nothing is settled as soon as it is finalized."""
    close(uow, invoice, SettledBy.zero_total, None, uow.now)


async def _find(uow: UnitOfWork, invoice_id: str, source_id: str) -> Settlement | None:
    query = select(Settlement).where(Settlement.invoice_id == invoice_id, Settlement.source_id == source_id)
    return await uow.session.scalar(query)


async def book(uow: UnitOfWork, invoice: Invoice, movement: Movement) -> Settled:
    """Let a movement settle what is due on a locked document; money beyond that becomes a credit."""
    if movement.amount_cents == 0:
        raise Refused(f"Cannot book 0 on {invoice}.")
    known = await _find(uow, invoice.id, movement.source_id)
    if known is not None:
        return Settled(invoice, known.amount_cents, known.unapplied_cents)
    loss = min(await _written_off(uow, invoice), movement.amount_cents)
    owed = invoice.amount_due_cents if invoice.status in OWED else max(loss, 0)
    # Both are negative on a credit note, and the one nearer to zero is what can be applied.
    applied = min(movement.amount_cents, owed, key=abs) if movement.amount_cents * owed > 0 else 0
    left = movement.amount_cents - applied
    post(uow, invoice, movement, applied, left)
    if loss > 0:  # what was a loss is none: this takes its place
        made_good = Movement(SettledBy.write_off, f"{movement.source_id}:made_good", -applied, movement.at)
        post(uow, invoice, made_good, -applied, 0)
        invoice.settlement = SettledBy.write_off if await _written_off(uow, invoice) else movement.kind
    if left > 0 and movement.kind in MONEY:
        left -= await lower_owed(uow, invoice, movement, left)
    if left > 0 and movement.kind in MONEY:
        source = CreditSource.overpayment if applied else CreditSource.unapplied_payment
        await grant(uow, invoice, source, movement.source_id, left)
    return Settled(invoice, applied, movement.amount_cents - applied)


async def lower_owed(uow: UnitOfWork, invoice: Invoice, movement: Movement, cents: int) -> int:
    """
    Let money beyond what is due settle what the tenant owes beside the invoice, oldest first; give how much.

    What was written off of it comes last: the money takes the place of the loss.
    """
    left, owed = cents, await owed_beside(uow, invoice.id)
    for receivable in owed:
        part = min(receivable.remaining_cents, left)
        if part > 0:
            credits.lower(uow, receivable, part, SettledWith.money, movement.reference)
            left -= part
    for receivable in owed:
        part = min(receivable.written_off_cents, left)
        if part > 0:
            made_good = f"{receivable.id}:made_good:{receivable.version}"
            post(uow, invoice, Movement(SettledBy.write_off, made_good, -part, movement.at), 0, -part)
            credits.make_good(uow, receivable, part, movement.reference)
            left -= part
    return cents - left


async def post_once(uow: UnitOfWork, invoice: Invoice, movement: Movement, applied: int, unapplied: int) -> bool:
    """Write a movement whose parts are known, unless it is written already."""
    if await _find(uow, invoice.id, movement.source_id) is not None:
        return False
    post(uow, invoice, movement, applied, unapplied)
    return True


def post(uow: UnitOfWork, invoice: Invoice, movement: Movement, applied: int, unapplied: int) -> None:
    """Write a movement on a locked document: its row, the sums, and the state that follows from them."""
    settlement_id = new_id("stl")
    uow.session.add(
        Settlement(
            id=settlement_id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            invoice_id=invoice.id,
            kind=movement.kind,
            source_id=movement.source_id,
            amount_cents=applied,
            unapplied_cents=unapplied,
            settled_at=movement.at,
            reference=movement.reference,
            method=movement.method,
            recorded_by=uow.actor.id,
        )
    )
    post_settlement(uow, invoice, settlement_id, movement, applied, unapplied)
    before = {"amount_due_cents": invoice.amount_due_cents, "status": invoice.status}
    if movement.kind in AS_PAID:
        invoice.amount_paid_cents += applied
    else:
        invoice.amount_credited_cents += applied
    if movement.kind in APPLIED:
        invoice.amount_applied_cents += applied
    invoice.amount_due_cents -= applied
    uow.emit(
        SettlementRecorded(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            kind=movement.kind,
            source_id=movement.source_id,
            amount_cents=applied,
            unapplied_cents=unapplied,
            amount_due_cents=invoice.amount_due_cents,
            currency=invoice.currency,
        ),
        before=before,
        after={"amount_due_cents": invoice.amount_due_cents},
        reason=movement.reference,
    )
    if not applied:
        return
    if invoice.amount_due_cents == 0:
        if invoice.status != InvoiceStatus.paid:
            paid_by = movement.source_id if movement.kind in MONEY else None
            close(uow, invoice, movement.kind, paid_by, movement.at)
    elif invoice.status == InvoiceStatus.paid and (invoice.amount_due_cents < 0) == invoice.is_credit_note:
        reopen(uow, invoice, movement.source_id, movement.reference)


def write_off(uow: UnitOfWork, invoice: Invoice, source_id: str, cents: int, beside: int, reason: str) -> None:
    """
    Settle what a reversal is about to open as a loss of the seller's; the caller posts the reversal next.

    `beside` is what had been paid out already, and the tenant would owe beside the invoice.
    """
    loss = Movement(SettledBy.write_off, f"{source_id}:loss", cents + beside, uow.now, reference=reason)
    post(uow, invoice, loss, cents, beside)
    if cents:
        invoice.settlement = SettledBy.write_off


async def _written_off(uow: UnitOfWork, invoice: Invoice) -> int:
    """Sum what of a settled invoice is a loss: money or credit that still comes takes its place."""
    if invoice.settlement != SettledBy.write_off:
        return 0
    losses = select(func.sum(Settlement.amount_cents)).where(
        Settlement.invoice_id == invoice.id, Settlement.kind == SettledBy.write_off
    )
    return int(await uow.session.scalar(losses) or 0)
