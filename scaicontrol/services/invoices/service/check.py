"""
The gate in front of a number: everything a draft lacks, reported at once, and nothing allocated (contract §14.3 a).

`prepare` reads what finalizing would read; `judge` holds it against the rules of its format and its template, outside
any transaction where the caller can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Reason
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, tax
from scaicontrol.services.tax import TaxableLine, TaxDecision, Totals

from .. import crediting, numbering, queries
from ..lifecycle import DocumentType, InvoiceStatus
from ..models import Invoice, InvoiceLine, NumberSeries
from ..pages import print_problems
from ..paper import Paper, document_of, line_row, row_of
from ..parties import Parties, inherited_parties, parties_of
from ..schemas import CheckReasonOut, CheckReport, FinalizeIn


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft as it would be finalized now. `paper` is None while something it needs is missing."""

    invoice_id: str
    version: int
    partner_id: str
    document_type: DocumentType
    issue_date: date
    due_date: date | None
    fiscal_year: int
    prefix: str
    opens_series: bool
    parties: Parties
    decided: Mapping[str, Any]  # the columns of `tax_decisions`
    terms: tuple[tuple[str, Decimal], ...]  # (category, rate) of each line
    totals: Totals | None
    inputs_digest: str
    reasons: tuple[Reason, ...]
    paper: Paper | None = field(repr=False)

    @property
    def warnings(self) -> list[str]:
        return list(self.decided.get("warnings") or ())


async def check(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None = None) -> CheckReport:
    """Say everything that keeps a draft from being finalized; consumes nothing."""
    candidate = await backend.ask(actor, candidate_of, invoice_id, data)
    return report(candidate, await judge(candidate))


async def candidate_of(uow: UnitOfWork, invoice_id: str, data: FinalizeIn | None = None) -> Candidate:
    uow.authorize("invoices:finalize")
    return await prepare(uow, await queries.get(uow, invoice_id), data or FinalizeIn())


async def prepare(uow: UnitOfWork, invoice: Invoice, data: FinalizeIn) -> Candidate:
    """Read everything that finalizing depends on; reads only."""
    original = await _original(uow, invoice)
    parties = await inherited_parties(uow, original) if original else await parties_of(uow, invoice)
    settings = parties.settings
    issue_date = data.issue_date or civil_date(uow.now, settings.timezone)
    due_date = None if original else invoice.due_date or issue_date + timedelta(days=settings.payment_terms_days)
    year = numbering.fiscal_year(issue_date, settings.fiscal_year_start_month)
    series = await uow.session.get(NumberSeries, (invoice.partner_id, invoice.document_type, year))
    prefix = series.prefix if series else settings.number_prefix

    reasons = [*_state(invoice), *parties.problems]
    reasons += _dates(uow, series, issue_date, due_date, settings.timezone)
    decided, undecided = await _decide(uow, invoice, parties, original, issue_date, data)
    reasons += undecided
    terms: tuple[tuple[str, Decimal], ...] = ()
    totals: Totals | None = None
    if decided:
        terms = tuple(
            tax.line_terms(decided["category"], decided["rate"], line.tax_category, line.tax_rate)
            for line in invoice.lines
        )
        taxable = [TaxableLine(line.amount_cents, *term) for line, term in zip(invoice.lines, terms, strict=True)]
        left = await _left_of(uow, invoice, original) if original else None
        totals = crediting.totals(left, invoice) if left else tax.totals(taxable)
        reasons += tax.check_coherence(taxable, _grounds(decided, parties, original))
        reasons += _totals(invoice, totals)
        if original and left:
            reasons += crediting.limit_reasons(original, left, invoice)

    serial = series.next_number if series else 1
    paper = None
    if decided and totals and invoice.lines and parties.seller and parties.buyer:
        row = row_of(
            invoice,
            number=numbering.number(prefix, invoice.document_type, year, serial),
            issue_date=issue_date,
            due_date=due_date,
            language=parties.language,
            totals=totals,
            original=original,
        )
        rows = [
            line_row(line) | {"tax_cents": tax_cents}
            for line, tax_cents in zip(invoice.lines, totals.line_tax_cents, strict=True)
        ]
        paper = Paper(row, rows, parties.seller, parties.buyer, decided)
    inputs = {
        "invoice": {name: getattr(invoice, name) for name in _INPUTS},
        "lines": [_line_row(line) for line in invoice.lines],
        "seller": parties.seller,
        "buyer": parties.buyer,
        "decided": {
            name: decided.get(name) for name in ("rule", "rate", "category", "label", "legal_note", "rate_row_id")
        },
        "issue_date": issue_date,
        "due_date": due_date,
        "prefix": prefix,
        # Of a credit note VAT depends on the notes before it.
        "line_tax_cents": totals.line_tax_cents if totals and original else None,
    }
    return Candidate(
        invoice_id=invoice.id,
        version=invoice.version,
        partner_id=invoice.partner_id,
        document_type=invoice.document_type,
        issue_date=issue_date,
        due_date=due_date,
        fiscal_year=year,
        prefix=prefix,
        opens_series=series is None,
        parties=parties,
        decided=decided,
        terms=terms,
        totals=totals,
        inputs_digest=einvoices.canonical_digest(inputs),
        reasons=tuple(dict.fromkeys(reasons)),
        paper=paper,
    )


async def judge(candidate: Candidate) -> list[Reason]:
    """Hold the finished document against the rules of its format and give every reason found so far."""
    reasons = list(candidate.reasons)
    if candidate.paper is not None:
        reasons += print_problems(candidate.paper)
        said = {reason.code for reason in reasons}
        verdict = await einvoices.validate(document_of(candidate.paper), candidate.parties.format)
        reasons += [
            reason for reason in verdict.reasons if reason.code == "einvoice_invalid" or reason.code not in said
        ]
    return reasons


def report(candidate: Candidate, reasons: Sequence[Reason]) -> CheckReport:
    totals = candidate.totals
    return CheckReport(
        invoice_id=candidate.invoice_id,
        version=candidate.version,
        ready=not reasons,
        reasons=[CheckReasonOut.model_validate(reason) for reason in reasons],
        warnings=candidate.warnings,
        inputs_digest=candidate.inputs_digest,
        issue_date=candidate.issue_date,
        due_date=candidate.due_date,
        subtotal_cents=totals.subtotal_cents if totals else None,
        tax_cents=totals.tax_cents if totals else None,
        total_cents=totals.total_cents if totals else None,
        tax_label=candidate.decided.get("label"),
        einvoice_format=candidate.parties.format,
        partner_id=candidate.partner_id,
        document_type=candidate.document_type,
        fiscal_year=candidate.fiscal_year,
        number_prefix=candidate.prefix,
        opens_series=candidate.opens_series,
    )


_INPUTS = (
    "id", "version", "document_type", "currency", "period_start", "period_end", "notes", "buyer_reference",
    "purchase_order_ref", "credit_reason", "referenced_invoice_id", "billing_run_id",
)  # fmt: skip


def _line_row(line: InvoiceLine) -> dict[str, Any]:
    return {
        column.key: getattr(line, column.key)
        for column in InvoiceLine.__mapper__.column_attrs
        if column.key not in _CLOCKS
    }


_CLOCKS = frozenset({"created_at", "updated_at"})


async def _original(uow: UnitOfWork, invoice: Invoice) -> Invoice | None:
    if invoice.referenced_invoice_id is None:
        return None
    return await queries.get(uow, invoice.referenced_invoice_id)


async def _left_of(uow: UnitOfWork, note: Invoice, original: Invoice) -> crediting.Balance:
    notes = await queries.credit_notes_of(uow, [original.id])
    return crediting.balance(original.lines, [other for other in notes if other.is_sealed and other is not note])


def _state(invoice: Invoice) -> list[Reason]:
    found = []
    if invoice.status != InvoiceStatus.draft:
        found.append(Reason("not_draft", f"It is {invoice.status.replace('_', ' ')}, no longer a draft.", "status"))
    if not invoice.lines:
        found.append(Reason("no_lines", "It has no lines; add at least one.", "lines"))
    return found


def _dates(
    uow: UnitOfWork, series: NumberSeries | None, issue_date: date, due_date: date | None, zone: str
) -> list[Reason]:
    found = []
    if series and series.last_issue_date and issue_date < series.last_issue_date:
        message = f"The series already holds a document of {series.last_issue_date}; {issue_date} lies before it."
        found.append(Reason("issue_date_before_last", message, "issue_date"))
    if issue_date > civil_date(uow.now, zone):
        message = f"{issue_date} lies in the future; later documents could then not be issued before it."
        found.append(Reason("issue_date_in_future", message, "issue_date"))
    if due_date and due_date < issue_date:
        message = f"It would be due on {due_date}, before it is issued on {issue_date}."
        found.append(Reason("due_date_before_issue", message, "due_date"))
    return found


async def _decide(
    uow: UnitOfWork, invoice: Invoice, parties: Parties, original: Invoice | None, issue_date: date, data: FinalizeIn
) -> tuple[Mapping[str, Any], list[Reason]]:
    """Decide VAT, or inherit the decision of the invoice that a credit note corrects."""
    if original is not None:
        inherited = await tax.get(uow, original.id)
        return {name: getattr(inherited, name) for name in _DECIDED}, []
    if not (parties.seller and parties.buyer):
        return {}, []
    facts = await parties.vat_facts(uow, _tax_point(invoice, issue_date, parties.settings.timezone), data)
    try:
        return tax.decide(facts, await tax.rate_table(uow)).as_columns(), []
    except ControlError as error:
        return {}, list(error.reasons or [Reason("vat_undecidable", error.message)])


_DECIDED = tuple(
    column.key
    for column in TaxDecision.__mapper__.column_attrs
    if column.key not in {"id", "invoice_id", "tenant_id", "partner_id", "finalized_at", *_CLOCKS}
)


def _tax_point(invoice: Invoice, issue_date: date, zone: str) -> date:
    ends = (
        [invoice.period_end] if invoice.period_end else [line.period_end for line in invoice.lines if line.period_end]
    )
    last = max(ends, default=None)
    return civil_date(last - timedelta(microseconds=1), zone) if last else issue_date


def _grounds(decided: Mapping[str, Any], parties: Parties, original: Invoice | None) -> tax.Grounds:
    return tax.Grounds(
        decided_category=decided["category"],
        seller_vat_number=parties.seller.get("seller_vat_number"),
        buyer_vat_number=parties.buyer.get("vat_number"),
        reason_text=decided.get("exemption_reason") or decided.get("legal_note"),
        manual=decided["rule"] == "manual" or original is not None,
    )


def _totals(invoice: Invoice, totals: Totals) -> list[Reason]:
    if invoice.is_credit_note and totals.total_cents > 0:
        return [Reason("totals_invalid", "A credit note cannot ask for money; its total is above zero.", "lines")]
    if not invoice.is_credit_note and totals.total_cents < 0:
        return [Reason("totals_invalid", "An invoice cannot owe money; its total is below zero.", "lines")]
    return []
