"""A bank's file, in whichever of the formats it comes: camt.053 where it is XML, MT940 where it starts as one."""

from collections.abc import Callable
from typing import Final

from scaicontrol.core.errors import Invalid

from . import camt053, mt940
from .parsed import ReadStatement

FILE_MAX: Final = 5 * 1024 * 1024
TOO_LARGE: Final = f"The file is larger than {FILE_MAX // 1024 // 1024} MiB; ask the bank for shorter periods."
LINES_MAX: Final = 10_000
_XML: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")


def read(body: bytes) -> list[ReadStatement]:
    """
    Give every statement of a file whose sums hold.

    Raises Invalid, in a sentence that names what and where: for another format, a file too large, and whatever the
    reader of its format cannot believe.
    """
    if len(body) > FILE_MAX:
        raise Invalid(TOO_LARGE)
    found = _reader(body)(body)
    if not found:
        raise Invalid("The file holds no statement.")
    if sum(len(each.lines) for each in found) > LINES_MAX:
        raise Invalid(f"The file has more than {LINES_MAX:,} lines; ask the bank for shorter periods.")
    return found


def _reader(body: bytes) -> Callable[[bytes], list[ReadStatement]]:
    start = body[:2000].lstrip()
    if start.startswith(_XML):
        return camt053.read
    if start.startswith(b"PK\x03\x04"):
        raise Invalid("The file is a ZIP archive; unpack it and import each statement.")
    if mt940.is_one(body):
        return mt940.read
    raise Invalid("The file is neither camt.053 nor MT940; ask the bank for camt.053.")
