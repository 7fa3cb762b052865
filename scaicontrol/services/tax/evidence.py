"""
Where a buyer is, on what proof, and what VIES said: the evidence of a decision and the warnings that follow from it.

Sources: Regulation 282/2011 Art. 18 (proof that the buyer is a business), Art. 24b and 24f (two items of evidence of a
consumer's place that do not contradict each other).
"""

from collections.abc import Iterator
from typing import Any, Literal

from scaicontrol.core.ports import VatAnswer

from .facts import VatFacts
from .numbers import problem, usable
from .places import place

Rule = Literal["exempt", "1", "2", "3", "4", "5", "manual"]


def evidence(facts: VatFacts) -> dict[str, Any]:
    """Collect the proofs of place and say whether they contradict each other."""
    return {
        "billing_country": place(facts.buyer_country).country,
        **_other_proofs(facts),
        "contradictory": _contradict(facts),
        "vies": facts.consulted.answer.value if facts.consulted else None,
        "vies_override_reason": facts.vies_override_reason,
    }


def warnings(facts: VatFacts, rule: Rule, *, taxed: bool) -> tuple[str, ...]:
    """Say in sentences what a decision rests on that a person should look at."""
    found = [*_about_the_place(facts, rule, taxed=taxed)]
    if malformed := problem(facts.buyer_vat_number, facts.buyer_country):
        found.append(f"{malformed} It counts as absent.")
    if rule == "4":
        found += _about_the_business(facts)
    return tuple(found)


def _other_proofs(facts: VatFacts) -> dict[str, str | None]:
    number = usable(facts.buyer_vat_number, facts.buyer_country)
    return {
        "payment_country": place(facts.payment_country).country if facts.payment_country else None,
        "vat_prefix": number[:2].replace("EL", "GR") or None,
        **{kind: place(country).country for kind, country in sorted(facts.other_proofs.items())},
    }


def _contradict(facts: VatFacts) -> bool:
    proofs = {place(facts.buyer_country).country, *_other_proofs(facts).values()} - {None}
    return len(proofs) > 1


def _about_the_place(facts: VatFacts, rule: Rule, *, taxed: bool) -> Iterator[str]:
    """
    Say what the proof of a consumer's place lacks.

    The decision stands on the billing address all the same: a person has to find a third item, not the engine.
    """
    if rule not in _PLACE_MATTERS or (rule != "5" and facts.is_business) or (rule == "2" and not taxed):
        return
    known = {kind: country for kind, country in _other_proofs(facts).items() if country}
    if _contradict(facts):
        said = ", ".join(f"{kind.replace('_', ' ')} {country}" for kind, country in known.items())
        address = f"billing address {place(facts.buyer_country).country}"
        yield f"The proofs of the buyer's place contradict each other: {address}, {said}. Ask for a third one."
    elif not known and rule != "3":
        yield "Only the billing address says where the buyer is; a consumer's place needs two items of evidence."


# A consumer of the seller's own state is where the seller is unless something speaks against it.
_PLACE_MATTERS = frozenset({"1", "2", "3", "5"})


def _about_the_business(facts: VatFacts) -> Iterator[str]:
    if facts.vies_policy == "advisory":
        if facts.consulted is None or not facts.vies_is_fresh:
            yield "VIES has not confirmed the buyer's VAT number; reverse charge rests on its form."
        elif facts.consulted.answer is not VatAnswer.valid:
            yield f"VIES answered '{facts.consulted.answer.value}' for the buyer's VAT number."
    if facts.vies_override_reason:
        yield f"The VIES check was overridden: {facts.vies_override_reason}"
