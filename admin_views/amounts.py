"""Amounts as people search for them: `120.50`, `>100`, `100..200`, `>100 EUR`, each in the row's own currency."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from scaicontrol.core.errors import invalid
from scaicontrol.core.money import CENTS_MAX, UNUSUAL_EXPONENTS, exponent

from .language import gettext

Attribute = InstrumentedAttribute[Any]
_ASKED: Final = re.compile(r"(>=|<=|>|<)?\s*(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?(?:\s*([A-Za-z]{3}))?")
_COMPARED: Final[dict[str, Callable[[Attribute, int], ColumnElement[bool]]]] = {
    ">": lambda column, cents: column > cents,
    "<": lambda column, cents: column < cents,
    ">=": lambda column, cents: column >= cents,
    "<=": lambda column, cents: column <= cents,
    "": lambda column, cents: column == cents,
}


def is_amount(said: str) -> bool:
    return _ASKED.fullmatch(said) is not None


def of_amount(column: Attribute, said: str) -> ColumnElement[bool]:
    """Say which rows have such an amount in `column`, minor units of their `currency`; raises Invalid for no amount."""
    found = _ASKED.fullmatch(said.strip())
    if found is None:
        raise invalid(
            "amount", gettext("'%(said)s' is not an amount; write 120.50, >100, 100..200 or >100 EUR.", said=said)
        )
    sign, low, high, currency = found[1] or "", Decimal(found[2]), found[3], found[4]
    of = column.class_.currency
    if currency:
        digits = exponent(currency.upper())
        return and_(of == currency.upper(), _between(column, sign, low, high, digits))
    usual = and_(of.not_in(list(UNUSUAL_EXPONENTS)), _between(column, sign, low, high, 2))
    return or_(usual, *_unusual(column, of, sign, low, high))


def _unusual(
    column: Attribute, of: Attribute, sign: str, low: Decimal, high: str | None
) -> Iterator[ColumnElement[bool]]:
    for digits in sorted(set(UNUSUAL_EXPONENTS.values())):
        those = [code for code, its in UNUSUAL_EXPONENTS.items() if its == digits]
        yield and_(of.in_(those), _between(column, sign, low, high, digits))


def _between(column: Attribute, sign: str, low: Decimal, high: str | None, digits: int) -> ColumnElement[bool]:
    if high is not None:
        return and_(column >= _cents(low, digits), column <= _cents(Decimal(high), digits))
    return _COMPARED[sign](column, _cents(low, digits))


def _cents(amount: Decimal, digits: int) -> int:
    if amount >= CENTS_MAX:
        raise invalid("amount", gettext("%(amount)s is more than any amount here.", amount=amount))
    return int(amount.scaleb(digits))
