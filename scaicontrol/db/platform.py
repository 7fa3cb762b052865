"""What goes past the scopes on purpose: each names its capability, and leaves an audit entry in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Insert, insert
from sqlalchemy.orm import Session

from .ownership import ScopeViolation

PLATFORM_SQL: Final = (
    "platform_sql"  # execution option: this statement is the platform's own; its value is a Capability
)


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that only the platform does, and why no scope could; both stand in the audit entry."""

    name: str
    reason: str


Auditor = Callable[[Capability, Session | None], Any]
_auditors: list[Auditor] = []


def audits_platform_sql(auditor: Auditor) -> Auditor:
    """Have `auditor` give the entry of a use; without one, nothing goes past the scopes."""
    _auditors[:] = [auditor]
    return auditor


def record(session: Session, capability: Any) -> None:
    """Leave the entry of a statement that goes past the scopes, or raise."""
    session.add(_entry(capability, session))


def raw_entry(capability: Capability) -> Insert:
    """Give the statement that leaves the entry on a raw connection."""
    row = _entry(capability, None)
    return insert(row.__table__).values({column.key: getattr(row, column.key) for column in row.__table__.columns})


def _entry(capability: Any, session: Session | None) -> Any:
    if not isinstance(capability, Capability):
        raise ScopeViolation("Platform-wide SQL names its capability; give a Capability as the option's value.")
    if not _auditors:
        raise ScopeViolation("Platform-wide SQL is audited, and nobody here writes the entry.")
    return _auditors[0](capability, session)
