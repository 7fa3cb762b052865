"""
What can go wrong, said once for every surface.

* ControlError     an expected failure; its message is a sentence an operator can act on
  - NotFound       it does not exist, or this actor may not know that it does
  - Unauthenticated  nobody proved who is asking
  - Forbidden      the actor may see it but not do this
  - Refused        its current state, or a business rule, does not allow this
  - Conflict       somebody was faster, or it clashes with what exists
    - Disproved    what was to be proven does not hold
  - Invalid        the request contradicts itself or the contract of a field
  - Unavailable    somebody we depend on does not answer; try again
    - OutcomeUnknown  the connection broke while it was being done; the same Idempotency-Key tells whether it was
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Reason:
    """
    One of several failures that are reported together, in the words of the person who must fix it.

    `code` never changes; those that customers meet stand in `refusals`, with `values` for what their sentence names.
    `rule` is the published id of the demand (BR-DE-6, PEPPOL-EN16931-R003) or one of ours (SC-LINE); `fix` says what to
    do, where the message does not say it already.
    """

    code: str
    message: str
    field: str | None = None
    rule: str | None = None
    fix: str | None = None
    values: Mapping[str, str] | None = None

    @property
    def said(self) -> str:
        """All of it in one paragraph, for surfaces that show text."""
        return " ".join(filter(None, [self.message, self.fix, self.rule and f"({self.rule})"]))

    def as_row(self) -> dict[str, Any]:
        """The shape every machine-readable surface answers; rule, fix and values are named only where there are any."""
        more = {"rule": self.rule, "fix": self.fix, "values": self.values and dict(self.values)}
        return {"code": self.code, "field": self.field, "message": self.message} | {
            name: value for name, value in more.items() if value
        }


class ControlError(Exception):
    """An expected failure whose message an operator can act on."""

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[Reason] = (),
        retry_after: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reasons = tuple(reasons)
        self.retry_after = retry_after
        self.details = dict(details or {})  # what a caller needs to go on, such as the plan that would allow it


class NotFound(ControlError):
    code = "not_found"


class Unauthenticated(ControlError):
    code = "unauthorized"


class Forbidden(ControlError):
    code = "forbidden"


class Refused(ControlError):
    code = "bad_request"


class Conflict(ControlError):
    code = "conflict"


class Disproved(Conflict):
    """A proof found that something is not as it should be: asked again at once, it finds the same."""


class Invalid(ControlError):
    code = "validation_error"


class Unavailable(ControlError):
    code = "service_unavailable"


class OutcomeUnknown(Unavailable):
    """A change whose commit may or may not have reached the database: only asking again tells."""


def kind_of(error: ControlError) -> type[ControlError]:
    """Give which of the kinds above an error is: a feature may name one of its own more narrowly."""
    return next((kind for kind in type(error).__mro__ if kind.__base__ is ControlError), ControlError)


def invalid(field: str, message: str, code: str = "invalid") -> Invalid:
    """Say what is wrong with one field."""
    return Invalid(message, reasons=[Reason(code, message, field)])
