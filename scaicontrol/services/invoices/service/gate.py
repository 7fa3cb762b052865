"""
The gate in front of a number: everything a draft lacks, reported at once, and nothing allocated (contract §14.3 a).

`prepare` reads what finalizing would read; `judged` holds it against the rules of its format and its template, outside
any transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Reason
from scaicontrol.core.periods import civil_date
from scaicontrol.core.ports import DocumentRenderer
from scaicontrol.core.turns import in_turns, turn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.document import canonical_digest
from scaicontrol.services.tax.arithmetic import TaxableLine, Totals
from scaicontrol.services.templates import Published
from scaicontrol.services.uploads import Pictures

from .. import crediting, queries
from ..allowances import Adjusted
from ..document_source import DocumentSource, line_rows, row_of
from ..lifecycle import DocumentType, InvoiceStatus
from ..models import FinalTerms, Invoice, InvoiceLine, NumberSeries
from ..page_rendering import missing_template, pictures_of, print_problems, template_for, written_and_judged
from ..parties import Parties, inherited_parties, parties_of
from ..schemas import CheckReasonOut, CheckReport, FinalizeIn
from . import taxing
from .received import Taken, to_take


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft as it would be finalized now. `source` is None while something it needs is missing."""

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
    parts: tuple[TaxableLine, ...]  # what VAT is computed on: lines, then allowances and charges
    adjusted: Adjusted
    totals: Totals | None
    taken: Taken  # of what the tenant has with its seller, with the seal
    prepaid_cents: int | None
    inputs_digest: str
    reasons: tuple[Reason, ...]
    rules: tuple[einvoices.RuleSet, ...]  # what its e-invoice is held against on its issue date
    source: DocumentSource | None = field(repr=False)
    template: Published | None = field(repr=False)  # None is the built-in one

    @property
    def terms(self) -> FinalTerms | None:
        """What the document will say once it is final; None while its totals cannot be computed."""
        if self.totals is None:
            return None
        parties = self.parties
        return FinalTerms(
            issue_date=self.issue_date,
            due_date=self.due_date,
            language=parties.language,
            seller=parties.seller,
            buyer=parties.buyer,
            payment_means=parties.payment_means,
            totals=self.totals,
            prepaid_cents=self.prepaid_cents,
        )

    @property
    def warnings(self) -> list[str]:
        unmet = missing_template(self.source, self.template) if self.source else []
        return [*(self.decided.get("warnings") or ()), *unmet]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with everything that speaks against it; an open gate has no reasons."""

    candidate: Candidate
    reasons: tuple[Reason, ...]
    verdict: einvoices.Verdict


async def check(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None = None) -> CheckReport:
    """Say everything that keeps a draft from being finalized; consumes nothing."""
    return _report(await judge(backend, actor, invoice_id, data))


async def judge(backend: Backend, actor: Actor, invoice_id: str, data: FinalizeIn | None = None) -> Judged:
    """Read a draft as it would be finalized, and hold it against everything it must satisfy."""
    candidate = await backend.ask(actor, candidate_of, invoice_id, data)
    source = candidate.source
    pictures = await pictures_of(backend, source, candidate.template) if source else {}
    return await judged(backend.ports.renderer, candidate, pictures)


async def candidate_of(uow: UnitOfWork, invoice_id: str, data: FinalizeIn | None = None) -> Candidate:
    uow.authorize("invoices:finalize")
    return await prepare(uow, await queries.get(uow, invoice_id), data or FinalizeIn())


async def prepare(uow: UnitOfWork, invoice: Invoice, data: FinalizeIn) -> Candidate:
    """Read everything that finalizing depends on, and compute what would be final; nothing is written."""
    premises = await _read(uow, invoice, data)
    taxes = await _taxed(uow, invoice, premises, data)
    taken = Taken()
    if taxes.totals is not None and not premises.original:
        taken = await to_take(uow, invoice, premises.parties.settings, taxes.totals.total_cents)
    source = await _source(invoice, premises, taxes, taken)
    return await _candidate(uow, invoice, premises, taxes, source, taken)


@dataclass(frozen=True, slots=True)
class _Premises:
    """What a draft is finalized with before its VAT is known; `original` is the invoice a credit note corrects."""

    original: Invoice | None
    parties: Parties
    issue_date: date
    due_date: date | None
    fiscal_year: int
    series: NumberSeries | None
    prefix: str
    reasons: list[Reason]

    @property
    def next_serial(self) -> int:
        return self.series.next_number if self.series else 1


async def _read(uow: UnitOfWork, invoice: Invoice, data: FinalizeIn) -> _Premises:
    original = await _original(uow, invoice)
    parties = await inherited_parties(uow, original) if original else await parties_of(uow, invoice)
    settings = parties.settings
    issue_date = data.issue_date or civil_date(uow.now, settings.timezone)
    due_date = None if original else invoice.due_date or issue_date + timedelta(days=settings.payment_terms_days)
    year = NumberSeries.fiscal_year_of(issue_date, settings.fiscal_year_start_month)
    series = await uow.session.get(NumberSeries, (invoice.partner_id, invoice.document_type, year))
    prefix = series.prefix if series else settings.number_prefix
    dates = _dates(uow, series, issue_date, due_date, settings.timezone)
    reasons = [*_state(invoice), *parties.problems, *dates]
    return _Premises(original, parties, issue_date, due_date, year, series, prefix, reasons)


@dataclass(frozen=True, slots=True)
class _Taxes:
    """The VAT of a draft; without `totals` it could not be decided."""

    decided: Mapping[str, Any]
    parts: tuple[TaxableLine, ...]
    totals: Totals | None
    reasons: list[Reason]
    adjusted: Adjusted = field(default_factory=Adjusted)


async def _taxed(uow: UnitOfWork, invoice: Invoice, premises: _Premises, data: FinalizeIn) -> _Taxes:
    decided, undecided = await taxing.decide(
        uow, invoice, premises.parties, premises.original, premises.issue_date, data
    )
    reasons = list(undecided)
    if not decided:
        return _Taxes(decided, (), None, reasons)
    left = await _left_of(uow, invoice, premises.original) if premises.original else None
    parties, issue_date = premises.parties, premises.issue_date
    taxed = await taxing.complete(uow, decided, invoice, parties, issue_date, left=left, data=data)
    reasons += [*taxed.reasons, *_totals(invoice, taxed.totals)]
    await turn()
    if premises.original and left:
        reasons += crediting.limit_reasons(premises.original, left, invoice)
    return _Taxes(taxed.decided, taxed.parts, taxed.totals, reasons, taxed.adjusted)


async def _source(invoice: Invoice, premises: _Premises, taxes: _Taxes, taken: Taken) -> DocumentSource | None:
    """Show the draft as it would be final, under a number of the final length; None while something is missing."""
    parties, totals = premises.parties, taxes.totals
    if not (taxes.decided and totals and invoice.lines and parties.seller and parties.buyer):
        return None
    row = row_of(
        invoice,
        number=NumberSeries.number_of(
            premises.prefix, invoice.document_type, premises.fiscal_year, premises.next_serial
        ),
        issue_date=premises.issue_date,
        due_date=premises.due_date,
        language=parties.language,
        totals=totals,
        payment_means=parties.payment_means,
        original=premises.original,
    ) | {
        "prepaid_cents": taken.with_prepaid(invoice),
        "allowances": taxes.adjusted.allowances or None,
        "charges": taxes.adjusted.charges or None,
    }
    rows = await line_rows(invoice.lines)
    for line_row, part, tax_cents in zip(rows, taxes.parts, totals.line_tax_cents, strict=False):
        line_row |= {"tax_category": part.category, "tax_rate": part.rate, "tax_cents": tax_cents}
    await turn()
    return DocumentSource(row, rows, parties.seller, parties.buyer, taxes.decided)


async def _candidate(
    uow: UnitOfWork,
    invoice: Invoice,
    premises: _Premises,
    taxes: _Taxes,
    source: DocumentSource | None,
    taken: Taken,
) -> Candidate:
    parties, decided, totals = premises.parties, taxes.decided, taxes.totals
    rules = await einvoices.rules_for(uow, einvoices.profile_of(parties.format).key, premises.issue_date)
    template = await template_for(uow, source) if source else None
    inputs = {
        "template": [template.template_id, template.version] if template else None,
        "rules": [str(each) for each in rules],
        "invoice": {name: getattr(invoice, name) for name in _INPUTS},
        "lines": [canonical_digest(_line_row(line)) async for line in in_turns(invoice.lines)],
        "seller": parties.seller,
        "buyer": parties.buyer,
        "payment_means": parties.payment_means,
        "decided": {name: decided.get(name) for name in _DECISIVE},
        "issue_date": premises.issue_date,
        "due_date": premises.due_date,
        "prefix": premises.prefix,
        "taken": [taken.credit_cents, taken.wallet_cents],
        # Of a credit note VAT depends on the notes before it.
        "line_tax_cents": totals.line_tax_cents if totals and premises.original else None,
    }
    return Candidate(
        invoice_id=invoice.id,
        version=invoice.version,
        partner_id=invoice.partner_id,
        document_type=invoice.document_type,
        issue_date=premises.issue_date,
        due_date=premises.due_date,
        fiscal_year=premises.fiscal_year,
        prefix=premises.prefix,
        opens_series=premises.series is None,
        parties=parties,
        decided=decided,
        parts=taxes.parts,
        adjusted=taxes.adjusted,
        totals=totals,
        taken=taken,
        prepaid_cents=taken.with_prepaid(invoice),
        inputs_digest=canonical_digest(inputs),
        reasons=tuple(dict.fromkeys([*premises.reasons, *taxes.reasons])),
        rules=rules,
        source=source,
        template=template,
    )


async def judged(renderer: DocumentRenderer, candidate: Candidate, pictures: Pictures) -> Judged:
    """Hold the finished document against its template and the rules of its format, and keep all that was found."""
    reasons, verdict = list(candidate.reasons), einvoices.Verdict()
    if candidate.source is not None:
        reasons += await print_problems(renderer, candidate.source, candidate.template, pictures)
        said = {reason.code for reason in reasons}
        _, verdict = await written_and_judged(candidate.source, candidate.parties.format, rules=candidate.rules)
        reasons += [
            reason for reason in verdict.reasons if reason.code == "einvoice_invalid" or reason.code not in said
        ]
    return Judged(candidate, tuple(reasons), verdict)


def _report(found: Judged) -> CheckReport:
    candidate, reasons, verdict = found.candidate, found.reasons, found.verdict
    totals = candidate.totals
    return CheckReport(
        invoice_id=candidate.invoice_id,
        version=candidate.version,
        ready=not reasons,
        reasons=[CheckReasonOut.model_validate(reason) for reason in reasons],
        warnings=candidate.warnings,
        rules_passed=list(verdict.passed),
        rules_not_run=list(verdict.not_run),
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
    "id", "version", "document_type", "currency", "period_start", "period_end", "delivery_date", "notes",
    "buyer_reference", "purchase_order_ref", "contract_ref", "payment_terms", "allowances", "charges", "prepaid_cents",
    "credit_reason", "referenced_invoice_id", "billing_run_id",
)  # fmt: skip


# Not what only dates the decision: the gate and the transaction decide at two moments.
_DECISIVE = (
    "rule", "rate", "category", "label", "legal_note", "rate_row_id", "exemptions", "tax_currency",
    "tax_in_tax_currency_cents",
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
    before = [other for other in notes if other.is_sealed and other is not note]
    return crediting.balance(crediting.charged_lines(original), before)


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


def _totals(invoice: Invoice, totals: Totals) -> list[Reason]:
    if invoice.is_credit_note and totals.total_cents > 0:
        return [Reason("totals_invalid", "A credit note cannot ask for money; its total is above zero.", "lines")]
    if not invoice.is_credit_note and totals.total_cents < 0:
        return [Reason("totals_invalid", "An invoice cannot owe money; its total is below zero.", "lines")]
    prepaid = invoice.prepaid_cents or 0
    if prepaid > max(totals.total_cents, 0):
        message = f"{prepaid} cents were paid before, but it comes to {totals.total_cents} only; return the rest."
        return [Reason("totals_invalid", message, "prepaid_cents")]
    return []
