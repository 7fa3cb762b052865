"""Cells of a CSV file that a spreadsheet will open: no cell begins a formula, amounts have a decimal point or comma."""

from decimal import Decimal

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Keep a spreadsheet from running text as a formula; a quote before it is what they all understand (OWASP)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def in_one_line(text: str) -> str:
    """Replace what would end a row or a cell; a name has no line of its own in the books."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def money(amount: Decimal, separator: str = ".") -> str:
    return format(amount, "f").replace(".", separator)


def plain(number: Decimal, separator: str = ".") -> str:
    """Write a number with as many decimals as it has."""
    return money(number.normalize(), separator)
