"""Where something is wrong in what a person wrote, in words they can act on."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from scaicontrol.core.errors import Invalid, Reason


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong; `field` is html_content, css_content or subject, `line` counts from 1 and 0 means all of it."""

    field: str
    line: int
    message: str

    @property
    def reason(self) -> Reason:
        place = f"Line {self.line}: " if self.line else ""
        return Reason("template_error", place + self.message, self.field)


def line_at(text: str, position: int) -> int:
    """Give the line of a position; one that is not in the text means its end."""
    end = position if 0 <= position <= len(text) else len(text)
    return bisect_left(_breaks(text), end) + 1


@lru_cache(maxsize=2)
def _breaks(text: str) -> list[int]:
    """Say where lines end; asked for each piece of a text, which may be long and have many."""
    return [found.start() for found in re.finditer("\n", text)]


def refusal(problems: Iterable[Problem]) -> Invalid:
    """Say everything that is wrong at once, the first thing in the message."""
    reasons = [problem.reason for problem in dict.fromkeys(problems)]
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Invalid(f"The template is refused. {reasons[0].message}{more}", reasons=reasons)
