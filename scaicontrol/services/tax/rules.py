"""
Which VAT a supply of services carries: the exemption and five rules, the first match wins.

Sources: VAT Directive 2006/112/EC Art. 44 and 196 (B2B, reverse charge), Art. 45 and 58 (consumers), Art. 59 (outside
the EU), Art. 358a ff. and 369a ff. (OSS); Implementing Regulation 282/2011 Art. 18 (proof of a business). Pure: the
same facts and rates give the same decision on any day, so a stored decision can be replayed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from scaicontrol.core.errors import Reason, Refused
from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.refusals import RefusalCode

from .evidence import Rule, evidence, warnings
from .facts import VatFacts
from .notes import NoteKind, note
from .numbers import normalise, usable
from .places import Place, country_name, is_country, place
from .rates import SHIPPED_RATES, Rate, RateTable

VatCategory = Literal["S", "AE", "G", "E", "Z", "O", "K"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class VatDecision:
    """The VAT of a document: what it is, which rule said so, and on what evidence."""

    rule: Rule
    tax_rate: Decimal
    category: VatCategory
    reverse_charge: bool
    tax_label: str
    legal_note: str = ""
    exemption_code: str | None = None
    exemption_reason: str = ""
    rate_used: Rate | None = None
    supply_rates: tuple[tuple[date, Decimal], ...] = ()  # of lines with a tax point of their own
    consultation_id: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def rate_on(self, day: date | None) -> Decimal:
        """Give the rate of a line with a tax point of its own, or the document's."""
        return dict(self.supply_rates).get(day, self.tax_rate) if day else self.tax_rate


def determine_vat(facts: VatFacts, rates: RateTable = SHIPPED_RATES) -> VatDecision:
    """
    Decide the VAT of one document, or refuse with `vat_undecidable` or `vies_unavailable`.

    Rates come from `rates`, which a caller fills from the table `vat_rates`; the shipped ones are its seed.
    """
    _require_countries(facts)
    if facts.tax_exempt:
        return _exempt(facts)
    seller, buyer = _places(facts)
    if not buyer.in_eu:
        return _export(facts)
    if not seller.in_eu:
        return _seller_outside(facts, buyer, rates)
    if seller.country == buyer.country:
        return _standard("3", facts, seller, rates)
    return _across_the_border(facts, seller, buyer, rates)


def rates_used(facts: VatFacts, rates: RateTable) -> tuple[Rate, ...]:
    """Name the rates that could enter the decision, so that a replay needs no table."""
    found = []
    for where in _places(facts):
        for day in (facts.tax_point, *facts.supply_days) if where.in_eu else ():
            with suppress(Refused):
                found.append(rates.standard(where, day))
    return tuple(dict.fromkeys(found))


def percent(rate: Decimal) -> str:
    return f"{rate:.2f}%"


def _places(facts: VatFacts) -> tuple[Place, Place]:
    return place(facts.seller_country, facts.seller_postal_code), place(facts.buyer_country, facts.buyer_postal_code)


def _require_countries(facts: VatFacts) -> None:
    for who, code in (("seller", facts.seller_country), ("buyer", facts.buyer_country)):
        if not is_country(code or ""):
            raise _undecidable(
                f"The country of the {who} is '{code}', which is not an ISO 3166-1 code.", f"{who}_country"
            )


def _exempt(facts: VatFacts) -> VatDecision:
    reason = (facts.tax_exempt_reason or "").strip()
    if not reason:
        raise _undecidable("The buyer is tax exempt without a reason; state tax_exempt_reason.", "tax_exempt_reason")
    sentence = _note("exempt", facts, reason)
    return _untaxed("exempt", facts, "E", "VAT 0% (Exempt)", (facts.tax_exempt_reason_code or None, sentence))


def _note(kind: NoteKind, facts: VatFacts, reason: str = "") -> str:
    return note(kind, facts.language, seller_country=facts.seller_country, reason=reason)


def _export(facts: VatFacts) -> VatDecision:
    code = "VATEX-EU-G" if facts.export_category == "G" else "VATEX-EU-O"
    return _untaxed("1", facts, facts.export_category, "VAT 0% (Export)", (code, _note("export", facts)))


def _seller_outside(facts: VatFacts, buyer: Place, rates: RateTable) -> VatDecision:
    """Decide for a seller outside the EU: nothing, unless it collects through non-Union OSS from consumers."""
    if facts.oss_registered and not _counts_as_business(facts):
        return _one_stop_shop("2", facts, buyer, rates)
    reason = _note("outside_scope", facts)
    return replace(_untaxed("2", facts, "O", "No VAT", ("VATEX-EU-O", reason)), legal_note="")


def _across_the_border(facts: VatFacts, seller: Place, buyer: Place, rates: RateTable) -> VatDecision:
    if _counts_as_business(facts):
        sentence = _note("reverse_charge", facts)
        return _untaxed("4", facts, "AE", "VAT 0% (Reverse Charge)", ("VATEX-EU-AE", sentence))
    if facts.oss_registered:
        return _one_stop_shop("5", facts, buyer, rates)
    return _standard("5", facts, seller, rates)


def _one_stop_shop(rule: Rule, facts: VatFacts, buyer: Place, rates: RateTable) -> VatDecision:
    return _standard(rule, facts, buyer, rates, f" (OSS, {country_name(buyer.country)})")


def _standard(rule: Rule, facts: VatFacts, where: Place, rates: RateTable, suffix: str = "") -> VatDecision:
    rate = rates.standard(where, facts.tax_point)
    return VatDecision(
        rule=rule,
        tax_rate=rate.rate,
        category="S",
        reverse_charge=False,
        tax_label=f"VAT {percent(rate.rate)}{suffix}",
        rate_used=rate,
        supply_rates=tuple((day, rates.standard(where, day).rate) for day in facts.supply_days),
        **_proof(facts, rule, taxed=True),
    )


def _untaxed(
    rule: Rule, facts: VatFacts, category: VatCategory, label: str, reason: tuple[str | None, str]
) -> VatDecision:
    code, sentence = reason
    return VatDecision(
        rule=rule,
        tax_rate=_ZERO,
        category=category,
        reverse_charge=category == "AE",
        tax_label=label,
        legal_note=sentence,
        exemption_code=code,
        exemption_reason=sentence,
        **_proof(facts, rule, taxed=False),
    )


def _proof(facts: VatFacts, rule: Rule, *, taxed: bool) -> dict[str, Any]:
    return {
        "consultation_id": facts.consulted.consultation_id if facts.consulted else None,
        "evidence": evidence(facts),
        "warnings": warnings(facts, rule, taxed=taxed),
    }


def _counts_as_business(facts: VatFacts) -> bool:
    """Tell whether rule 4 may apply: a business with a number of its country, as certain as the policy asks."""
    if not facts.is_business or not usable(facts.buyer_vat_number, facts.buyer_country):
        return False
    if facts.vies_policy != "required" or facts.vies_override_reason:
        return True
    answer = facts.consulted.answer if facts.consulted and facts.vies_is_fresh else VatAnswer.unavailable
    if answer is VatAnswer.unavailable:
        number = normalise(facts.buyer_vat_number, facts.buyer_country)
        message = (
            f"VIES has not confirmed VAT number {number} within {facts.vies_max_age_days} days; "
            "try again when it answers, or override with a reason."
        )
        raise Refused(message, reasons=[Reason(RefusalCode.vies_unavailable, message, "buyer_vat_number")])
    return answer is VatAnswer.valid


def _undecidable(message: str, about: str) -> Refused:
    return Refused(message, reasons=[Reason(RefusalCode.vat_undecidable, message, about)])
