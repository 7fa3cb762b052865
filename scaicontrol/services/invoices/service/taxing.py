"""The VAT of a draft: decided for the document, ended per line, and stated in the seller's currency (contract §16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from scaicontrol.core.errors import ControlError, Reason
from scaicontrol.core.periods import civil_date
from scaicontrol.core.turns import turn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax import arithmetic, categories, exchange, places, stated_rates
from scaicontrol.services.tax.arithmetic import TaxableLine, Totals
from scaicontrol.services.tax.models import DECIDED

from .. import allowances, crediting
from ..allowances import Adjusted
from ..models import Invoice, InvoiceLine
from ..parties import Parties
from ..schemas import FinalizeIn

Terms = tuple[tuple[str, Decimal], ...]  # (category, rate) of each line
Decided = Mapping[str, Any]  # the columns of `tax_decisions`


async def decide(
    uow: UnitOfWork, invoice: Invoice, parties: Parties, original: Invoice | None, issue_date: date, data: FinalizeIn
) -> tuple[Decided, list[Reason]]:
    """Decide VAT, or inherit the decision of the invoice that a credit note corrects."""
    if original is not None:
        inherited = await tax.get(uow, original.id)
        return {name: getattr(inherited, name) for name in DECIDED}, []
    if not (parties.seller and parties.buyer):
        return {}, []
    zone = parties.settings.timezone
    tax_point = _tax_point(invoice, issue_date, zone)
    days = {day for line in invoice.lines if (day := _own_tax_point(line, zone))} - {tax_point}
    facts = await parties.vat_facts(uow, tax_point, tuple(sorted(days)), data)
    try:
        return tax.decide(facts, await tax.rate_table(uow)).as_columns(), []
    except ControlError as error:
        return {}, list(error.reasons or [Reason("vat_undecidable", error.message)])


def _tax_point(invoice: Invoice, issue_date: date, zone: str) -> date:
    """Give the last day of the service, else the day of issue."""
    if invoice.period_end:
        return _last_day(invoice.period_end, zone)
    return max((day for line in invoice.lines if (day := _own_tax_point(line, zone))), default=issue_date)


def _own_tax_point(line: InvoiceLine, zone: str) -> date | None:
    return _last_day(line.period_end, zone) if line.period_end else None


def _last_day(end: datetime, zone: str) -> date:
    return civil_date(end - timedelta(microseconds=1), zone)


def _terms(decided: Decided, invoice: Invoice, zone: str) -> Terms:
    """Give each line its category and rate: its own, else the document's at the line's own tax point."""
    rates = tax.line_rates(decided)
    return tuple(
        categories.line_terms(
            decided["category"],
            rates.get(_own_tax_point(line, zone), decided["rate"]),
            line.tax_category,
            line.tax_rate,
        )
        for line in invoice.lines
    )


@dataclass(frozen=True, slots=True)
class Taxed:
    """
    A decision with what only the lines know: their terms, the sums, and why groups carry no VAT.

    `parts` are the lines, then the document's allowances (negative) and charges.
    """

    decided: Decided
    parts: tuple[TaxableLine, ...]
    totals: Totals
    reasons: tuple[Reason, ...]
    adjusted: Adjusted


async def complete(
    uow: UnitOfWork,
    decided: Decided,
    invoice: Invoice,
    parties: Parties,
    issue_date: date,
    *,
    left: crediting.Balance | None,
    data: FinalizeIn,
) -> Taxed:
    """
    End a decision per line: terms, sums, the reason of each exempt category, and the VAT in a second currency.

    The VAT of a credit note follows from what is `left` of its invoice.
    """
    ended = _terms(decided, invoice, parties.settings.timezone)
    lines = [TaxableLine(line.amount_cents, *term) for line, term in zip(invoice.lines, ended, strict=True)]
    adjusted = Adjusted.of(invoice, lines)
    parts = (*lines, *_adjustments(decided, adjusted))
    await turn()  # each of the steps walks over all lines
    totals = crediting.totals(left, invoice) if left else arithmetic.totals(parts)
    stated = [
        categories.Stated(category, line.exemption_reason or "", line.exemption_code)
        for line, (category, _) in zip(invoice.lines, ended, strict=True)
    ]
    await turn()
    seller_country = parties.seller.get("seller_country_code") or ""
    exemptions = categories.exemptions(stated, decided, parties.language, seller_country)
    await turn()
    reasons = categories.check_coherence(
        lines, _grounds(decided, invoice, parties, exemptions)
    ) + categories.check_stated(stated)
    reasons += _misfits(lines, parts[len(lines) :])
    vat = _stated_vat(invoice, parties, ended)
    doubts = stated_rates.unfounded(vat, decided, issue_date)
    warnings = [*(decided.get("warnings") or ()), *filter(None, [stated_rates.unfounded_buyer(vat, decided)])]
    if data.vat_rate_reason:
        warnings += [f"{doubt.message} Accepted: {data.vat_rate_reason}" for doubt in doubts]
    else:
        reasons += doubts
    converted: Mapping[str, Any] = exchange.NO_CONVERSION
    try:
        converted = await _converted(uow, decided, invoice, seller_country, totals.tax_cents, issue_date)
    except ControlError as error:
        reasons += error.reasons
    exempted = [each.as_json() for each in exemptions] or None
    full = {**decided, **converted, "exemptions": exempted, "warnings": warnings}
    return Taxed(full, parts, totals, tuple(reasons), adjusted)


def _stated_vat(invoice: Invoice, parties: Parties, ended: Terms) -> Sequence[stated_rates.StatedVat]:
    """Give what lines state, to be doubted; a credit note takes back what was charged, right or wrong."""
    if invoice.referenced_invoice_id is not None:
        return ()
    zone = parties.settings.timezone
    return [
        stated_rates.StatedVat(
            category,
            rate,
            is_own=line.tax_rate is not None,
            day=_own_tax_point(line, zone),
            reason=line.exemption_reason or "",
            code=line.exemption_code,
        )
        for line, (category, rate) in zip(invoice.lines, ended, strict=True)
    ]


def _adjustments(decided: Decided, adjusted: Adjusted) -> list[TaxableLine]:
    """Give the document's allowances (negative) and charges with the terms they state, else the document's."""
    found = []
    for each, sign in allowances.adjustments(adjusted):
        rate = each.get("tax_rate")
        stated = each.get("tax_category"), None if rate is None else Decimal(rate)
        terms = categories.line_terms(decided["category"], decided["rate"], *stated)
        found.append(TaxableLine(sign * int(each["amount_cents"]), *terms))
    return found


def _misfits(lines: Sequence[TaxableLine], adjustments: Sequence[TaxableLine]) -> list[Reason]:
    """Every allowance and charge belongs to lines of its category and rate, and together they stay above zero."""
    found: list[Reason] = []
    left: dict[tuple[str, Decimal], int] = {}
    for line in lines:
        left[line.category, line.rate] = left.get((line.category, line.rate), 0) + line.amount_cents
    for part in adjustments:
        terms = (part.category, part.rate)
        name = "allowances" if part.amount_cents <= 0 else "charges"
        if terms not in left:
            message = f"No line has VAT {part.category} {part.rate}%, which one of the {name} is for."
            found.append(Reason("tax_category_mismatch", message, name))
            continue
        left[terms] += part.amount_cents
        if left[terms] < 0:
            message = f"The allowances for VAT {part.category} {part.rate}% are more than its lines."
            found.append(Reason("totals_invalid", message, name))
    return found


async def _converted(
    uow: UnitOfWork, decided: Decided, invoice: Invoice, seller_country: str, tax_cents: int, issue_date: date
) -> Mapping[str, Any]:
    if invoice.referenced_invoice_id is not None:
        return exchange.convert_again(decided, tax_cents, invoice.currency)
    # VAT becomes chargeable with the supply, or with the invoice where that comes first (Directive Art. 63, 66).
    day = min(tax.tax_point_of(decided) or issue_date, issue_date)
    conversion = await tax.in_tax_currency(uow, seller_country, invoice.currency, tax_cents, day)
    return conversion.as_columns() if conversion else exchange.NO_CONVERSION


def _grounds(
    decided: Decided, invoice: Invoice, parties: Parties, exemptions: Sequence[categories.Exemption]
) -> categories.Grounds:
    seller = places.place(parties.seller.get("seller_country_code") or "")
    buyer = places.place(parties.buyer.get("country_code") or "", parties.buyer.get("postal_code"))
    dated = bool(invoice.period_end) or all(line.period_end for line in invoice.lines)
    return categories.Grounds(
        decided_category=decided["category"],
        seller_vat_number=parties.seller.get("seller_vat_number"),
        buyer_vat_number=parties.buyer.get("vat_number"),
        reasons={each.category: each.reason for each in exemptions},
        delivery=dated and buyer.in_eu and buyer.country != seller.country,
        manual=decided["rule"] == "manual" or invoice.referenced_invoice_id is not None,
    )
