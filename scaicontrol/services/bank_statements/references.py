"""The document numbers that payers write, wherever and however they write them."""

import re
from typing import Final

from stdnum import iso11649 as creditor_reference

# The year and the place in the series of a number such as ACM-2026-000123, with or without what stands between.
_PLACE: Final = re.compile(r"(?<!\d)(?=(\d{4})\W{0,2}(\d{6,9})(?!\d))")
_APART: Final = re.compile(r"[^0-9A-Za-z]+")
_MOST: Final = 50


def places_in(said: str) -> list[tuple[int, int]]:
    """Give the (fiscal year, serial) of whatever looks like the end of a document number."""
    return [(int(year), int(serial)) for year, serial in _PLACE.findall(said)][:_MOST]


def names(said: str, number: str) -> bool:
    """Tell whether a text holds a document number, as a whole, in whatever case and with whatever between its parts."""
    parts = [re.escape(part) for part in _APART.split(number) if part]
    return re.search(r"(?<![0-9A-Za-z])" + r"\W{0,2}".join(parts) + r"(?!\d)", said, re.IGNORECASE) is not None


def plain(structured: str) -> str:
    """Give structured references without what ISO 11649 puts around them (`RF18…`)."""
    return " ".join(_content(word) for word in structured.split())


def _content(reference: str) -> str:
    if creditor_reference.is_valid(reference):
        return str(creditor_reference.compact(reference))[4:]
    return reference
