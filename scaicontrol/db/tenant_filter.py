"""
Isolation: a session belongs to one scope for its whole life, and every statement it runs is scoped or refused.

* `do_orm_execute` adds the scope's condition to every load, update and delete, also of relationships and subqueries.
* Statements the hook cannot see into (text, Core on scoped tables, upserts, bulk updates by key) are refused.
* `before_flush` stamps and verifies every new or changed row; a foreign row that is loaded all the same raises.
* No scope means nothing: the condition is false and inserts raise.

The facts behind each rule are in the tests (`tests/isolation`); an ORM filter alone does not isolate.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self
from weakref import WeakSet

from sqlalchemy import Result, TextClause, column, event, false, inspect, or_, select, table
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.expression import AliasedReturnsRows, ColumnClause, Select, TableClause

from .types import IdString

PLATFORM_SQL = "platform_sql"  # execution option: this statement is the platform's own, on purpose
_SCOPED = "_scoped"


class ScopeViolation(RuntimeError):
    """A statement or row left its session's scope. A bug, never an answer for a caller."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a session may see and write (contract §6.3)."""

    kind: Literal["none", "platform", "partner", "tenant", "service"]
    partner_id: str | None = None
    tenant_id: str | None = None
    service_id: str | None = None

    @classmethod
    def none(cls) -> Self:
        return cls("none")

    @classmethod
    def platform(cls) -> Self:
        return cls("platform")

    @classmethod
    def partner(cls, partner_id: str) -> Self:
        return cls("partner", partner_id=partner_id)

    @classmethod
    def tenant(cls, partner_id: str, tenant_id: str) -> Self:
        return cls("tenant", partner_id=partner_id, tenant_id=tenant_id)

    @classmethod
    def service(cls, service_id: str) -> Self:
        return cls("service", service_id=service_id)

    @property
    def is_platform(self) -> bool:
        return self.kind == "platform"


class TenantOwned:
    """Marks rows with a `tenant_id` and a `partner_id`: seen by that tenant, its partner and the platform."""

    # Real columns, not annotations: the hook's criteria are analysed against the marker itself. A row may narrow them.
    tenant_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-8)
    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerOwned:
    """Marks rows with a `partner_id` that the partner's tenants may read too, such as its public identity."""

    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerPrivate:
    """Marks rows of a partner that its tenants never see; facts and audit entries may still be written by them."""

    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerShared:
    """Marks rows of a partner or of the platform ('') that the partner and its tenants use; it writes its own only."""

    owner_partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7, default="")


_MARKERS = (TenantOwned, PartnerOwned, PartnerPrivate, PartnerShared)
_OWNERS = ("tenant_id", "partner_id", "owner_partner_id")
PLATFORMS = ""  # the owner of what the platform shares with everybody
_subscriptions = table("subscriptions", column("tenant_id"), column("service_id"))


@lru_cache(maxsize=4096)
def criteria(scope: Scope, *, writes: bool = False) -> tuple[ExecutableOption, ...]:
    """Give the conditions that leave a statement its scope's rows only."""
    partner_id, tenant_id, service_id = scope.partner_id, scope.tenant_id, scope.service_id
    match scope.kind:
        case "tenant":
            return (
                _shared(None if writes else partner_id, PLATFORMS),
                with_loader_criteria(TenantOwned, lambda row: row.tenant_id == tenant_id, include_aliases=True),
                with_loader_criteria(PartnerOwned, lambda row: row.partner_id == partner_id, include_aliases=True),
                with_loader_criteria(PartnerPrivate, lambda _: false(), include_aliases=True),
            )
        case "partner":
            return (
                _shared(partner_id, partner_id if writes else PLATFORMS),
                *(
                    with_loader_criteria(marker, lambda row: row.partner_id == partner_id, include_aliases=True)
                    for marker in (TenantOwned, PartnerOwned, PartnerPrivate)
                ),
            )
        case "service":
            return (
                with_loader_criteria(
                    TenantOwned,
                    lambda row: row.tenant_id.in_(
                        select(_subscriptions.c.tenant_id).where(_subscriptions.c.service_id == service_id)
                    ),
                    include_aliases=True,
                ),
                with_loader_criteria(PartnerPrivate, lambda _: false(), include_aliases=True),
                _shared(None, None),
            )
        case _:
            return tuple(with_loader_criteria(marker, lambda _: false(), include_aliases=True) for marker in _MARKERS)


def _shared(own: str | None, other: str | None) -> ExecutableOption:
    if own is None:
        return with_loader_criteria(PartnerShared, lambda _: false(), include_aliases=True)
    return with_loader_criteria(
        PartnerShared,
        lambda row: or_(row.owner_partner_id == own, row.owner_partner_id == other),
        include_aliases=True,
    )


def scope_of(session: Session) -> Scope:
    """Give the scope a session was born with; a session without one sees nothing."""
    scope = session.info.get("scope")
    return scope if isinstance(scope, Scope) else Scope.none()


class ScopedSession(Session):
    """A session bound to one scope for its whole life."""

    def flush(self, objects: Any = None) -> None:
        with _flushing_rows():
            super().flush(objects)


_flushing: ContextVar[bool] = ContextVar("flushing", default=False)


@contextmanager
def _flushing_rows() -> Iterator[None]:
    token = _flushing.set(True)
    try:
        yield
    finally:
        _flushing.reset(token)


@event.listens_for(ScopedSession, "do_orm_execute")
def _scope_statement(state: ORMExecuteState) -> Result[Any] | None:
    scope = scope_of(state.session)
    state.update_execution_options(**{_SCOPED: scope.kind})
    if scope.is_platform:
        if state.is_update and isinstance(state.parameters, list):
            with _flushing_rows():  # a bulk update by key drops the options on its way to the engine
                return state.invoke_statement()
        return None
    statement = state.statement
    if isinstance(statement, TextClause):
        raise ScopeViolation("Raw SQL cannot be scoped; write it as an ORM statement.")
    if not state.is_orm_statement:
        state.update_execution_options(**{_SCOPED: False})  # Core: `guard` looks at its tables
        return None
    if state.is_from_statement:
        raise ScopeViolation("from_statement() cannot be scoped.")
    if state.is_insert:
        _check_insert(scope, state)
    else:
        if state.is_update and isinstance(state.parameters, list):
            raise ScopeViolation("A bulk update by key cannot be scoped; use update().where().")
        state.statement = statement.options(*criteria(scope, writes=state.is_update or state.is_delete))
    return None


def _check_insert(scope: Scope, state: ORMExecuteState) -> None:
    statement, mapper = state.statement, state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, _MARKERS):
        return
    if not isinstance(statement, Insert) or getattr(statement, "_post_values_clause", None) is not None:
        raise ScopeViolation("An upsert could overwrite a foreign row; insert or update instead.")
    if statement.select is not None:
        raise ScopeViolation("INSERT … SELECT cannot be scoped.")
    rows = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    if not rows or not all(rows):
        raise ScopeViolation("insert().values() cannot be scoped; pass the rows as parameters.")
    for row in rows:
        stamp_and_verify(scope, mapper.class_, dict.get, dict.__setitem__, row)


def stamp_and_verify(scope: Scope, kind: type, get: Any, put: Any, row: Any) -> None:
    """Fill in the owner of a new row and refuse any owner but the session's own."""
    if scope.kind == "none":
        raise ScopeViolation(f"Nobody may write a {kind.__name__}.")
    if scope.kind == "service":
        if not issubclass(kind, PartnerPrivate) and get(row, "service_id") != scope.service_id:
            raise ScopeViolation(f"A service may write a {kind.__name__} of its own only.")
        return
    if issubclass(kind, PartnerShared):
        if scope.kind != "partner":
            raise ScopeViolation(f"A tenant may not write a {kind.__name__}.")
        own = {"owner_partner_id": scope.partner_id}
    else:
        own = {"partner_id": scope.partner_id}
    if scope.kind == "tenant" and (issubclass(kind, TenantOwned) or hasattr(kind, "tenant_id")):
        own["tenant_id"] = scope.tenant_id
    for name, value in own.items():
        if get(row, name) is None and not issubclass(kind, PartnerPrivate):
            put(row, name, value)
        elif get(row, name) not in (value, None):
            raise ScopeViolation(f"A {kind.__name__} of another {name.removesuffix('_id')} cannot be written here.")


def _get(row: Any, name: str) -> Any:
    return getattr(row, name, None)


@event.listens_for(ScopedSession, "before_attach")
def _refuse_detached(session: Session, row: Any) -> None:
    """A detached row is written by its key alone, and nobody knows whose key that is."""
    if isinstance(row, _MARKERS) and inspect(row).detached and not scope_of(session).is_platform:
        raise ScopeViolation(f"{type(row).__name__} was not loaded in this session; load it again to change it.")


@event.listens_for(ScopedSession, "before_flush")
def _check_flush(session: Session, _: UOWTransaction, __: Any) -> None:
    scope = scope_of(session)
    if scope.is_platform:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, _MARKERS):
            continue
        stamp_and_verify(scope, type(row), _get, setattr, row)
        for name in _OWNERS:
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


def check_owner(scope: Scope, loaded: Mapping[str, Any], kind: type) -> None:
    """Raise over a row that its scope should not have been given."""
    if scope.kind in ("platform", "service"):
        return
    if scope.kind == "none":
        raise ScopeViolation(f"Nobody loaded {kind.__name__}.")
    if (
        loaded.get("partner_id", scope.partner_id) != scope.partner_id
        or loaded.get("owner_partner_id", PLATFORMS) not in (scope.partner_id, PLATFORMS)
        or (scope.kind == "tenant" and loaded.get("tenant_id", scope.tenant_id) not in (scope.tenant_id, None))
    ):
        raise ScopeViolation(f"A foreign {kind.__name__} was loaded.")


for _marker in _MARKERS:
    event.listen(_marker, "load", _check_loaded, propagate=True, raw=True)
    event.listen(_marker, "refresh", _check_loaded, propagate=True, raw=True)


@lru_cache(maxsize=1)
def _scoped_tables() -> frozenset[str]:
    from .model import Model  # noqa: PLC0415  the model stands on this module

    return frozenset(
        str(mapper.local_table) for mapper in Model.registry.mappers if issubclass(mapper.class_, _MARKERS)
    )


def _scoped_table(part: Any) -> str | None:
    """Name the scoped table behind a FROM element or a column, also when it is only called by name or aliased."""
    source = part.table if isinstance(part, ColumnClause) else part
    while isinstance(source, AliasedReturnsRows):
        source = source.element
    return source.name if isinstance(source, TableClause) and source.name in _scoped_tables() else None


def _refuse_raw(part: Any) -> None:
    if isinstance(part, TextClause) or (getattr(part, "is_literal", False) and part.name not in ("*", "1")):
        raise ScopeViolation("Raw SQL inside a statement cannot be scoped.")


_checked: "WeakSet[Any]" = WeakSet()


def check_compiled(compiled: Any) -> None:
    """
    Refuse an ORM statement that reaches a scoped table around its entity, where no condition is added.

    Looked at once for each shape of statement: the engine keeps what it compiled.
    """
    if compiled in _checked:
        return
    for part in visitors.iterate(compiled.statement):
        _refuse_raw(part)
        if isinstance(part, Select) and (bare := _bare_tables(part)):
            raise ScopeViolation(f"{', '.join(bare)} without its entity has no scope; select the entity.")
    _checked.add(compiled)


def _bare_tables(query: Any) -> list[str]:
    """List the scoped tables a SELECT names, but not as an entity: what comes from an entity carries its mapper."""
    written = [*query._raw_columns, *query._from_obj, *(joined[0] for joined in query._setup_joins)]  # noqa: SLF001  # what follows from it is not told apart in public
    where = (part for clause in query._where_criteria for part in visitors.iterate(clause))  # noqa: SLF001  # as above
    written += [part for part in where if isinstance(part, ColumnClause)]
    named = {True: set[str](), False: set[str]()}
    for element in written:
        if name := _scoped_table(element):
            named["parentmapper" in element._annotations].add(name)  # noqa: SLF001  # as above
    return sorted(named[False] - named[True])


def guard(engine: Engine) -> None:
    """Refuse, on this engine, every statement on a scoped table that no scoped session has looked at."""
    event.listen(engine, "before_execute", _refuse_unscoped)
    event.listen(engine, "before_cursor_execute", _refuse_driver_sql)


def _refuse_unscoped(connection: Connection, statement: Any, _: Any, __: Any, options: Any) -> None:
    if options.get(_SCOPED) or _flushing.get() or connection.get_execution_options().get(PLATFORM_SQL):
        return
    if options.get(PLATFORM_SQL) or isinstance(statement, ExecutableDDLElement):
        return
    if isinstance(statement, TextClause):
        raise ScopeViolation("Raw SQL is not allowed on this engine.")
    for part in visitors.iterate(statement):
        _refuse_raw(part)
        if name := _scoped_table(part):
            raise ScopeViolation(f"A Core statement on {name} has no scope.")


def _refuse_driver_sql(connection: Connection, _: Any, sql: str, __: Any, context: Any, ___: Any) -> None:
    if context.compiled is not None:
        if context.execution_options.get(_SCOPED) not in (None, False, "platform"):
            check_compiled(context.compiled)
        return
    options = {**connection.get_execution_options(), **context.execution_options}
    if options.get(PLATFORM_SQL) or sql in ("BEGIN", "BEGIN IMMEDIATE"):
        return
    raise ScopeViolation("Driver-level SQL is not allowed on this engine.")
