"""A decision as it is stored: with its inputs, so that anyone can replay it and have it explained in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol

from scaicontrol.core.errors import Reason

from .facts import VatFacts
from .places import country_name, place
from .rates import SHIPPED_RATES, Rate, RateTable
from .rules import VatDecision, determine_vat, percent, rates_used


class StoredDecision(Protocol):
    """What a row of `tax_decisions` holds, as far as a replay needs it."""

    @property
    def rule(self) -> str: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def category(self) -> str: ...
    @property
    def reverse_charge(self) -> bool: ...
    @property
    def label(self) -> str: ...
    @property
    def legal_note(self) -> str: ...
    @property
    def exemption_code(self) -> str | None: ...
    @property
    def rate_row_id(self) -> str | None: ...
    @property
    def inputs(self) -> Mapping[str, Any]: ...


# Raised when labels, notes or warnings are worded differently; a document keeps, and is judged by, the words it had.
WORDING: Final = 2


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the inputs it was made from: what `tax_decisions` stores."""

    facts: VatFacts
    rates: tuple[Rate, ...]
    decision: VatDecision

    @property
    def inputs(self) -> dict[str, Any]:
        return {
            "facts": self.facts.as_json(),
            "rates": [rate.as_json() for rate in self.rates],
            "wording": WORDING,
        }

    def as_columns(self) -> dict[str, Any]:
        """Give the columns of `tax_decisions`; also the mapping that documents are built from."""
        decision = self.decision
        return {
            "inputs": self.inputs,
            "rule": decision.rule,
            "rate": decision.tax_rate,
            "category": decision.category,
            "reverse_charge": decision.reverse_charge,
            "label": decision.tax_label,
            "legal_note": decision.legal_note,
            "exemption_code": decision.exemption_code,
            "exemption_reason": decision.exemption_reason,
            "rate_row_id": decision.rate_used.id if decision.rate_used else None,
            "consultation_id": decision.consultation_id,
            "evidence": dict(decision.evidence),
            "warnings": list(decision.warnings),
            "policy": self.facts.vies_policy,
            "decided_at": self.facts.decided_at,
        }


def decide(facts: VatFacts, rates: RateTable = SHIPPED_RATES) -> Decided:
    """Decide and keep what the decision was made from."""
    return Decided(facts, rates_used(facts, rates), determine_vat(facts, rates))


def line_rates(columns: Mapping[str, Any]) -> Mapping[date | None, Decimal]:
    """Give the rate of each tax point that a line of a decided document may have; none where no rate depends on it."""
    if columns["category"] != "S" or columns["rule"] == "manual":
        return {}
    again = replayed(columns["inputs"])
    return {again.facts.tax_point: again.decision.tax_rate, **dict(again.decision.supply_rates)}


def tax_point_of(columns: Mapping[str, Any]) -> date | None:
    """Give the tax point a document was decided for, or None where a person decided."""
    facts = columns["inputs"].get("facts")
    return date.fromisoformat(facts["tax_point"]) if facts else None


def replay(stored: StoredDecision) -> VatDecision:
    """Decide again from the stored inputs alone; a manual decision was made by a person and is not replayed."""
    return replayed(stored.inputs).decision


def replayed(inputs: Mapping[str, Any]) -> Decided:
    """Make a decision again with its inputs, so that its columns can be held against the stored ones."""
    return decide(VatFacts.from_json(inputs["facts"]), RateTable(map(Rate.from_json, inputs["rates"])))


def verify(stored: StoredDecision) -> list[Reason]:
    """
    Replay a stored decision and name every field that now comes out differently.

    Its words are compared only while the engine still words them so; the seal of the document keeps them anyway.
    """
    if stored.rule == "manual":
        return []
    again = replayed(stored.inputs).as_columns()
    names = _SUBSTANCE if stored.inputs.get("wording") != WORDING else (*_SUBSTANCE, *_WORDS)
    return [
        Reason(
            "tax_decision_differs",
            f"The stored {name} is {getattr(stored, name)!r}; the stored inputs give {again[name]!r}.",
            name,
        )
        for name in names
        if getattr(stored, name) != again[name]
    ]


_SUBSTANCE: Final = ("rule", "rate", "category", "reverse_charge", "exemption_code", "rate_row_id")
_WORDS: Final = ("label", "legal_note")


def explain(stored: StoredDecision) -> list[str]:
    """Say how a decision came about, in sentences for a person who has to defend it."""
    if stored.rule == "manual":
        return [f"A person set VAT to {stored.label}: {stored.inputs.get('reason', 'no reason was stored')}."]
    facts = VatFacts.from_json(stored.inputs["facts"])
    again = replay(stored)
    seller, buyer = country_name(place(facts.seller_country).country), country_name(place(facts.buyer_country).country)
    sentences = [
        (
            f"The seller is in {_where(facts.seller_country, facts.seller_postal_code)}, "
            f"the buyer in {_where(facts.buyer_country, facts.buyer_postal_code)}; the tax point is {facts.tax_point}."
        ),
        _BECAUSE[again.rule].format(seller=seller, buyer=buyer),
    ]
    if again.rate_used:
        used = again.rate_used
        sentences.append(
            f"The standard rate of {country_name(used.country_code)} is {percent(used.rate)} since {used.valid_from}."
        )
    sentences += [f"A supply that ended on {day} carries {percent(rate)}." for day, rate in again.supply_rates]
    if facts.consulted:
        sentences.append(f"VIES answered '{facts.consulted.answer.value}' on {facts.consulted.consulted_at:%Y-%m-%d}.")
    return [*sentences, f"Result: {again.tax_label}, category {again.category}.", *again.warnings, *_second(stored)]


def _second(stored: StoredDecision) -> list[str]:
    """Say how the VAT was stated in a second currency, where it was."""
    rates = getattr(stored, "exchange_rates", None) or ()
    return [
        f"VAT is also stated in {getattr(stored, 'tax_currency', '')}: one euro was {rate['rate']} {rate['currency']} "
        f"on {rate['valid_on']} ({rate['source']})."
        for rate in rates
    ]


_BECAUSE = {
    "exempt": "The buyer is tax exempt.",
    "1": "Rule 1: the buyer is outside the EU VAT area, so EU VAT does not apply.",
    "2": "Rule 2: the seller is outside the EU VAT area.",
    "3": "Rule 3: seller and buyer are both in {seller}.",
    "4": "Rule 4: the buyer is a business in {buyer} with a VAT number, so it owes the VAT (reverse charge).",
    "5": "Rule 5: the buyer in {buyer} does not count as a business with a VAT number.",
}


def _where(country: str, postal_code: str | None) -> str:
    there = place(country, postal_code)
    territory = f" ({there.territory.replace('_', ' ')})" if there.territory else ""
    return f"{country_name(there.country)}{territory}, {'inside' if there.in_eu else 'outside'} the EU VAT area"
