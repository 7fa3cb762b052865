"""The dated table of reference rates, and the VAT of a document in the currency of its seller's state."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import Select, select

from scaicontrol.core.errors import Conflict, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import FORMER, is_currency
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import ExchangeRatesAdded
from ..exchange import (
    EURO,
    Conversion,
    ReferenceRate,
    convert,
    currencies_to_convert,
    latest,
    vat_currency,
)
from ..models import ExchangeRate

_HIGHEST_RATE = Decimal(10) ** 7  # the euro buys tens of thousands of the smallest currencies, not millions


@verb
async def add_exchange_rate(uow: UnitOfWork, new: ReferenceRate, *, replace: bool = False) -> ExchangeRate:
    """
    Note what one euro was worth on a day.

    Another rate of that day is a Conflict unless `replace`: documents keep the rate they were converted at.

    Raises Invalid for an unknown currency, the euro, or a rate out of range.
    """
    uow.authorize("vat_rates:manage")
    _check(new)
    row = await uow.session.get(ExchangeRate, new.id, with_for_update=True)
    if row is None:
        row = _row(new)
        uow.session.add(row)
    elif (row.rate, row.source) == (new.rate, new.source):
        return row
    elif not replace:
        raise Conflict(f"One euro already is {row.rate.normalize():f} {row.currency} on {row.valid_on} ({row.source}).")
    row.rate, row.source = new.rate, new.source
    _tell(uow, [new])
    return row


@verb
async def import_exchange_rates(uow: UnitOfWork, rates: Sequence[ReferenceRate]) -> int:
    """
    Add the rates that have no row yet and count them; a day that is known is never changed.

    Raises Invalid for an unknown currency, the euro, or a rate out of range; then none is added.
    """
    uow.authorize("vat_rates:manage")
    if not rates:
        return 0
    known = set(await uow.session.scalars(_ids_between(rates)))
    missing = list({rate.id: rate for rate in rates if rate.id not in known}.values())
    for rate in missing:
        _check(rate)
    uow.session.add_all(_row(rate) for rate in missing)
    if missing:
        _tell(uow, missing)
    return len(missing)


def _ids_between(rates: Sequence[ReferenceRate]) -> Select[str]:
    days = [rate.valid_on for rate in rates]
    return select(ExchangeRate.id).where(ExchangeRate.valid_on.between(min(days), max(days)))


def _check(rate: ReferenceRate) -> None:
    if not is_currency(rate.currency) and rate.currency not in FORMER:
        raise invalid("currency", f"'{rate.currency}' is not an ISO 4217 currency code.", "unknown_currency")
    if rate.currency == EURO:
        raise invalid("currency", "Rates are units of a currency for one euro; the euro itself has none.")
    if not rate.rate.is_finite() or not 0 < rate.rate < _HIGHEST_RATE or rate.rate != round(rate.rate, _DECIMALS):
        raise invalid("rate", f"One euro cannot be {rate.rate} {rate.currency}; a rate has at most eight decimals.")


_DECIMALS = 8


def _row(rate: ReferenceRate) -> ExchangeRate:
    return ExchangeRate(id=rate.id, currency=rate.currency, rate=rate.rate, valid_on=rate.valid_on, source=rate.source)


def _tell(uow: UnitOfWork, rates: Sequence[ReferenceRate]) -> None:
    days = sorted(rate.valid_on for rate in rates)
    uow.emit(
        ExchangeRatesAdded(
            batch_id=new_id("xrt"),
            count=len(rates),
            currencies=sorted({rate.currency for rate in rates}),
            first_day=days[0].isoformat(),
            last_day=days[-1].isoformat(),
            source=rates[0].source,
        )
    )


async def in_tax_currency(
    uow: UnitOfWork, seller_country: str, currency: str, tax_cents: int, day: date
) -> Conversion | None:
    """
    Convert a document's VAT to the currency of the seller's state, or None where nothing has to be converted.

    `day` is when the VAT becomes chargeable. Without a rate of that day or the week before it refuses with
    `exchange_rate_missing`; no VAT payable needs no conversion (Art. 230).
    """
    tax_currency = vat_currency(seller_country, day)
    if tax_currency in {None, currency} or not tax_cents:
        return None
    wanted = currencies_to_convert(currency, str(tax_currency))
    known = await queries.exchange_rates_near(uow, wanted, day)
    rates = [latest(known, code, str(tax_currency), day) for code in wanted]
    return convert(tax_cents, currency, str(tax_currency), rates)


async def rate_of(uow: UnitOfWork, base: str, currency: str, day: date) -> Decimal | None:
    """Tell how much of a currency one unit of `base` was worth on a day; None where that week's rate is not known."""
    wanted = currencies_to_convert(currency, base)
    known = await queries.exchange_rates_near(uow, wanted, day)
    try:
        euro_rate = {code: latest(known, code, base, day).rate for code in wanted} | {EURO: Decimal(1)}
    except Refused:
        return None
    return euro_rate[currency] / euro_rate[base]
