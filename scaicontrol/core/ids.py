"""Opaque ids that tell their kind: `inv_` and 26 base-32 characters of a UUIDv7, ordered by time of birth."""

import re
from typing import Annotated

from pydantic import StringConstraints
from uuid_utils import uuid7

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's, in lower case: no i, l, o, u
_LENGTH = 26

Id = Annotated[str, StringConstraints(min_length=1, max_length=36, pattern=r"^[A-Za-z0-9_\-:.]+$")]


def new_id(prefix: str) -> str:
    """Give a fresh id such as `inv_01jd…`; 36 characters at most."""
    number = uuid7().int
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def new_ids(prefix: str, count: int) -> list[str]:
    """Give many ids of one moment, in order: one UUIDv7 whose last 20 bits count, at a tenth of the cost."""
    if count > len(_ALPHABET) ** 4:
        raise ValueError(f"At most {len(_ALPHABET) ** 4} ids at once.")
    root = new_id(prefix)[:-4]
    return [
        root + _ALPHABET[n >> 15] + _ALPHABET[(n >> 10) & 31] + _ALPHABET[(n >> 5) & 31] + _ALPHABET[n & 31]
        for n in range(count)
    ]


def prefix_of(identifier: str) -> str:
    """Name the kind an id speaks of, or an empty string."""
    match = re.match(r"^([a-z]+)_", identifier)
    return match.group(1) if match else ""
