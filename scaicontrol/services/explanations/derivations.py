"""
How the amount of a line came about, worked out again from what is stored with it, by the code that billing used. Pure.

Each derivation gives the amount it comes to, and the steps as sentences to be said in any language (`wording`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scaicontrol.core.money import half_up
from scaicontrol.services import usage
from scaicontrol.services.catalog import Bracket, PriceModel
from scaicontrol.services.invoices import allowances
from scaicontrol.services.invoices.models import InvoiceLine
from scaicontrol.services.subscriptions import proration

from .wording import Cents, Exact, Sentence

Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Derived:
    """What the stored inputs give; None where a person stated the amount and nothing can be worked out again."""

    amount_cents: int | None
    steps: tuple[Sentence, ...]
    is_readable: bool = True


def derived(line: InvoiceLine) -> Derived:
    """Work a line's net amount out again; inputs that cannot be read are said to be so."""
    stored = line.derivation or {}
    kind = _CREDIT_NOTE if stored.get("line_id") else str(stored.get("kind") or "manual")
    try:
        found = _KINDS.get(kind, _unknown)(stored, line)
    except (KeyError, ValueError, ArithmeticError, TypeError):
        return Derived(None, (Sentence("unreadable"),), is_readable=False)
    return found if kind == _CREDIT_NOTE else _adjusted(found, line)


def _adjusted(found: Derived, line: InvoiceLine) -> Derived:
    """Take the line's own allowances off, and put its charges on."""
    steps = [
        Sentence(key, text=each["reason"], amount=Cents(int(each["amount_cents"])))
        for key, items in (("allowance", line.allowances), ("charge", line.charges))
        for each in items or ()
    ]
    if found.amount_cents is None or not steps:
        return found
    amount = found.amount_cents + allowances.net_cents(line.allowances, line.charges)
    return Derived(amount, (*found.steps, *steps), found.is_readable)


def _base(stored: Stored, _: InvoiceLine) -> Derived:
    quantity, price = int(stored["quantity"]), int(stored["unit_price_cents"])
    days, full_days = int(stored["days"]), int(stored["full_days"])
    terms = proration.Terms(quantity, price, full_days)
    whole = Sentence("base", quantity=quantity, price=Cents(price), amount=Cents(terms.amount_cents))
    if days == full_days:
        return Derived(terms.amount_cents, (*_plan(stored), whole))
    amount = terms.for_days(days)
    return Derived(amount, (*_plan(stored), whole, _part(terms.amount_cents, days, full_days, amount)))


def _pack(stored: Stored, _: InvoiceLine) -> Derived:
    """The price of a pack, and what of it is for which service: the parts add up to it."""
    parts = [(str(part["service"]), str(part["plan"]), int(part["amount_cents"])) for part in stored["allocation"]]
    amount = sum(cents for _, _, cents in parts)
    whole = Sentence("pack", pack=str(stored["pack_name"]), amount=Cents(amount))
    said = [Sentence("pack_part", service=name, plan=plan, amount=Cents(cents)) for name, plan, cents in parts]
    return Derived(amount, (whole, *said))


def _change(stored: Stored, _: InvoiceLine) -> Derived:
    """One side of a change within a paid period: unused days given back, or the same days at the new price."""
    credit = stored["kind"] == "credit"
    full, days, full_days = int(stored["full_amount_cents"]), int(stored["days"]), int(stored["full_days"])
    cents = proration.Terms(1, full, full_days).for_days(days)
    said = Sentence("unused" if credit else "remaining", plan=str(stored["plan"]), amount=Cents(full))
    steps = (said, _part(full, days, full_days, -cents if credit else cents))
    if rest := int(stored.get("rest_cents", 0)):
        return Derived(rest - cents, (*steps, Sentence("rest_credited", amount=Cents(rest))))
    return Derived(-cents if credit else cents, steps)


def _part(full_cents: int, days: int, full_days: int, amount_cents: int) -> Sentence:
    return Sentence(
        "part_of_period", full=Cents(full_cents), days=days, full_days=full_days, amount=Cents(amount_cents)
    )


def _usage(stored: Stored, _: InvoiceLine) -> Derived:
    quantity = Decimal(stored["quantity"])
    rated = usage.rate(quantity, [_bracket(tier) for tier in stored["tiers"]])
    steps = [*_plan(stored), Sentence("usage", metric=str(stored["metric"]), quantity=quantity)]
    if stored.get("usage_digest"):
        steps.append(Sentence("usage_digest", digest=str(stored["usage_digest"])))
    steps += [said for tier in rated.tiers for said in _tier(tier)]
    exact = sum((tier.cents for tier in rated.tiers), Fraction())
    if exact.denominator != 1:
        steps.append(Sentence("rounded", exact=Exact(exact), amount=Cents(rated.amount_cents)))
    return Derived(rated.amount_cents, tuple(steps))


def _correction(stored: Stored, line: InvoiceLine) -> Derived:
    """What the use of a charged period is worth now, less what was charged for it."""
    now = _usage(stored, line)
    if now.amount_cents is None:
        return now
    charged = int(stored["charged_cents"])
    said = Sentence("charged_before", quantity=Decimal(stored["charged_quantity"]), amount=Cents(charged))
    return Derived(now.amount_cents - charged, (*now.steps, said))


def _setup(stored: Stored, _: InvoiceLine) -> Derived:
    amount = int(stored["amount_cents"])
    return Derived(amount, (*_plan(stored), Sentence("setup", amount=Cents(amount))))


def _minimum(stored: Stored, _: InvoiceLine) -> Derived:
    """What the use of a period falls short of its minimum, less what was charged for that before."""
    minimum, used, charged = (int(stored[key]) for key in ("minimum_cents", "used_cents", "charged_cents"))
    amount = max(minimum - used, 0)
    steps = (*_plan(stored), Sentence("minimum", used=Cents(used), minimum=Cents(minimum), amount=Cents(amount)))
    if charged:
        steps += (Sentence("minimum_before", amount=Cents(charged)),)
    return Derived(amount - charged, steps)


def _bracket(tier: Stored) -> Bracket:
    end = tier["tier_end"]
    return Bracket(
        Decimal(tier["tier_start"]),
        None if end is None else Decimal(end),
        int(tier["unit_price_cents"]),
        int(tier["unit_divisor"]),
        price_model=PriceModel(tier.get("price_model", PriceModel.graduated)),
        flat_price_cents=int(tier.get("flat_price_cents", 0)),
    )


def _tier(tier: usage.TierUsed) -> Iterator[Sentence]:
    flat = tier.bracket.flat_price_cents
    if tier.bracket.unit_price_cents or not flat:
        yield _units(tier)
    if flat:
        yield Sentence("flat_price", amount=Cents(flat))


def _units(tier: usage.TierUsed) -> Sentence:
    """Say what the units in a bracket cost, without its flat price."""
    amount = Exact(tier.cents - tier.bracket.flat_price_cents)
    price, divisor = Cents(tier.bracket.unit_price_cents), tier.bracket.unit_divisor
    if tier.bracket.price_model is PriceModel.package:
        return Sentence(
            "packages", quantity=tier.quantity, packages=tier.packages, price=price, divisor=divisor, amount=amount
        )
    if tier.bracket.price_model is PriceModel.volume:
        key = "volume" if divisor == 1 else "volume_per"
        return Sentence(key, quantity=tier.quantity, price=price, divisor=divisor, amount=amount)
    key = "tier" if tier.bracket.start else "first_tier"
    if tier.bracket.start == 0 and tier.bracket.end is None:
        key = "only_tier"
    if divisor != 1:
        key += "_per"
    return Sentence(key, quantity=tier.quantity, price=price, divisor=divisor, amount=amount)


def _manual(stored: Stored, line: InvoiceLine) -> Derived:
    """What a person wrote: quantity times price, unless the amount itself was stated."""
    if stored.get("amount_stated"):
        return Derived(None, (Sentence("stated", amount=Cents(line.amount_cents)),))
    amount = half_up(line.quantity * line.unit_price_cents / line.unit_divisor)
    said = "written" if line.unit_divisor == 1 else "written_per"
    return Derived(
        amount,
        (
            Sentence(
                said,
                quantity=line.quantity,
                price=Cents(line.unit_price_cents),
                divisor=line.unit_divisor,
                amount=Cents(amount),
            ),
        ),
    )


def _credit_note(stored: Stored, line: InvoiceLine) -> Derived:
    cents = int(stored["amount_cents"])
    return Derived(-cents, (Sentence("gives_back", amount=Cents(cents), text=line.description),))


def _unknown(stored: Stored, line: InvoiceLine) -> Derived:
    return Derived(None, (Sentence("other_kind", kind=str(stored.get("kind"))), *_manual({}, line).steps))


def _plan(stored: Stored) -> tuple[Sentence, ...]:
    if not stored.get("plan"):
        return ()
    return (Sentence("plan", plan=str(stored["plan"]), version=int(stored["plan_version"])),)


_CREDIT_NOTE = "credit_note"
_KINDS: Mapping[str, Callable[[Stored, InvoiceLine], Derived]] = {
    "base": _base,
    "one_time": _base,
    "pack": _pack,
    "usage": _usage,
    "setup": _setup,
    "minimum": _minimum,
    "correction": _correction,
    "credit": _change,
    "proration": _change,
    "manual": _manual,
    _CREDIT_NOTE: _credit_note,
}
