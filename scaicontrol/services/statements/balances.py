"""A tenant's account in one currency over some days: what was billed, given back and paid, and what is open. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scaicontrol.services.invoices.lifecycle import DocumentType

from .schemas import Aging, Statement, StatementEntry


@dataclass(frozen=True, slots=True)
class Billed:
    """A finalized document that is not void; a credit note's total is negative."""

    id: str
    number: str
    document_type: DocumentType
    total_cents: int
    issue_date: date
    due_date: date | None


@dataclass(frozen=True, slots=True)
class Moved:
    """
    What moved for a document on a day: money, or credit (`is_credit`), which moves no balance.

    `unapplied_cents` of it came beyond what was due and stands as credit; less than nothing is credit that was used.
    """

    invoice_id: str
    number: str
    amount_cents: int
    unapplied_cents: int
    day: date
    is_credit: bool
    reference: str | None
    kind: str | None = None  # reversal or write_off, where it is neither paid nor refunded


def statement(
    tenant_id: str, currency: str, first: date, last: date, billed: Sequence[Billed], moved: Sequence[Moved]
) -> Statement:
    """
    Write the account from `first` to `last`, both included.

    Every entry adds to the balance before it; the closing balance is what all documents leave open on the last day,
    split by how long each is overdue, less the credit that money left.
    """
    entries = sorted(_entries(billed, moved), key=lambda entry: (entry.date, entry.credit_cents or 0, entry.document))
    balance = opening = sum(_change(entry) for entry in entries if entry.date < first)
    shown = []
    for entry in entries:
        if first <= entry.date <= last:
            balance += _change(entry)
            shown.append(entry.model_copy(update={"balance_cents": balance}))
    return Statement(
        tenant_id=tenant_id,
        currency=currency,
        first_day=first,
        last_day=last,
        opening_cents=opening,
        closing_cents=balance,
        entries=shown,
        aging=aging(last, billed, moved),
    )


def _change(entry: StatementEntry) -> int:
    return (entry.debit_cents or 0) - (entry.credit_cents or 0)


def _entries(billed: Iterable[Billed], moved: Iterable[Moved]) -> Iterable[StatementEntry]:
    for document in billed:
        yield _entry(str(document.document_type), document.issue_date, document.number, document.total_cents)
    for movement in moved:
        cents = movement.amount_cents + movement.unapplied_cents
        if not movement.is_credit and cents:
            kind = movement.kind or ("payment" if cents > 0 else "refund")
            yield _entry(kind, movement.day, movement.number, -cents, movement.reference)


def _entry(kind: str, day: date, document: str, cents: int, reference: str | None = None) -> StatementEntry:
    return StatementEntry(
        date=day,
        document=document,
        kind=kind,
        reference=reference,
        debit_cents=cents if cents >= 0 else None,
        credit_cents=-cents if cents < 0 else None,
        balance_cents=0,
    )


def aging(day: date, billed: Iterable[Billed], moved: Iterable[Moved]) -> Aging:
    """Split what is open at the end of a day by how many days it is overdue; open credit counts as not due."""
    settled: dict[str, int] = {}
    found = Aging()
    for movement in moved:
        if movement.day <= day:
            settled[movement.invoice_id] = settled.get(movement.invoice_id, 0) + movement.amount_cents
            found.not_due_cents -= movement.unapplied_cents
    for document in billed:
        if document.issue_date <= day:
            bucket = _bucket((day - document.due_date).days if document.due_date else 0)
            setattr(found, bucket, getattr(found, bucket) + document.total_cents - settled.get(document.id, 0))
    return found


def _bucket(days: int) -> str:
    for limit, name in (
        (0, "not_due_cents"),
        (30, "days_1_30_cents"),
        (60, "days_31_60_cents"),
        (90, "days_61_90_cents"),
    ):
        if days <= limit:
            return name
    return "days_over_90_cents"
