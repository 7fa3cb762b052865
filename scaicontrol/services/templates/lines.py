"""Where something is wrong in what a person wrote, in words they can act on."""

from collections.abc import Iterable
from dataclasses import dataclass

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
    return text.count("\n", 0, end) + 1


def refusal(problems: Iterable[Problem]) -> Invalid:
    """Say everything that is wrong at once, the first thing in the message."""
    reasons = [problem.reason for problem in dict.fromkeys(problems)]
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Invalid(f"The template is refused. {reasons[0].message}{more}", reasons=reasons)
