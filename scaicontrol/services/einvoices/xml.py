"""The little that both writers share: escaped text, elements that vanish when empty, numbers without exponents."""

from decimal import Decimal

from .document import Party

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escape(text: str) -> str:
    return text.translate(_ESCAPES)


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
