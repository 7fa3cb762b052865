"""
Which VAT a supply of services carries: the exemption and five rules, the first match wins.

Sources: VAT Directive 2006/112/EC Art. 44 and 196 (B2B, reverse charge), Art. 45 and 58 (consumers), Art. 59 (outside
the EU), Art. 358a ff. and 369a ff. (OSS); Implementing Regulation 282/2011 Art. 18 (proof of a business). Pure: the
same facts and rates give the same decision on any day, so a stored decision can be replayed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from scaicontrol.core.errors import Reason, Refused
from scaicontrol.core.ports import VatAnswer

from .notes import note
from .numbers import normalise, problem, usable
from .places import Place, country_name, is_country, place
from .rates import SHIPPED_RATES, Rate, RateTable

VatCategory = Literal["S", "AE", "G", "E", "Z", "O", "K"]
Rule = Literal["exempt", "1", "2", "3", "4", "5", "manual"]
ViesPolicy = Literal["off", "advisory", "required"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consulted:
    """What VIES last said about the buyer's number."""

    answer: VatAnswer
    consulted_at: datetime
    consultation_id: str | None = None


@dataclass(frozen=True, slots=True)
class VatFacts:
    """
    Everything a decision depends on besides the rates.

    `tax_point` is the last day of the service period, else the issue date; `decided_at` dates the VIES answer's age.
    """

    seller_country: str
    buyer_country: str
    buyer_vat_number: str | None
    is_business: bool
    tax_point: date
    decided_at: datetime
    seller_postal_code: str | None = None
    buyer_postal_code: str | None = None
    oss_registered: bool = False
    export_category: Literal["O", "G"] = "O"
    tax_exempt: bool = False
    tax_exempt_reason: str | None = None
    tax_exempt_reason_code: str | None = None
    vies_policy: ViesPolicy = "advisory"
    vies_max_age_days: int = 30
    vies_override_reason: str | None = None
    consulted: Consulted | None = None
    payment_country: str | None = None
    language: str = "en"

    def as_json(self) -> dict[str, Any]:
        stored = asdict(self)
        stored["tax_point"] = self.tax_point.isoformat()
        stored["decided_at"] = self.decided_at.isoformat()
        if self.consulted:
            stored["consulted"]["consulted_at"] = self.consulted.consulted_at.isoformat()
            stored["consulted"]["answer"] = self.consulted.answer.value
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        consulted = stored["consulted"]
        return cls(
            **{
                **stored,
                "tax_point": date.fromisoformat(stored["tax_point"]),
                "decided_at": datetime.fromisoformat(stored["decided_at"]),
                "consulted": consulted
                and Consulted(
                    VatAnswer(consulted["answer"]),
                    datetime.fromisoformat(consulted["consulted_at"]),
                    consulted["consultation_id"],
                ),
            }
        )


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
    consultation_id: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


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
        return _standard("3", facts, rates.standard(seller, facts.tax_point))
    return _across_the_border(facts, seller, buyer, rates)


def rates_used(facts: VatFacts, rates: RateTable) -> tuple[Rate, ...]:
    """Name the rates that could enter the decision, so that a replay needs no table."""
    found = []
    for where in _places(facts):
        if where.in_eu:
            try:
                found.append(rates.standard(where, facts.tax_point))
            except Refused:
                continue  # The rule that needs it refuses; a rule that does not need it must not.
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
    sentence = note("exempt", facts.language, reason=reason)
    return _untaxed("exempt", facts, "E", "VAT 0% (Exempt)", (facts.tax_exempt_reason_code or None, sentence))


def _export(facts: VatFacts) -> VatDecision:
    code = "VATEX-EU-G" if facts.export_category == "G" else "VATEX-EU-O"
    return _untaxed("1", facts, facts.export_category, "VAT 0% (Export)", (code, note("export", facts.language)))


def _seller_outside(facts: VatFacts, buyer: Place, rates: RateTable) -> VatDecision:
    """Decide for a seller outside the EU: nothing, unless it collects through non-Union OSS from consumers."""
    if facts.oss_registered and not _counts_as_business(facts):
        return _one_stop_shop("2", facts, buyer, rates)
    reason = note("outside_scope", facts.language)
    return replace(_untaxed("2", facts, "O", "No VAT", ("VATEX-EU-O", reason)), legal_note="")


def _across_the_border(facts: VatFacts, seller: Place, buyer: Place, rates: RateTable) -> VatDecision:
    if _counts_as_business(facts):
        sentence = note("reverse_charge", facts.language, seller_country=facts.seller_country)
        return _untaxed("4", facts, "AE", "VAT 0% (Reverse Charge)", ("VATEX-EU-AE", sentence))
    if facts.oss_registered:
        return _one_stop_shop("5", facts, buyer, rates)
    return _standard("5", facts, rates.standard(seller, facts.tax_point))


def _one_stop_shop(rule: Rule, facts: VatFacts, buyer: Place, rates: RateTable) -> VatDecision:
    return _standard(rule, facts, rates.standard(buyer, facts.tax_point), f" (OSS, {country_name(buyer.country)})")


def _standard(rule: Rule, facts: VatFacts, rate: Rate, suffix: str = "") -> VatDecision:
    return VatDecision(
        rule=rule,
        tax_rate=rate.rate,
        category="S",
        reverse_charge=False,
        tax_label=f"VAT {percent(rate.rate)}{suffix}",
        rate_used=rate,
        **_proof(facts, rule),
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
        **_proof(facts, rule),
    )


def _proof(facts: VatFacts, rule: Rule) -> dict[str, Any]:
    return {
        "consultation_id": facts.consulted.consultation_id if facts.consulted else None,
        "evidence": _evidence(facts),
        "warnings": _warnings(facts, rule),
    }


def _counts_as_business(facts: VatFacts) -> bool:
    """Tell whether rule 4 may apply: a business with a number of its country, as certain as the policy asks."""
    if not facts.is_business or not usable(facts.buyer_vat_number, facts.buyer_country):
        return False
    if facts.vies_policy != "required" or facts.vies_override_reason:
        return True
    answer = facts.consulted.answer if facts.consulted and _is_fresh(facts) else VatAnswer.unavailable
    if answer is VatAnswer.unavailable:
        number = normalise(facts.buyer_vat_number, facts.buyer_country)
        message = (
            f"VIES has not confirmed VAT number {number} within {facts.vies_max_age_days} days; "
            "try again when it answers, or override with a reason."
        )
        raise Refused(message, reasons=[Reason("vies_unavailable", message, "buyer_vat_number")])
    return answer is VatAnswer.valid


def _is_fresh(facts: VatFacts) -> bool:
    return facts.consulted is not None and (
        facts.decided_at - facts.consulted.consulted_at <= timedelta(days=facts.vies_max_age_days)
    )


def _evidence(facts: VatFacts) -> dict[str, Any]:
    """Collect the proofs of place (Regulation 282/2011 Art. 24f) and say whether they contradict each other."""
    number = normalise(facts.buyer_vat_number, facts.buyer_country)
    prefix = number[:2].replace("EL", "GR") if usable(facts.buyer_vat_number, facts.buyer_country) else None
    proofs = {
        "billing_country": place(facts.buyer_country).country,
        "payment_country": place(facts.payment_country).country if facts.payment_country else None,
        "vat_prefix": prefix,
    }
    return {
        **proofs,
        "contradictory": len({proof for proof in proofs.values() if proof}) > 1,
        "vies": facts.consulted.answer.value if facts.consulted else None,
        "vies_override_reason": facts.vies_override_reason,
    }


def _warnings(facts: VatFacts, rule: Rule) -> tuple[str, ...]:
    found = []
    if malformed := problem(facts.buyer_vat_number, facts.buyer_country):
        found.append(f"{malformed} It counts as absent.")
    if rule == "4" and facts.vies_policy == "advisory":
        if facts.consulted is None or not _is_fresh(facts):
            found.append("VIES has not confirmed the buyer's VAT number; reverse charge rests on its form.")
        elif facts.consulted.answer is not VatAnswer.valid:
            found.append(f"VIES answered '{facts.consulted.answer.value}' for the buyer's VAT number.")
    if rule == "4" and facts.vies_override_reason:
        found.append(f"The VIES check was overridden: {facts.vies_override_reason}")
    return tuple(found)


def _undecidable(message: str, about: str) -> Refused:
    return Refused(message, reasons=[Reason("vat_undecidable", message, about)])
