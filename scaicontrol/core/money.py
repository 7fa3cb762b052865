"""
Money: integer minor units and an ISO 4217 currency, rounded half up and split without losing a cent.

Nothing here takes a float. The currency's own exponent governs display (contract §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Self

from .errors import invalid

CENTS_MAX = 10**15  # well inside a signed BIGINT, far above any invoice


# ISO 4217 list one as of 1 January 2026, what circulates: no funds, metals or units of account. Not CLDR, which lags
# behind it and rounds some currencies for cash (HUF and RSD have no digits there); the books do not.
CIRCULATING = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
    "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY",
    "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SYP", "SZL", "THB", "TJS",
    "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST",
    "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
})  # fmt: skip
# What circulated until a day and stands in documents of that time: their states took the euro.
FORMER = {"BGN": date(2025, 12, 31), "HRK": date(2022, 12, 31)}
UNUSUAL_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
         "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


def exponent(currency: str) -> int:
    """Count the minor-unit digits of an ISO 4217 currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    if currency not in CIRCULATING and currency not in FORMER:
        raise invalid("currency", f"'{currency}' is not an ISO 4217 currency code.", "unknown_currency")
    return UNUSUAL_EXPONENTS.get(currency, 2)


INVOICED_DIGITS = 2  # EN 16931 knows no finer amounts (BR-DEC)


def not_invoiced(currency: str) -> str | None:
    """Say why no document can be written in a currency, None where one can."""
    digits = exponent(currency)
    if digits <= INVOICED_DIGITS:
        return None
    return f"{currency} has {digits} decimals, and an e-invoice carries {INVOICED_DIGITS}: choose another currency."


def is_currency(code: str, on: date | None = None) -> bool:
    """Tell whether ISO 4217 knows this code as money that circulates today, or circulated on a day."""
    return code in CIRCULATING or (on is not None and code in FORMER and on <= FORMER[code])


def half_up(value: Decimal) -> int:
    """Round to whole minor units, a half away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def spread(total: int, weights: Sequence[int | Decimal]) -> list[int]:
    """
    Split `total` in proportion to `weights` by largest remainder, so that the parts add up to the cent.

    Ties go to the earlier part. Weights of zero in sum put everything on the first part.
    """
    if not weights:
        if total:
            raise ValueError("Nothing to spread over.")
        return []
    whole = sum((Decimal(weight) for weight in weights), Decimal())
    if not whole:
        return [total, *([0] * (len(weights) - 1))]
    exact = [Decimal(total) * Decimal(weight) / whole for weight in weights]
    parts = [int(share.to_integral_value(ROUND_FLOOR)) for share in exact]
    missing = total - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(exact[i] - parts[i]), i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; adding two currencies is an error."""

    cents: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.cents, bool) or not isinstance(self.cents, int):
            raise TypeError(f"Money is whole minor units, not {self.cents!r}.")
        exponent(self.currency)

    def __add__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.cents + other.cents, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.cents - other.cents, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.cents, self.currency)

    def times(self, factor: int | Decimal) -> Self:
        """Multiply and round half up, once."""
        return type(self)(half_up(Decimal(self.cents) * factor), self.currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exact: Money(1050, "EUR").amount == Decimal("10.50")."""
        return Decimal(self.cents).scaleb(-exponent(self.currency))

    def _same_currency(self, other: Self) -> None:
        if self.currency != other.currency:
            raise ValueError(f"Cannot mix {self.currency} and {other.currency}.")

    def __str__(self) -> str:
        digits = exponent(self.currency)
        return f"{self.amount:,.{digits}f} {self.currency}"
