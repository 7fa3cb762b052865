"""
The VAT of a document in the currency of the seller's state, where the document has another one.

Sources: VAT Directive 2006/112/EC Art. 230 (the VAT payable is stated in the national currency of the member state) and
Art. 91(2) (every state accepts the latest rate the European Central Bank has published when the tax becomes
chargeable; two other currencies convert through the euro). EN 16931 calls them BT-6 and BT-111.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from scaicontrol.core.errors import Reason, Refused
from scaicontrol.core.money import exponent, half_up
from scaicontrol.core.refusals import RefusalCode

from .places import EU_MEMBER_STATES, place

ECB: Final = "European Central Bank, euro foreign exchange reference rates"
EURO: Final = "EUR"

# The ECB publishes on TARGET business days; no run of holidays is longer than four days.
LATEST_WITHIN: Final = timedelta(days=7)

# The first day of the euro; Bulgaria is the latest state to have joined.
EURO_SINCE: Final[Mapping[str, date]] = {
    **dict.fromkeys(("AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PT"), date(1999, 1, 1)),
    "GR": date(2001, 1, 1),
    "SI": date(2007, 1, 1),
    "CY": date(2008, 1, 1),
    "MT": date(2008, 1, 1),
    "SK": date(2009, 1, 1),
    "EE": date(2011, 1, 1),
    "LV": date(2014, 1, 1),
    "LT": date(2015, 1, 1),
    "HR": date(2023, 1, 1),
    "BG": date(2026, 1, 1),
}
# The currencies of the states without the euro, and of those that joined while this product could have billed them.
NATIONAL: Final[Mapping[str, str]] = {
    "BG": "BGN", "CZ": "CZK", "DK": "DKK", "HR": "HRK", "HU": "HUF", "PL": "PLN", "RO": "RON", "SE": "SEK",
}  # fmt: skip


def vat_currency(country_code: str, day: date) -> str | None:
    """Name the currency that a seller of this country states VAT in on a day, or None outside the EU."""
    country = place(country_code).country
    if country not in EU_MEMBER_STATES:
        return None
    since = EURO_SINCE.get(country)
    return NATIONAL.get(country, EURO) if since is None or day < since else EURO


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """What one euro was worth on a day: `rate` units of `currency`."""

    currency: str
    rate: Decimal
    valid_on: date
    source: str = ECB

    @property
    def id(self) -> str:
        """A natural key, so that importing a file twice names the same rows."""
        return f"{self.currency}-{self.valid_on:%Y%m%d}"

    def as_json(self) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "rate": format(self.rate.normalize(), "f"),
            "valid_on": self.valid_on.isoformat(),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            stored["currency"], Decimal(stored["rate"]), date.fromisoformat(stored["valid_on"]), stored["source"]
        )


@dataclass(frozen=True, slots=True)
class Conversion:
    """A document's VAT in the seller's national currency, with the rates it was converted at."""

    tax_currency: str
    tax_in_tax_currency_cents: int
    rates: tuple[ReferenceRate, ...]

    def as_columns(self) -> dict[str, Any]:
        return {
            "tax_currency": self.tax_currency,
            "tax_in_tax_currency_cents": self.tax_in_tax_currency_cents,
            "exchange_rates": [rate.as_json() for rate in self.rates],
        }


NO_CONVERSION: Final[Mapping[str, Any]] = dict.fromkeys(("tax_currency", "tax_in_tax_currency_cents", "exchange_rates"))


def currencies_to_convert(currency: str, tax_currency: str) -> tuple[str, ...]:
    """Name the currencies whose euro rate a conversion needs, the document's first."""
    return tuple(dict.fromkeys(code for code in (currency, tax_currency) if code != EURO))


def convert(tax_cents: int, currency: str, tax_currency: str, rates: Sequence[ReferenceRate]) -> Conversion:
    """Convert a VAT total through the euro and round once, a half away from zero, so that a credit note mirrors it."""
    euro_rate = {rate.currency: rate.rate for rate in rates} | {EURO: Decimal(1)}
    amount = Decimal(tax_cents).scaleb(-exponent(currency)) * euro_rate[tax_currency] / euro_rate[currency]
    return Conversion(tax_currency, half_up(amount.scaleb(exponent(tax_currency))), tuple(rates))


def convert_again(stored: Mapping[str, Any], tax_cents: int, currency: str) -> Mapping[str, Any]:
    """
    Convert at the rates a decision was stored with: for its credit notes, and to check it years later.

    The VAT of a correction is converted like the VAT it corrects, whatever the rates are by then.
    """
    if not stored.get("tax_currency"):
        return NO_CONVERSION
    rates = [ReferenceRate.from_json(rate) for rate in stored["exchange_rates"]]
    return convert(tax_cents, currency, stored["tax_currency"], rates).as_columns()


def verify_conversion(stored: Any, tax_cents: int, currency: str) -> list[Reason]:
    """Convert a document's VAT again and say when its decision states another amount in the second currency."""
    again = convert_again(
        {"tax_currency": stored.tax_currency, "exchange_rates": stored.exchange_rates}, tax_cents, currency
    )
    was, now = stored.tax_in_tax_currency_cents, again["tax_in_tax_currency_cents"]
    if was == now:
        return []
    message = f"The stored VAT in {stored.tax_currency} is {was} minor units; the stored rates give {now}."
    return [Reason("tax_decision_differs", message, "tax_in_tax_currency_cents")]


def latest(rates: Iterable[ReferenceRate], currency: str, tax_currency: str, day: date) -> ReferenceRate:
    """Choose the rate of `currency` that was the latest on a day, or refuse with `exchange_rate_missing`."""
    known = [
        rate
        for rate in rates
        if rate.currency == currency and day - LATEST_WITHIN <= rate.valid_on <= day
    ]  # fmt: skip
    if not known:
        message = (
            f"VAT must also be stated in {tax_currency}, and no exchange rate of {currency} is known for {day} or the "
            f"week before; add or import it with `scaicontrol admin exchange-rates`."
        )
        raise Refused(message, reasons=[Reason(RefusalCode.exchange_rate_missing, message, "currency")])
    return max(known, key=lambda rate: rate.valid_on)
