"""What a bank's file says, in whichever format: statements, balances and lines in minor units, and that they agree."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from scaicontrol.core import moments, text
from scaicontrol.core.errors import ControlError, Invalid
from scaicontrol.core.money import CENTS_MAX, Money, exponent

from .lifecycle import LineKind

_AMOUNT: Final = re.compile(r"\+?(?=\.?\d)(\d{0,18})(?:\.(\d{0,17}))?")
_NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NONREF", "NOT PROVIDED", "N/A", "-"})
_TEXT_MAX: Final = 4000
REFERENCE_MAX: Final = 140


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One movement of money on an account, in minor units; less than nothing left it."""

    position: int  # of its entry in the statement
    part: int  # within the entry, where a batch is taken apart
    kind: LineKind
    amount_cents: int
    currency: str
    booked_on: date
    value_on: date | None = None
    bank_reference: str | None = None
    end_to_end_id: str | None = None
    structured_reference: str | None = None
    remittance: str | None = None
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    bank_code: str | None = None
    note: str | None = None  # what a person should know who looks at it

    @property
    def fingerprint(self) -> str:
        """The same for the same movement in whichever statement it stands."""
        said = (
            self.bank_reference, self.booked_on, self.amount_cents, self.currency, self.end_to_end_id,
            self.structured_reference, self.remittance, self.counterparty_iban, self.kind,
        )  # fmt: skip
        return sha256("\x1f".join("" if each is None else str(each) for each in said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ReadBalance:
    """What an account held in one currency before and after, in minor units."""

    currency: str
    opening_cents: int
    closing_cents: int


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """One statement of one account; `pending` entries are no money yet and were left out."""

    message: str
    iban: str
    reference: str
    from_on: date | None
    to_on: date
    balances: Sequence[ReadBalance]
    lines: Sequence[ReadLine]
    pending: int


def hold(lines: Sequence[ReadLine], balances: Mapping[str, ReadBalance], where: str) -> None:
    """Raise Invalid where what moved does not lead from each opening balance to the closing one."""
    moved: dict[str, int] = defaultdict(int)
    for line in lines:
        moved[line.currency] += line.amount_cents
    if not balances:
        raise Invalid(f"{where} has no balances, so that its sums cannot be held against them.")
    for currency in sorted(moved.keys() - balances.keys()):
        raise Invalid(f"{where} has entries in {currency} and no balance in {currency}.")
    for currency, balance in balances.items():
        reached = balance.opening_cents + moved[currency]
        if reached != balance.closing_cents:
            raise Invalid(
                f"{where} does not add up in {currency}: it opens with {_said(balance.opening_cents, currency)} and "
                f"moves {_said(moved[currency], currency)}, which is {_said(reached, currency)}, and closes with "
                f"{_said(balance.closing_cents, currency)}."
            )


def _said(cents: int, currency: str) -> str:
    return str(Money(cents, currency).amount)


def minor_units(written: str, currency: str, where: str) -> int:
    """Read an amount with a decimal point; one with more decimals than its currency has is Invalid, never rounded."""
    found = _AMOUNT.fullmatch(written)
    if found is None:
        raise Invalid(f"{where}: '{written[:40]}' is not an amount.")
    try:
        digits = exponent(currency)
    except ControlError as error:
        raise Invalid(f"{where}: '{currency[:10]}' is not an ISO 4217 currency.") from error
    part = (found[2] or "").rstrip("0")
    if len(part) > digits:
        raise Invalid(f"{where}: {written[:40]} {currency} has more decimals than the {digits} of {currency}.")
    cents = int((found[1] or "0") + part.ljust(digits, "0"))
    if cents > CENTS_MAX:
        raise Invalid(f"{where}: {written[:40]} {currency} is more than can be booked.")
    return cents


def day_of(written: str, where: str) -> date:
    """Read the civil day of a date or a moment; one that no moment of the books can have is Invalid."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        raise Invalid(f"{where} has no day that can be read ('{written[:40]}').") from None
    try:
        return moments.read_day(day)
    except ValueError as error:
        raise Invalid(f"{where} says {day}, and {error}.") from None


def reference(said: str | None) -> str | None:
    """Give a reference that refers to something."""
    if said is None or said.upper() in _NO_REFERENCE or not said.strip("0 "):
        return None
    return tidy(said, REFERENCE_MAX)


def tidy(said: str | None, longest: int = _TEXT_MAX) -> str | None:
    """Give what a payer typed without what no page can show."""
    return text.one_line(text.tolerated(said)).strip()[:longest] or None if said else None
