"""
Isolation: a session belongs to one scope for its whole life, and every statement it runs is scoped or refused.

* `do_orm_execute` adds the scope's condition to every load, update and delete, also of relationships and subqueries.
* What comes out is looked at once more, as SQL (`proof.py`): a table with an owner that no condition holds, raw SQL and
  whatever else is not understood is refused, wherever it stands.
* `before_flush` stamps and verifies every new or changed row; a foreign row that is loaded all the same raises.
* No scope means nothing: the condition is false and inserts raise.

The facts behind each rule are in the tests (`tests/isolation`); an ORM filter alone does not isolate.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Result, TextClause, event, inspect
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.sql.dml import Insert

from .criteria import criteria
from .holders import holders, refuse_strangers
from .ownership import (
    MARKERS,
    OWNERS,
    PLATFORMS,
    Common,
    Journal,
    PartnerOwned,
    PartnerPrivate,
    PartnerShared,
    PlatformWritten,
    Scope,
    ScopeViolation,
    SelfDescribed,
    ServiceReported,
    TenantOwned,
    check_owner,
    refuse_change,
    stamp_and_verify,
)
from .platform import PLATFORM_SQL, Capability, record
from .proof import Findings, proving
from .scoped_session import ScopedSession, flushing, flushing_rows, scope_of

__all__ = [
    "PLATFORMS",
    "PLATFORM_SQL",
    "Capability",
    "Common",
    "Journal",
    "PartnerOwned",
    "PartnerPrivate",
    "PartnerShared",
    "PlatformWritten",
    "Scope",
    "ScopeViolation",
    "ScopedSession",
    "SelfDescribed",
    "ServiceReported",
    "TenantOwned",
    "scope_of",
]

_SEEN = "_seen"


@dataclass(frozen=True, slots=True)
class _StatementScope:
    """Goes with a statement to the engine: the hook has looked at it. Only the hook and the database make one."""

    scope: Scope
    is_checked: bool = False  # its rows were verified one by one
    is_unbound: bool = False  # it goes past the scopes under a capability, and is audited


UNBOUND: Final = {_SEEN: _StatementScope(Scope.platform(), is_unbound=True)}
STATUS_ONLY: Final = {_SEEN: "status"}
_STATUS_SQL: Final = re.compile(
    r"SHOW GLOBAL (VARIABLES|STATUS) [^;]*|SELECT (1|connection_id\(\)|count\(\*\) FROM sqlite_master)"
)


@event.listens_for(ScopedSession, "do_orm_execute")
def _scope_statement(state: ORMExecuteState) -> Result[Any] | None:
    scope = scope_of(state.session)
    capability = state.execution_options.get(PLATFORM_SQL)
    if capability is not None:
        record(state.session, capability)
        state.update_execution_options(**UNBOUND)
        return None
    _refuse_unscopable(state)
    if scope.is_platform and state.is_update and isinstance(state.parameters, list):
        with flushing_rows():  # a bulk update by key drops the options on its way to the engine
            return state.invoke_statement()
    seen = _StatementScope(scope)
    if scope.is_platform:
        pass
    elif state.is_insert:
        seen = _StatementScope(scope, is_checked=_check_insert(scope, state))
    elif state.is_orm_statement:
        if state.is_update or state.is_delete:
            _narrow_change(scope, state)
        state.statement = state.statement.options(*criteria(scope))
    if state.is_orm_statement:
        state.update_execution_options(**{_SEEN: seen})
    return None


def _refuse_unscopable(state: ORMExecuteState) -> None:
    """Raise over statements that no condition can be added to, whoever asks: the platform names a capability."""
    if isinstance(state.statement, TextClause):
        raise ScopeViolation("Raw SQL cannot be scoped; write it as an ORM statement, or name a capability.")
    if state.is_from_statement:
        raise ScopeViolation("from_statement() cannot be scoped.")


def _narrow_change(scope: Scope, state: ORMExecuteState) -> None:
    """Leave an UPDATE or DELETE what its scope may write, which is less than it may see; the rest is refused."""
    if isinstance(state.parameters, list):
        raise ScopeViolation("A bulk update by key cannot be scoped; use update().where().")
    mapper = state.bind_mapper
    if mapper is None:
        return
    kind: Any = mapper.class_
    refuse_change(scope, kind)
    if issubclass(kind, PartnerShared):
        state.statement = state.statement.where(kind.owner_partner_id == scope.partner_id)  # type: ignore[attr-defined]  # an UPDATE or DELETE
    elif scope.kind == "service" and issubclass(kind, ServiceReported | SelfDescribed):
        mine = kind.service_id if hasattr(kind, "service_id") else kind.id
        state.statement = state.statement.where(mine == scope.service_id)  # type: ignore[attr-defined]  # as above


def _check_insert(scope: Scope, state: ORMExecuteState) -> bool:
    """Verify the rows of an INSERT one by one; tell whether there were any with an owner."""
    statement, mapper = state.statement, state.bind_mapper
    if mapper is None:
        return False
    if not issubclass(mapper.class_, MARKERS):
        refuse_change(scope, mapper.class_)
        return False
    if not isinstance(statement, Insert) or getattr(statement, "_post_values_clause", None) is not None:
        raise ScopeViolation("An upsert could overwrite a foreign row; insert or update instead.")
    if statement.select is not None:
        raise ScopeViolation("INSERT … SELECT cannot be scoped.")
    rows: list[Any] = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    if not rows or not all(rows):
        raise ScopeViolation("insert().values() cannot be scoped; pass the rows as parameters.")
    for row in rows:
        stamp_and_verify(scope, mapper.class_, dict.get, dict.__setitem__, row)
    if issubclass(mapper.class_, ServiceReported):
        _check_holders(state.session, {(row.get("tenant_id"), row.get("partner_id")) for row in rows})
    return True


def _check_holders(session: Session, named: set[Any]) -> None:
    scope = scope_of(session)
    if scope.kind == "service" and named:
        asked = holders(scope.service_id, sorted(str(tenant) for tenant, _ in named))
        held = session.connection().execute(asked, execution_options=UNBOUND)
        refuse_strangers(named, {(tenant, partner) for tenant, partner in held})


def _get(row: Any, name: str) -> Any:
    return getattr(row, name, None)


@event.listens_for(ScopedSession, "before_attach")
def _refuse_detached(session: Session, row: Any) -> None:
    """A detached row is written by its key alone, and nobody knows whose key that is."""
    if isinstance(row, MARKERS) and inspect(row).detached and not scope_of(session).is_platform:
        raise ScopeViolation(f"{type(row).__name__} was not loaded in this session; load it again to change it.")


@event.listens_for(ScopedSession, "before_flush")
def _check_flush(session: Session, _: UOWTransaction, __: Any) -> None:
    scope = scope_of(session)
    if scope.is_platform:
        return
    for row in session.new:
        stamp_and_verify(scope, type(row), _get, setattr, row)
    reported = [row for row in session.new if isinstance(row, ServiceReported)]
    _check_holders(session, {(_get(row, "tenant_id"), _get(row, "partner_id")) for row in reported})
    for row in (*session.dirty, *session.deleted):
        if row in session.deleted or session.is_modified(row):
            _check_change(scope, row)


def _check_change(scope: Scope, row: Any) -> None:
    refuse_change(scope, type(row))
    stamp_and_verify(scope, type(row), _get, setattr, row)
    for name in OWNERS:
        attribute = inspect(row).attrs.get(name)
        if attribute is not None and attribute.history.deleted and any(attribute.history.deleted):
            raise ScopeViolation(f"{row!r} cannot move to another {name.removesuffix('_id')}.")


def _check_loaded(state: Any, context: Any, _: Any = None) -> None:
    # Runs for every row of every list: the listeners are raw, so that no row is wrapped on its way here.
    session = context.session if context is not None else state.session  # a merge has no context
    if session is None:
        return
    scope, loaded = scope_of(session), state.dict
    # The usual row is told without another call.
    own = scope.partner_id is not None and loaded.get("partner_id") == scope.partner_id
    if not (own and scope.tenant_id in (None, loaded.get("tenant_id"))):
        check_owner(scope, loaded, state.class_)


for _marker in MARKERS:
    event.listen(_marker, "load", _check_loaded, propagate=True, raw=True)
    event.listen(_marker, "refresh", _check_loaded, propagate=True, raw=True)


def guard(engine: Engine) -> None:
    """Refuse, on this engine, every statement that no scoped session has looked at, or that reaches past its scope."""
    dialect: Any = engine.dialect
    dialect.statement_compiler = proving(dialect.statement_compiler)
    event.listen(engine, "before_cursor_execute", _judge)


def _judge(_: Connection, __: Any, sql: str, ___: Any, context: Any, ____: Any) -> None:
    seen = context.execution_options.get(_SEEN)
    scope = seen.scope if type(seen) is _StatementScope else None
    if scope is not None and seen.is_unbound:
        return
    if seen == "status" and _STATUS_SQL.fullmatch(sql):
        return
    if context.compiled is None:
        if sql in ("BEGIN", "BEGIN IMMEDIATE"):
            return
        raise ScopeViolation("Driver-level SQL is not allowed on this engine.")
    if scope is None and not flushing.get():
        check_unseen(context.compiled)
    else:
        check_compiled(context.compiled, scope, may_write=scope is None or seen.is_checked)


def check_unseen(compiled: Any) -> None:
    """Raise over a statement that came past the session's hook and reaches rows that have an owner."""
    _refuse(_findings(compiled).scoped, "A Core statement on {} has no scope.")


def check_compiled(compiled: Any, scope: Scope | None, *, may_write: bool = False) -> None:
    """Raise over a statement that the conditions of its scope do not hold, or that would move rows between scopes."""
    findings = _findings(compiled)
    if scope is not None and scope.is_platform:
        return
    _refuse(findings.unscoped, "{} without its entity has no scope; select the entity.")
    if not may_write:
        _refuse(findings.written, "Rows of {} cannot be written past the session's scope.")
        _refuse(findings.moved, "An UPDATE cannot set {}: rows do not move between owners or keys.")


def _findings(compiled: Any) -> Findings:
    findings: Findings | None = getattr(compiled, "findings", None)
    if findings is None:
        raise ScopeViolation("The schema is changed by migrations, and questions are put to a guarded engine only.")
    if findings.unknown:
        raise ScopeViolation(findings.unknown[0])
    return findings


def _refuse(names: set[str], sentence: str) -> None:
    if names:
        raise ScopeViolation(sentence.format(", ".join(sorted(names))))
