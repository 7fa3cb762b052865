"""
Giving a draft its number and seal (contract §14.3 b).

The gate runs first and outside (`check`); the transaction here only re-checks that nothing has changed since.
"""

from contextlib import suppress

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.turns import slices
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax.models import TaxDecision

from .. import allowances, numbering, queries, seal
from ..events import CreditNoteIssued, InvoiceFinalized
from ..lifecycle import DocumentType, InvoiceLifecycle, InvoiceStatus
from ..models import Invoice, NumberSeries
from ..schemas import CheckReport, FinalizeIn
from . import gate, settle
from .request_files import request_files

_TWINS = 5


class Overtaken(Conflict):
    """A credit note was checked, and another one on the same invoice was finalized before it."""


@verb
async def finalize(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None = None) -> Invoice:
    """
    Run the gate, then number, seal and freeze the draft in one short transaction.

    Raises Refused with every reason when the gate is shut, Conflict when the draft changed in between. A credit note
    whose twin on the same invoice was faster is checked again, since its VAT follows from what was given back before.
    """
    for _ in range(_TWINS):
        with suppress(Overtaken):
            return await _checked(backend, actor, invoice_id, data)
    return await _checked(backend, actor, invoice_id, data)


async def _checked(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None) -> Invoice:
    seen = await gate.check(backend, actor, invoice_id, data)
    if any(reason.code == "not_draft" for reason in seen.reasons):
        return await backend.perform(actor, finalize_within, invoice_id, data, seen=seen)  # refuses in its own words
    _refuse(f"invoice {invoice_id}", seen)
    if seen.opens_series:
        # Locking a row that is not there locks the gap, and whoever finalizes first in a year would deadlock.
        with suppress(Conflict):  # a twin opened it meanwhile
            await backend.perform(actor, open_series, seen)
    return await backend.perform(actor, finalize_within, invoice_id, data, seen=seen)


async def open_series(uow: UnitOfWork, seen: CheckReport) -> None:
    """Begin the year's series, with no number taken, unless it has begun."""
    uow.authorize("invoices:finalize")
    if await uow.session.get(NumberSeries, (seen.partner_id, seen.document_type, seen.fiscal_year)) is None:
        uow.session.add(_empty_series(seen.partner_id, seen.document_type, seen.fiscal_year, seen.number_prefix))


def _empty_series(partner_id: str, document_type: DocumentType, fiscal_year: int, prefix: str) -> NumberSeries:
    return NumberSeries(
        partner_id=partner_id,
        document_type=document_type,
        fiscal_year=fiscal_year,
        next_number=1,
        last_digest=seal.FIRST_DIGEST,
        prefix=prefix,
    )


async def finalize_within(
    uow: UnitOfWork, invoice_id: str, data: FinalizeIn | None = None, *, seen: CheckReport
) -> Invoice:
    """Number, seal and freeze a draft whose open gate was `seen`; queue its files. A failure consumes no number."""
    uow.authorize("invoices:finalize")
    data = data or FinalizeIn()
    invoice = await queries.locked(uow, invoice_id)
    if invoice.status != InvoiceStatus.draft:
        invoice.advance(InvoiceLifecycle.finalize)  # refuses, and says what the state allows
    if data.version is not None and data.version != invoice.version:
        raise Conflict(f"{invoice} was changed meanwhile (version {invoice.version}, not {data.version}); look again.")
    # The gate stands open, so this transaction is short: queue for the series before the first snapshot read.
    # A lock waits its turn; locked last, the row would have moved since our snapshot and all of it would run again.
    series = await _lock_series(uow, seen.partner_id, seen.document_type, seen.fiscal_year)
    original_id = invoice.referenced_invoice_id
    if original_id is not None:
        await queries.locked(uow, original_id)
    invoice = await queries.get(uow, invoice_id)
    candidate = await gate.prepare(uow, invoice, data)
    if candidate.inputs_digest != seen.inputs_digest or candidate.reasons:
        kind = Overtaken if invoice.is_credit_note else Conflict
        raise kind(f"{invoice} or something it is made from changed since it was checked; check it again.")
    await _seal(uow, invoice, candidate, series)
    return invoice


def _refuse(what: str, report: CheckReport) -> None:
    if not report.ready:
        first = report.reasons[0].message
        more = f" ({len(report.reasons) - 1} more)" if len(report.reasons) > 1 else ""
        raise Refused(f"Cannot finalize {what}: {first}{more}", reasons=report.failures)


async def _seal(uow: UnitOfWork, invoice: Invoice, candidate: gate.Candidate, locked: NumberSeries | None) -> None:
    totals = candidate.totals
    if totals is None:
        raise Refused(f"Cannot finalize {invoice}: its totals cannot be computed.")
    count = len(invoice.lines)
    # Lines first: once the document is sealed their triggers refuse everything.
    for taxed in slices(list(zip(invoice.lines, candidate.parts, totals.line_tax_cents, strict=False))):
        for line, part, tax_cents in taxed:
            line.tax_category, line.tax_rate, line.tax_cents = part.category, part.rate, tax_cents
        await uow.write()
    allowances.settle_tax(invoice, candidate.parts[count:], totals.line_tax_cents[count:])

    decision = await _store_decision(uow, invoice, candidate)
    series = await _take_number(uow, invoice, candidate, locked)
    invoice.issue_date, invoice.due_date = candidate.issue_date, candidate.due_date
    invoice.language = candidate.parties.language
    invoice.buyer_snapshot, invoice.seller_snapshot = candidate.parties.buyer.copy(), candidate.parties.seller.copy()
    invoice.subtotal_cents, invoice.tax_cents = totals.subtotal_cents, totals.tax_cents
    invoice.total_cents = invoice.amount_due_cents = totals.total_cents
    invoice.payment_means = dict(means) if (means := candidate.parties.payment_means) else None
    invoice.reverse_charge, invoice.tax_label = decision.reverse_charge, decision.label
    invoice.legal_note = decision.legal_note or None
    invoice.finalized_at = uow.now
    invoice.version += 1
    invoice.advance(InvoiceLifecycle.finalize)
    invoice.previous_digest = series.last_digest
    invoice.canonical_digest = series.last_digest = await seal.digest(invoice, invoice.lines, decision)
    uow.emit(_fact(invoice, await _referenced_number(uow, invoice)), after={
        "status": invoice.status,
        "number": invoice.number,
        "canonical_digest": invoice.canonical_digest,
        "fiscal_year": invoice.fiscal_year,
    })  # fmt: skip
    await uow.session.flush()
    template = candidate.template
    request_files(uow, invoice, version=1, pinned=(template.template_id, template.version) if template else ("", None))
    if invoice.is_credit_note:
        await settle.allocate_credit(uow, invoice)
    elif invoice.total_cents == 0:
        settle.close_zero_total(uow, invoice)
    elif invoice.prepaid_cents:
        await settle.book_prepaid(uow, invoice)


async def _store_decision(uow: UnitOfWork, invoice: Invoice, candidate: gate.Candidate) -> TaxDecision:
    decision = await tax.find(uow, invoice.id)
    if decision is None:
        decision = TaxDecision(
            id=new_id("dec"), invoice_id=invoice.id, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id
        )
        uow.session.add(decision)
    for name, value in candidate.decided.items():
        setattr(decision, name, value)
    decision.finalized_at = uow.now
    return decision


async def _lock_series(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int
) -> NumberSeries | None:
    key = (partner_id, document_type, fiscal_year)
    return await uow.session.get(NumberSeries, key, with_for_update=True, populate_existing=True)


async def _take_number(
    uow: UnitOfWork, invoice: Invoice, candidate: gate.Candidate, locked: NumberSeries | None
) -> NumberSeries:
    """Take the next number of the series; its row stays locked until commit, which keeps it free of gaps."""
    series = locked or await _lock_series(uow, invoice.partner_id, invoice.document_type, candidate.fiscal_year)
    if series is None:
        series = _empty_series(invoice.partner_id, invoice.document_type, candidate.fiscal_year, candidate.prefix)
        uow.session.add(series)
    invoice.fiscal_year, invoice.serial = series.fiscal_year, series.next_number
    invoice.number = numbering.number(series.prefix, invoice.document_type, series.fiscal_year, series.next_number)
    series.next_number += 1
    series.last_issue_date = candidate.issue_date
    return series


async def _referenced_number(uow: UnitOfWork, invoice: Invoice) -> str:
    if invoice.referenced_invoice_id is None:
        return ""
    return (await queries.get(uow, invoice.referenced_invoice_id)).number or ""


def _fact(invoice: Invoice, referenced_number: str) -> InvoiceFinalized | CreditNoteIssued:
    common = {name: getattr(invoice, name) for name in _COMMON} | {"scaicontrol_customer_id": invoice.tenant_id}
    if invoice.is_credit_note:
        own = {
            "credit_note_id": invoice.id,
            "referenced_invoice_id": invoice.referenced_invoice_id,
            "referenced_invoice_number": referenced_number,
            "reason": invoice.credit_reason,
            "issued_at": invoice.finalized_at,
        }
        return CreditNoteIssued.model_validate(common | own)
    own = {"invoice_id": invoice.id} | {name: getattr(invoice, name) for name in _OF_INVOICES}
    return InvoiceFinalized.model_validate(common | own)


_COMMON = (
    "number", "tenant_id", "partner_id", "currency", "subtotal_cents", "tax_cents", "total_cents", "canonical_digest",
)  # fmt: skip
_OF_INVOICES = (
    "document_type", "amount_due_cents", "issue_date", "due_date", "period_start", "period_end", "reverse_charge",
    "finalized_at",
)  # fmt: skip
