"""The unit of work: one actor, one moment, one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import get_history

from scaicontrol.db.model import Model
from scaicontrol.db.platform import audits_platform_sql
from scaicontrol.db.prepared import Prepared, PreparedInsert, PreparedView, Row, view_of
from scaicontrol.db.tenant_filter import Capability, ScopedSession, ScopeViolation

from .actor import Actor
from .audit_log import AuditEntry
from .clock import SystemClock
from .events import DomainEvent
from .ids import new_id
from .outbox import Outbox
from .settings import Settings
from .turns import slices, turn
from .verbs import VerbCall


@dataclass(slots=True)
class UnitOfWork:
    """
    What a verb works with. The door opens and commits it, and may run the whole verb again after a conflict.

    A verb therefore has no effect but rows of `session`, facts given to `emit`, and who is woken by them.
    """

    actor: Actor
    now: datetime
    session: AsyncSession
    settings: Settings
    plan_id: str | None = None  # of the change plan that is being applied
    facts: list[DomainEvent] = field(default_factory=list)
    calls: list[VerbCall] = field(default_factory=list, init=False)  # the outermost verbs it ran
    wakes: set[str] = field(default_factory=set, init=False)  # tasks that find something due once this commits
    inside: bool = field(default=False, init=False)
    _view: PreparedView | None = field(default=None, init=False, repr=False)

    def authorize(self, permission: str) -> None:
        """Raise Unauthenticated or Forbidden unless the actor holds `permission` (`core/permissions.py`)."""
        self.actor.require(permission)

    async def rows(self, question: Prepared, **given: Any) -> list[Row]:
        """Put a prepared question in this transaction; it sees what is flushed, in the actor's scope."""
        async with self._prepared() as view:
            return await view.rows(question, **given)

    async def insert(self, into: PreparedInsert, rows: Sequence[Row]) -> None:
        """Store many rows at once in this transaction, without entities."""
        async with self._prepared() as view:
            await view.insert(into, rows)
        self.session.info.setdefault("wrote", True)

    async def has_written(self) -> bool:
        """Tell whether anything but bookkeeping would be kept if this unit committed now."""
        await self.session.flush()
        return bool(self.calls or self.session.info.get("wrote"))

    @asynccontextmanager
    async def _prepared(self) -> AsyncIterator[PreparedView]:
        if self._view is None:
            self._view = await view_of(self.session)
        try:
            yield self._view
        finally:
            if self._view.broken:  # nobody may be given this connection again
                await (await self.session.connection()).invalidate(self._view.broken)

    async def store(self, rows: Sequence[Model]) -> None:
        """Add rows and write them; of many, a slice at a time, so that others have the loop between."""
        for part in slices(rows):
            self.session.add_all(part)
            await self.write()

    async def write(self) -> None:
        """Write what has changed so far, one slice of many, and let others have the loop."""
        await self.session.flush()
        await turn()

    def emit(
        self,
        fact: DomainEvent,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Record `fact` and its audit entry in this transaction; the relay and the reactions follow after commit."""
        partner_id, tenant_id = fact.owners()
        common = {
            "partner_id": partner_id,
            "tenant_id": tenant_id,
            "resource_type": fact.resource_type,
            "resource_id": fact.resource_id,
            "occurred_at": self.now,
        }
        self.session.add_all(
            (
                Outbox(
                    id=new_id("evt"),
                    event_type=fact.topic,
                    idempotency_key=fact.idempotency_key,
                    source_key=fact.idempotency_key,
                    payload=fact.payload,
                    public=fact.public,
                    actor_id=self.actor.id,
                    next_attempt_at=self.now,
                    next_reaction_at=self.now,
                    **common,
                ),
                AuditEntry(
                    id=new_id("aud"),
                    actor_id=self.actor.id,
                    actor_kind=self.actor.kind,
                    on_behalf_of=self.actor.on_behalf_of,
                    action=fact.topic,
                    before=dict(before) if before is not None else None,
                    after=dict(after) if after is not None else None,
                    reason=reason,
                    surface=self.actor.surface,
                    request_id=self.actor.request_id,
                    change_plan_id=self.plan_id,
                    **common,
                ),
            )
        )
        self.facts.append(fact)


@dataclass(slots=True)
class ReadContext:
    """What a question asked all day works with: one actor, one moment, one view of the database, no entities."""

    actor: Actor
    now: datetime
    settings: Settings
    view: PreparedView

    def authorize(self, permission: str) -> None:
        """Raise Unauthenticated or Forbidden unless the actor holds `permission` (`core/permissions.py`)."""
        self.actor.require(permission)

    async def rows(self, question: Prepared, **given: Any) -> list[Row]:
        """Put a prepared question; the actor's scope decides whose rows it sees."""
        return await self.view.rows(question, **given)


@event.listens_for(ScopedSession, "before_flush")
def _stamp_moments(session: Session, _: Any, __: Any) -> None:
    """Give new and changed rows the unit's own moment, so that a frozen clock freezes them too."""
    now = session.info.get("now")
    if now is None:
        return
    for row in session.new:
        if isinstance(row, Model):
            if row.created_at is None:
                row.created_at = now
            row.updated_at = now
    for row in session.dirty:
        if isinstance(row, Model) and session.is_modified(row) and not get_history(row, "updated_at").added:
            row.updated_at = now


@event.listens_for(ScopedSession, "after_flush")
def _note_rows(session: Session, _: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if not getattr(row, "bookkeeping", False):
            session.info.setdefault("wrote", True)
            return


@event.listens_for(ScopedSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    changes = state.is_insert or state.is_update or state.is_delete
    if changes and not getattr(state.bind_mapper and state.bind_mapper.class_, "bookkeeping", False):
        state.session.info.setdefault("wrote", True)


@audits_platform_sql
def _platform_sql_entry(capability: Capability, session: Session | None) -> AuditEntry:
    """Say who went past the scopes, for what; on a connection without a unit of work it is the capability's own job."""
    actor, now = Actor.system(capability.name), SystemClock().now()
    if session is not None:
        if session.info.get("is_read_only") or "actor" not in session.info:
            raise ScopeViolation("Platform-wide SQL leaves an audit entry; run it in a unit of work that commits.")
        actor, now = session.info["actor"], session.info["now"]
    return AuditEntry(
        id=new_id("aud"),
        occurred_at=now,
        created_at=now,
        updated_at=now,
        actor_id=actor.id,
        actor_kind=actor.kind,
        on_behalf_of=actor.on_behalf_of,
        partner_id=actor.partner_id,
        tenant_id=actor.tenant_id,
        action="platform_sql.used",
        resource_type="capability",
        resource_id=capability.name,
        reason=capability.reason,
        surface=actor.surface,
        request_id=actor.request_id,
        change_plan_id=session.info.get("plan_id") if session is not None else None,
    )
