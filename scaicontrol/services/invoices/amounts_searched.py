"""Which amount somebody looks for who types one: whole or with cents, in the writing of any of our languages."""

import re
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, or_

from scaicontrol.core.money import CENTS_MAX, UNUSUAL_EXPONENTS

from .models import Invoice

_AMOUNT: Final = re.compile(r"(\d{1,3}(?:[.,'\u2019 ]\d{3})+|\d+)(?:([.,])(\d{1,3}))?")
_AROUND: Final = re.compile(r"^[^\d]*|[^\d]*$")  # a sign of a currency, its code, a minus
_GROUPED: Final = re.compile(r"[.,'\u2019 ]")
_NORMAL: Final = 2


def amount_of(text: str) -> Decimal | None:
    """Read `224`, `€ 1.234,56`, `1,234.56` or `1 234,56`; None for what is no amount. `1.234` is over a thousand."""
    found = _AMOUNT.fullmatch(_AROUND.sub("", text.replace("\u00a0", " ").replace("\u202f", " ")))
    if found is None:
        return None
    return Decimal(f"{_GROUPED.sub('', found[1])}.{found[3] or 0}")


def has_total(amount: Decimal) -> ColumnElement[bool]:
    """Match documents that come to an amount, in whichever currency, credit notes with it turned round."""
    found = []
    for digits in sorted({_NORMAL, *UNUSUAL_EXPONENTS.values()}):
        cents = amount.scaleb(digits)
        if cents != cents.to_integral_value() or cents > CENTS_MAX:
            continue
        unusual = [code for code, places in UNUSUAL_EXPONENTS.items() if places == digits]
        whose = Invoice.currency.in_(unusual) if unusual else Invoice.currency.not_in(list(UNUSUAL_EXPONENTS))
        found.append(whose & Invoice.total_cents.in_((int(cents), -int(cents))))
    return or_(*found) if found else Invoice.id.is_(None)
