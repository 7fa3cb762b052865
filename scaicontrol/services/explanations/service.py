"""
Why a document says what it says: every line, VAT group and total worked out again from what is stored, in sentences.

Nothing is taken on trust: the same pure code that made an amount makes it again, and a difference is said loudly.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from scaicontrol.core import i18n
from scaicontrol.core.errors import NotFound
from scaicontrol.core.periods import civil_date
from scaicontrol.core.turns import in_turns
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, tax
from scaicontrol.services.catalog.reads import Sold, sold
from scaicontrol.services.invoices import allowances, crediting, seal
from scaicontrol.services.invoices.lifecycle import APPLIED, SettledBy
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.tax import arithmetic
from scaicontrol.services.tax.arithmetic import TaxableLine, Totals, VatGroup
from scaicontrol.services.tax.models import TaxDecision

from .derivations import derived
from .schemas import Explained, ExplainedPart, Explanation
from .wording import Cents, Percent, Sentence, say


@dataclass(frozen=True, slots=True)
class _Case:
    """A document with everything its amounts follow from; `original` and `left` belong to a credit note."""

    invoice: Invoice
    decision: TaxDecision | None
    totals: Totals | None  # worked out again; None while it is a draft
    original: Invoice | None
    left: crediting.Balance | None
    language: str
    applied: Mapping[str, int]  # what came from the credit balance, by the document it came about by
    sold: Mapping[tuple[str, int], Sold]  # when each price version was sold
    zone: str  # the seller's

    @property
    def sign(self) -> int:
        """A credit note is spoken of with positive amounts."""
        return -1 if self.invoice.is_credit_note else 1

    def cents(self, amount: int) -> Cents:
        return Cents(self.sign * amount)

    def say(self, sentences: Sequence[Sentence]) -> list[str]:
        return [say(sentence, self.language, self.invoice.currency) for sentence in sentences]


async def explain(
    uow: UnitOfWork,
    invoice_id: str,
    *,
    line_id: str | None = None,
    part: ExplainedPart | None = None,
    language: str | None = None,
) -> Explanation:
    """
    Explain a whole document, one line of it, or its VAT, total or seal alone; without a language in the document's.

    `matches` is False as soon as anything stored is not what its stored inputs give.
    """
    uow.authorize("invoices:read")
    case = await _case(uow, await invoices.get(uow, invoice_id), language)
    parts = [each async for each in _parts(case, line_id, part)]
    if line_id is not None and not parts:
        raise NotFound(f"There is no line {line_id} on {case.invoice}.")
    return Explanation(
        invoice_id=invoice_id,
        number=case.invoice.number,
        currency=case.invoice.currency,
        language=case.language,
        matches=all(each.matches for each in parts),
        parts=parts,
    )


async def _parts(case: _Case, line_id: str | None, part: ExplainedPart | None) -> AsyncIterator[Explained]:
    if line_id is not None or part in (None, ExplainedPart.line):
        shares = case.totals.line_tax_cents if case.totals else [None] * len(case.invoice.lines)
        # Allowances and charges come after the lines.
        async for line, share in in_turns(zip(case.invoice.lines, shares, strict=False)):
            if line_id in (None, line.id):
                yield _line(case, line, share)
    if line_id is not None:
        return
    if case.totals and part in (None, ExplainedPart.vat):
        for group in case.totals.groups:
            yield _vat(case, group)
    if part in (None, ExplainedPart.total):
        yield _total(case)
    if case.decision and case.invoice.is_sealed and part in (None, ExplainedPart.seal):
        yield await _seal(case, case.decision)


async def _case(uow: UnitOfWork, invoice: Invoice, language: str | None) -> _Case:
    original, left = None, None
    if invoice.referenced_invoice_id is not None:
        original = await invoices.get(uow, invoice.referenced_invoice_id)
        left = await _left_before(uow, invoice, original)
    totals = None
    if invoice.is_sealed:
        totals = crediting.totals(left, invoice) if left else arithmetic.totals(_taxable(invoice))
    return _Case(
        invoice,
        await tax.find(uow, invoice.id),
        totals,
        original,
        left,
        i18n.language_or_english(language or invoice.language),
        await _applied(uow, invoice),
        await sold(uow, {str(plan) for line in invoice.lines if (plan := (line.derivation or {}).get("plan"))}),
        (await partners.settings_of(uow, invoice.partner_id)).timezone,
    )


async def _applied(uow: UnitOfWork, invoice: Invoice) -> Mapping[str, int]:
    if not invoice.amount_applied_cents:
        return {}
    sums: Counter[str] = Counter()
    for row in await invoices.settlements(uow, invoice):
        if row.kind in APPLIED:
            sums["" if row.kind == SettledBy.wallet else row.reference or ""] += row.amount_cents
    return {number: cents for number, cents in sums.items() if cents}


async def _left_before(uow: UnitOfWork, note: Invoice, original: Invoice) -> crediting.Balance:
    """Give what the invoice still held when the note was finalized: the notes before it count, later ones do not."""
    others = [other for other in await invoices.credit_notes_of(uow, [original.id]) if other.is_sealed]
    if note.is_sealed:
        others = [other for other in others if other.place_in_series < note.place_in_series]
    return crediting.balance(crediting.charged_lines(original), others)


def _taxable(invoice: Invoice) -> list[TaxableLine]:
    lines = [
        TaxableLine(line.amount_cents, line.tax_category or "", line.tax_rate or Decimal()) for line in invoice.lines
    ]
    return [*lines, *allowances.sealed_parts(invoice)]


def _line(case: _Case, line: InvoiceLine, share_cents: int | None) -> Explained:
    found = derived(line)
    steps = [said for step in found.steps for said in (step, *_sold(case, step))]
    matches = found.is_readable and found.amount_cents in (None, line.amount_cents)
    if found.amount_cents is not None and not matches:
        steps.append(_mismatch(line.amount_cents, found.amount_cents))
    if share_cents is not None:
        steps.append(
            Sentence(
                "vat_share",
                category=line.tax_category,
                rate=Percent(line.tax_rate or Decimal()),
                amount=case.cents(line.tax_cents),
            )
        )
        if share_cents != line.tax_cents:
            matches = False
            steps.append(_mismatch(line.tax_cents, share_cents))
    return Explained(
        part=ExplainedPart.line,
        id=line.id,
        title=line.description,
        stored_cents=line.amount_cents,
        computed_cents=found.amount_cents,
        matches=matches,
        sentences=case.say(steps),
    )


def _sold(case: _Case, step: Sentence) -> Iterator[Sentence]:
    """Say beside a plan's price version from when to when it was sold."""
    found = case.sold.get((step.values["plan"], step.values["version"])) if step.key == "plan" else None
    if found is None or found.since is None:
        return
    since = civil_date(found.since, case.zone)
    if found.until is None:
        yield Sentence("sold_since", since=since)
    else:
        yield Sentence("sold_until", since=since, until=civil_date(found.until, case.zone))


def _vat(case: _Case, group: VatGroup) -> Explained:
    stored = sum(
        line.tax_cents
        for line in case.invoice.lines
        if (line.tax_category, line.tax_rate) == (group.category, group.rate)
    )
    stored += allowances.of_group(case.invoice, group.category, group.rate)[1]
    decided = list(_decided(case))
    steps = [*decided, _group(case, group)]
    if stored != group.tax_cents:
        steps.append(_mismatch(stored, group.tax_cents))
    return Explained(
        part=ExplainedPart.vat,
        id=f"{group.category}:{group.rate}",
        title=case.invoice.tax_label or group.category,
        stored_cents=stored,
        computed_cents=group.tax_cents,
        matches=stored == group.tax_cents and not any(step.key == "decision_mismatch" for step in decided),
        sentences=case.say(steps) + _reasons(case),
    )


def _group(case: _Case, group: VatGroup) -> Sentence:
    terms: dict[str, Any] = {"category": group.category, "rate": Percent(group.rate)}
    if case.left is None:
        return Sentence("vat_group", **terms, base=Cents(group.base_cents), amount=Cents(group.tax_cents))
    key = group.category, group.rate
    before, net, vat = case.left.group_given(key), -group.base_cents, -group.tax_cents
    lawful = crediting.tax_given_back(group.rate, case.left.group(key), before, net)
    if vat != lawful:
        return Sentence("vat_asked", gross=Cents(net + vat), net=Cents(net), amount=Cents(vat))
    return Sentence(
        "vat_given_back",
        together=Cents(before.net_cents + net),
        base=Cents(case.left.group(key).net_cents),
        tax=Cents(before.tax_cents + vat),
        before=Cents(before.tax_cents),
        amount=Cents(vat),
    )


def _decided(case: _Case) -> Iterator[Sentence]:
    """Say which VAT was decided; the decision is replayed, and that of a credit note is its invoice's."""
    if case.decision is None:
        return
    label = case.decision.label
    if case.original is not None:
        yield Sentence("vat_inherited", number=case.original.number)
    if case.decision.rule == "manual":
        yield Sentence("vat_by_person", label=label)
        return
    tax_point = date.fromisoformat(str(case.decision.inputs["facts"]["tax_point"]))
    yield Sentence("vat_decided", tax_point=tax_point, label=label)
    for reason in tax.verify(case.decision):
        yield Sentence("decision_mismatch", field=reason.field)


def _reasons(case: _Case) -> list[str]:
    """Add the grounds of the decision: in English as the tax engine says them, else the note on the document."""
    if case.decision is not None and case.language == "en":
        return tax.explain(case.decision)
    return [case.invoice.legal_note] if case.invoice.legal_note else []


def _total(case: _Case) -> Explained:
    invoice = case.invoice
    lines = sum(line.amount_cents for line in invoice.lines)
    net = lines + allowances.net_cents(invoice.allowances, invoice.charges)
    vat = case.totals.tax_cents if case.totals else 0
    steps = [
        Sentence("net_sum", count=len(invoice.lines), amount=case.cents(lines)),
        *(
            Sentence(
                "charge" if sign > 0 else "allowance", text=each["reason"], amount=case.cents(each["amount_cents"])
            )
            for each, sign in allowances.adjustments(invoice)
        ),
        Sentence("total", net=case.cents(net), tax=case.cents(vat), amount=case.cents(net + vat)),
    ]
    stored = (invoice.subtotal_cents, invoice.tax_cents, invoice.total_cents)
    matches = stored == (net, vat, net + vat)
    if not matches:
        steps.append(_mismatch(invoice.total_cents, net + vat))
    if invoice.is_sealed and invoice.status != "void" and (invoice.amount_paid_cents or invoice.amount_credited_cents):
        due = invoice.total_cents - invoice.amount_paid_cents - invoice.amount_credited_cents
        steps.append(
            Sentence(
                "due",
                total=case.cents(invoice.total_cents),
                paid=case.cents(invoice.amount_paid_cents),
                credited=case.cents(invoice.amount_credited_cents),
                amount=case.cents(due),
            )
        )
        steps += [
            Sentence("credit_applied", amount=case.cents(cents), number=number)
            if number
            else Sentence("wallet_applied", amount=case.cents(cents))
            for number, cents in case.applied.items()
        ]
        if due != invoice.amount_due_cents:
            matches = False
            steps.append(_mismatch(invoice.amount_due_cents, due))
    return Explained(
        part=ExplainedPart.total,
        id=None,
        title=invoice.number or "",
        stored_cents=invoice.total_cents,
        computed_cents=net + vat,
        matches=matches,
        sentences=case.say(steps),
    )


async def _seal(case: _Case, decision: TaxDecision) -> Explained:
    digest = await seal.digest(case.invoice, case.invoice.lines, decision)
    matches = digest == case.invoice.canonical_digest
    return Explained(
        part=ExplainedPart.seal,
        id=None,
        title="SHA-256",
        stored_cents=None,
        computed_cents=None,
        matches=matches,
        sentences=case.say([Sentence("sealed" if matches else "not_sealed", digest=digest)]),
    )


def _mismatch(stored_cents: int, computed_cents: int) -> Sentence:
    return Sentence("mismatch", stored=Cents(stored_cents), computed=Cents(computed_cents))
