"""
What the writers share: escaped text, elements that vanish when empty, numbers without exponents.

Text is put together without a tree: the structure is fixed, and a tree costs ten times as much to build as to write.
"""

from decimal import Decimal

from ..document import AllowanceCharge, Document, Line, Party

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escape(text: str) -> str:
    if text.isalnum():
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\r", "&#13;")


def element(tag: str, text: str, attributes: str = "") -> str:
    """Write an element with text, or nothing: both syntaxes forbid empty elements."""
    return f"<{tag}{attributes}>{escape(text)}</{tag}>" if text else ""


def wrap(tag: str, *children: str) -> str:
    """Write an element around its children, or nothing when all of them vanished."""
    inside = "".join(children)
    return f"<{tag}>{inside}</{tag}>" if inside else ""


def attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""


def plain(value: Decimal) -> str:
    """Write a quantity, price or rate exactly: no exponent, no trailing zeros after the point."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# ISO 6523 schemes of national company registers, and what a number of each looks like.
_REGISTERS = {"NL": ("0106", 8), "BE": ("0208", 10), "FR": ("0002", 9), "DK": ("0184", 8), "NO": ("0192", 9)}


def register_scheme(party: Party) -> str:
    """Name the scheme of a registration number when its form leaves no doubt."""
    scheme, digits = _REGISTERS.get(party.country_code, ("", 0))
    number = party.registration_number
    return scheme if number.isdigit() and len(number) == digits else ""


def seller_identifier(party: Party, *, outside_scope: bool) -> str:
    """
    Identify the seller (BT-29) by what was given, else by its VAT number where that may not stand as one.

    BR-CO-26 wants one of BT-29, BT-30 and BT-31; category O forbids BT-31 (BR-O-02).
    """
    if party.identifier or not outside_scope or party.registration_number:
        return party.identifier
    return party.vat_number


def exact_price(line: Line, document: Document) -> tuple[Decimal, Decimal]:
    """
    Give price (BT-146) and base quantity (BT-149) by which the line is exact.

    Where a currency has no decimals, quantity times price is off by up to half a unit, and PEPPOL-EN16931-R120 allows
    0.02: then the price is the line's own for its whole quantity.
    """
    if document.exponent or not line.quantity:
        return line.unit_price, line.base_quantity
    gross = line.net_amount + sum(each.amount for each in line.allowances) - sum(each.amount for each in line.charges)
    if abs(line.quantity * line.unit_price / line.base_quantity - gross) <= _SLACK:
        return line.unit_price, line.base_quantity
    return abs(gross), abs(line.quantity)


def is_exact(item: AllowanceCharge, document: Document) -> bool:
    """Tell whether a percentage of its base gives the amount, as PEPPOL-EN16931-R040 wants it."""
    if document.exponent or item.percent is None or item.base_amount is None:
        return True
    return abs(item.base_amount * item.percent / 100 - item.amount) <= _SLACK


_SLACK = Decimal("0.02")


def tax_number(party: Party, *, outside_scope: bool) -> str:
    """Give BT-32; the VAT number stands in for it where it may not be called one."""
    return party.tax_number or (party.vat_number if outside_scope else "")
