"""Turning a planned document into rows: drafts, their charges, and the due rows they settle, in one transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from scaicontrol.core.ids import new_id
from scaicontrol.core.money import half_up
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, subscriptions
from scaicontrol.services.coupons import Discount
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn, DraftIn, DraftLineIn, LineAllowanceIn

from ..models import BillingCharge, QuarantineItem
from ..planned import ComputedDocument, PlannedLine, PlannedNote, Quarantined

_IN_ADVANCE = ("base", "one_time", "pack")
_OF_USE, _OF_CHANGES = ("usage", "correction", "minimum"), ("credit", "proration")


async def write_document(
    uow: UnitOfWork, partner_id: str, document: ComputedDocument, run_id: str | None
) -> list[Invoice]:
    """
    Draft the credit notes and the invoice of a planned document and record its charges; none when all of it is zeros.

    The unique key of a charge makes a second writing of the same period fail as a whole.
    """
    drafts = [await _write_note(uow, partner_id, document, note, run_id) for note in document.notes]
    written: dict[int, InvoiceLine] = {}
    if document.lines:
        drafts.append(await invoices.draft(uow, _draft(document, run_id)))
        written = dict(zip(map(id, document.lines), drafts[-1].lines, strict=True))
    for line in (*document.lines, *document.zeros):
        _record(uow, partner_id, document, line, run_id, written.get(id(line)))
    await settle_due(uow, document.charges)
    return drafts


async def _write_note(
    uow: UnitOfWork, partner_id: str, document: ComputedDocument, note: PlannedNote, run_id: str | None
) -> Invoice:
    """Draft a credit note over the invoice line that charged what is given back."""
    part = CreditLineIn(line_id=note.invoice_line_id, amount_cents=-note.line.amount_cents)
    draft = await invoices.draft_credit(
        uow, note.invoice_id, CreditIn(reason=note.line.description, lines=[part], finalize=False)
    )
    draft.billing_run_id = run_id
    _record(uow, partner_id, document, note.line, run_id, draft.lines[0])
    return draft


def _record(
    uow: UnitOfWork,
    partner_id: str,
    document: ComputedDocument,
    line: PlannedLine,
    run_id: str | None,
    written: InvoiceLine | None,
) -> None:
    """Record a charge, and on which line of which document it stands."""
    charge = _charge(line, document.tenant_id, partner_id, run_id)
    if written is not None:
        charge.invoice_id, written.billing_charge_id = written.invoice_id, charge.id
    uow.session.add(charge)


async def settle_due(uow: UnitOfWork, lines: Iterable[PlannedLine]) -> None:
    """Take what was charged out of what is due."""
    charged = list(lines)
    await subscriptions.mark_charged(
        uow,
        base=[row for line in charged if line.charge_kind in _IN_ADVANCE for row in _rows_of(line)],
        usage=sorted({line.row_id for line in charged if line.charge_kind.startswith(_OF_USE) and line.settles}),
        changes=sorted({line.row_id for line in charged if line.charge_kind.startswith(_OF_CHANGES)}),
    )


def _rows_of(line: PlannedLine) -> tuple[str, ...]:
    """Name the due rows that a charge in advance settles: the price of a pack those of all its children."""
    return line.settled_rows or (line.row_id,)


async def quarantine(uow: UnitOfWork, partner_id: str, items: Sequence[Quarantined], run_id: str | None) -> None:
    """Set charges aside with their reason, each once; what is due stays due, so the next run tries again."""
    if not items:
        return
    waiting = await uow.session.scalars(
        select(QuarantineItem).where(
            QuarantineItem.subject_id.in_({item.subscription_id for item in items}),
            QuarantineItem.resolved_at.is_(None),
        )
    )
    known = {(row.subject_id, row.charge_kind, row.period_start): row for row in waiting}
    for item in items:
        row = known.get((item.subscription_id, item.charge_kind, item.period_start))
        if row is None:
            row = QuarantineItem(
                id=new_id("qtn"),
                tenant_id=item.tenant_id,
                partner_id=partner_id,
                subject_id=item.subscription_id,
                charge_kind=item.charge_kind,
                period_start=item.period_start,
            )
            uow.session.add(row)
        row.run_id, row.reason_code, row.detail, row.inputs = run_id, item.reason_code, item.detail, item.inputs


def _draft(document: ComputedDocument, run_id: str | None) -> DraftIn:
    period = document.period
    return DraftIn.model_construct(
        tenant_id=document.tenant_id,
        currency=document.currency,
        lines=[_line(line) for line in document.lines],
        period_start=period.start,
        period_end=period.end,
        billing_run_id=run_id,
    )


def _line(line: PlannedLine) -> DraftLineIn:
    # Built by us from checked rows: validating every line again would cost more than writing it.
    return DraftLineIn.model_construct(
        description=line.description,
        quantity=line.quantity,
        unit_label=line.unit_label or None,
        unit_price_cents=line.unit_price_cents,
        unit_divisor=line.unit_divisor,
        amount_cents=line.amount_cents,
        period_start=line.period.start,
        period_end=line.period.end,
        subscription_id=None if line.subscription_id == line.pack_subscription_id else line.subscription_id,
        pack_subscription_id=line.pack_subscription_id,
        metric_slug=line.metric_slug,
        derivation=line.derivation,
        allowances=[_allowance(each, line) for each in line.discounts],
        charges=[],
    )


def _allowance(discount: Discount, line: PlannedLine) -> LineAllowanceIn:
    """Say what a coupon takes off as BG-27 does: as a share where it is one of quantity times price, else in money."""
    gross = line.amount_cents + sum(each.amount_cents for each in line.discounts)
    if discount.percent is not None and half_up(gross * discount.percent / 100) == discount.amount_cents:
        return LineAllowanceIn(percent=discount.percent, reason=discount.name)
    return LineAllowanceIn(amount_cents=discount.amount_cents, reason=discount.name)


def _charge(line: PlannedLine, tenant_id: str, partner_id: str, run_id: str | None) -> BillingCharge:
    return BillingCharge(
        id=new_id("chg"),
        tenant_id=tenant_id,
        partner_id=partner_id,
        subject_id=line.subscription_id,
        charge_kind=line.charge_kind,
        period_start=line.charge_start,
        period_end=max(line.period.end, line.charge_start),
        amount_cents=line.amount_cents,
        currency=line.currency,
        run_id=run_id,
        derivation=line.derivation,
    )
