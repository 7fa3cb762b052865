"""What must hold of documents: their amounts, what settled them, their numbers and seals."""

from typing import Final

from sqlalchemy import String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from scaicontrol.services.billing.models import BillingCharge
from scaicontrol.services.invoices.lifecycle import APPLIED, AS_PAID, DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice, InvoiceLine, NumberSeries, Settlement

from .invariant import Invariant, Question

_SEALED: Final = Invoice.finalized_at.is_not(None)
_IN_FORCE: Final = and_(_SEALED, Invoice.status != InvoiceStatus.void)


def _amounts() -> Question:
    made = Invoice.subtotal_cents + Invoice.tax_cents
    return select(Invoice.id, Invoice.total_cents, made).where(_SEALED, Invoice.total_cents != made)


def _lines(*, vat: bool) -> Question:
    """Allowances and charges of the whole document are in its net amount and VAT, and in no line."""
    says, of_line = (
        (Invoice.tax_cents, InvoiceLine.tax_cents) if vat else (Invoice.subtotal_cents, InvoiceLine.amount_cents)
    )
    counted = select(InvoiceLine.invoice_id, func.sum(of_line).label("cents")).group_by(InvoiceLine.invoice_id)
    lines = counted.subquery("lines")
    cents = func.coalesce(lines.c.cents, 0)
    return (
        select(Invoice.id, says, cents)
        .outerjoin(lines, lines.c.invoice_id == Invoice.id)
        .where(_SEALED, Invoice.allowances.is_(None), Invoice.charges.is_(None), says != cents)
    )


def _settled(*, as_paid: bool) -> Question:
    says = Invoice.amount_paid_cents if as_paid else Invoice.amount_credited_cents
    kinds = Settlement.kind.in_(AS_PAID)
    counted = select(Settlement.invoice_id, func.sum(Settlement.amount_cents).label("cents"))
    moved = counted.where(kinds if as_paid else ~kinds).group_by(Settlement.invoice_id).subquery("moved")
    cents = func.coalesce(moved.c.cents, 0)
    return select(Invoice.id, says, cents).outerjoin(moved, moved.c.invoice_id == Invoice.id).where(says != cents)


def _applied() -> Question:
    counted = select(Settlement.invoice_id, func.sum(Settlement.amount_cents).label("cents"))
    credit = counted.where(Settlement.kind.in_(APPLIED)).group_by(Settlement.invoice_id).subquery("credit")
    says, cents = Invoice.amount_applied_cents, func.coalesce(credit.c.cents, 0)
    return select(Invoice.id, says, cents).outerjoin(credit, credit.c.invoice_id == Invoice.id).where(says != cents)


def _due() -> Question:
    left = Invoice.total_cents - Invoice.amount_paid_cents - Invoice.amount_credited_cents
    return select(Invoice.id, Invoice.amount_due_cents, left).where(_IN_FORCE, Invoice.amount_due_cents != left)


def _paid() -> Question:
    is_paid = case((Invoice.status == InvoiceStatus.paid, 1), else_=0)
    is_even = case((Invoice.amount_due_cents == 0, 1), else_=0)
    return select(Invoice.id, is_paid, is_even).where(_IN_FORCE, is_paid != is_even)


def _side() -> Question:
    is_note = Invoice.document_type == DocumentType.credit_note
    wrong = or_(and_(is_note, Invoice.amount_due_cents > 0), and_(~is_note, Invoice.amount_due_cents < 0))
    return select(Invoice.id, Invoice.amount_due_cents, literal(0)).where(_IN_FORCE, wrong)


def _gaps() -> Question:
    which = Invoice.partner_id + "/" + Invoice.document_type + "/" + cast(Invoice.fiscal_year, String(10))
    last, count = func.max(Invoice.serial), func.count(Invoice.serial.distinct())
    wrong = or_(last != func.count(Invoice.serial), last != count, func.min(Invoice.serial) != 1)
    grouped = select(which, last, count).where(Invoice.serial.is_not(None))
    return grouped.group_by(Invoice.partner_id, Invoice.document_type, Invoice.fiscal_year).having(wrong)


def _series() -> Question:
    which = (
        NumberSeries.partner_id + "/" + NumberSeries.document_type + "/" + cast(NumberSeries.fiscal_year, String(10))
    )
    key = (Invoice.partner_id, Invoice.document_type, Invoice.fiscal_year)
    counted = select(*key, func.count(Invoice.serial).label("numbers")).where(Invoice.serial.is_not(None))
    there = counted.group_by(*key).subquery("there")
    mine = and_(
        there.c.partner_id == NumberSeries.partner_id,
        there.c.document_type == NumberSeries.document_type,
        there.c.fiscal_year == NumberSeries.fiscal_year,
    )
    says, count = NumberSeries.next_number - 1, func.coalesce(there.c.numbers, 0)
    return select(which, says, count).outerjoin(there, mine).where(says != count)


def _seals() -> Question:
    before = aliased(Invoice)
    chain = and_(
        before.partner_id == Invoice.partner_id,
        before.document_type == Invoice.document_type,
        before.fiscal_year == Invoice.fiscal_year,
        before.serial == Invoice.serial - 1,
    )
    broken = Invoice.previous_digest != before.canonical_digest
    return select(Invoice.id, Invoice.serial, before.serial).join(before, chain).where(broken)


def _charged() -> Question:
    """A correction names the line it credits; what is charged stands on one line besides."""
    counted = select(InvoiceLine.billing_charge_id, func.count(InvoiceLine.id).label("lines"))
    originals = counted.where(InvoiceLine.credited_line_id.is_(None), InvoiceLine.billing_charge_id.is_not(None))
    lines = originals.group_by(InvoiceLine.billing_charge_id).subquery("lines")
    return (
        select(BillingCharge.id, literal(1), lines.c.lines)
        .join(lines, lines.c.billing_charge_id == BillingCharge.id)
        .where(lines.c.lines > 1)
    )


RULES: Final = (
    Invariant("The total of a document is its net amount and its VAT", _amounts()),
    Invariant("The lines of a document make its net amount", _lines(vat=False)),
    Invariant("The lines of a document make its VAT", _lines(vat=True)),
    Invariant("What a document says is paid was recorded", _settled(as_paid=True)),
    Invariant("What a document says is credited was recorded", _settled(as_paid=False)),
    Invariant("What a document says came from the balance was recorded", _applied()),
    Invariant("A document owes its total less what was paid and credited", _due()),
    Invariant("A document is paid when nothing is due, and only then", _paid()),
    Invariant("No invoice is overpaid, and no credit note gives more than it says", _side()),
    Invariant("The numbers of a series have no gaps, and none is there twice", _gaps()),
    Invariant("A series has drawn as many numbers as there are documents", _series()),
    Invariant("Every seal stands on the one before it", _seals()),
    Invariant("What is charged stands on one line", _charged()),
)
