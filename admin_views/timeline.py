"""The timeline of one object: what was done to it, newest first, and what the people who did it are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit

from .names import Ref, names_of


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: Sequence[AuditEntry] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of people, by id


async def timeline_of(uow: UnitOfWork, pk: str) -> Timeline:
    """Give what was done to an object; nothing where whoever looks may not read the audit log."""
    if not uow.actor.may("audit:read"):
        return Timeline()
    entries = await audit.timeline(uow, pk)
    people = [Ref("user", who) for entry in entries for who in (entry.actor_id, entry.on_behalf_of) if who]
    return Timeline(entries, await names_of(uow, people))
