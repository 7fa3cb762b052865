"""A bank's file, in whichever of the formats it comes: camt.053 if it is XML, MT940 if it starts as one, else CSV."""

from collections.abc import Callable
from typing import Final

from scaicontrol.core.errors import Invalid

from . import camt053, csv_file, mt940
from .parsed import ReadStatement
from .schemas import CsvMappingIn

FILE_MAX: Final = 5 * 1024 * 1024
TOO_LARGE: Final = f"The file is larger than {FILE_MAX // 1024 // 1024} MiB; ask the bank for shorter periods."
LINES_MAX: Final = 10_000
_XML: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")


def read(body: bytes, iban: str | None = None, mapping: CsvMappingIn | None = None) -> list[ReadStatement]:
    """
    Give every statement of a file whose sums hold; CSV, which names no account, is read by the mapping of `iban`.

    Raises Invalid, in a sentence that names what and where: for another format, a file too large, and whatever the
    reader of its format cannot believe.
    """
    if len(body) > FILE_MAX:
        raise Invalid(TOO_LARGE)
    reader = _reader(body)
    if reader is not None:
        found = reader(body)
    elif iban is not None and mapping is not None:
        found = [csv_file.read(body, iban, mapping)]
    elif iban is not None:
        raise Invalid(f"The file is neither camt.053 nor MT940, and account {iban} has no CSV mapping: keep one first.")
    else:
        raise Invalid("The file is neither camt.053 nor MT940; if it is CSV, name its account, else ask for camt.053.")
    if other := next((each.iban for each in found if iban is not None and each.iban != iban), None):
        raise Invalid(f"The file is of account {other}, and was brought for {iban}.")
    if not found:
        raise Invalid("The file holds no statement.")
    if sum(len(each.lines) for each in found) > LINES_MAX:
        raise Invalid(f"The file has more than {LINES_MAX:,} lines; ask the bank for shorter periods.")
    return found


def _reader(body: bytes) -> Callable[[bytes], list[ReadStatement]] | None:
    """Tell what reads a file that says itself what it is."""
    start = body[:2000].lstrip()
    if start.startswith(_XML):
        return camt053.read
    if start.startswith(b"PK\x03\x04"):
        raise Invalid("The file is a ZIP archive; unpack it and import each statement.")
    return mt940.read if mt940.is_one(body) else None
