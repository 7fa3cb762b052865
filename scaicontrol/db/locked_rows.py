"""
Locks that hold on every node: a row that was locked is changed by whoever writes anything under its lock.

Galera knows a row lock on its own node only, and certifies changed rows only: of two nodes that lock one payment, sum
up its refunds and each insert another, both commit. Here the locked row gets a new `updated_at` in that transaction,
and the second to commit is undone and runs again. A lock under which nothing is written guards nothing, and costs
nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Result, event
from sqlalchemy.orm import ORMExecuteState, Session

from .model import Model
from .ownership import ScopeViolation
from .scoped_session import ScopedSession

_LOCKED: Final = "locked_rows"
_CHANGED: Final = "changed_rows"
_WRITES: Final = "writes"
_TICK: Final = timedelta(microseconds=1)


@event.listens_for(ScopedSession, "do_orm_execute")
def _note_locks(state: ORMExecuteState) -> Result[Any] | None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info.setdefault(_WRITES, True)
        return None
    if getattr(state.statement, "_for_update_arg", None) is None:
        return None
    found = state.invoke_statement().freeze()
    locked = state.session.info.setdefault(_LOCKED, {})
    for row in found.data:
        for entity in _entities(row):
            locked[id(entity)] = entity
    return found()


def _entities(row: Any) -> Iterable[Model]:
    parts = (row,) if isinstance(row, Model) else row
    entities = [part for part in parts if isinstance(part, Model)]
    if not entities:
        raise ScopeViolation("A lock is taken on entities, so that it can hold on every node; select the entity.")
    return entities


@event.listens_for(ScopedSession, "after_flush")
def _note_changes(session: Session, _: Any) -> None:
    if not (session.new or session.dirty or session.deleted):
        return
    changed = session.info.setdefault(_CHANGED, {})  # the rows with their ids, which others would get after them
    changed.update({id(row): row for row in session.dirty if session.is_modified(row)})
    changed.update({id(row): row for row in session.deleted})
    if session.new or changed:
        session.info.setdefault(_WRITES, True)


@event.listens_for(ScopedSession, "before_commit")
def _change_what_was_locked(session: Session) -> None:
    locked = session.info.get(_LOCKED)
    if not locked:
        return
    session.flush()
    if _WRITES not in session.info:
        return
    changed = session.info.get(_CHANGED, ())
    for entity in [row for key, row in locked.items() if key not in changed and not row.append_only]:
        entity.updated_at = max(session.info.get("now", entity.updated_at), entity.updated_at + _TICK)
    session.flush()
