"""
Statements that run all day: written and scoped once, then put to the driver without the ORM's bookkeeping.

The SQL is the ORM's own, compiled with the conditions that a session of the same scope adds, and looked at by the same
guard. What is saved is what SQLAlchemy does again at each run: cache keys, entities, a greenlet for each answer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Dialect, Select, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from .criteria import criteria
from .holders import Holder, holders, refuse_strangers
from .ownership import Scope, ScopeViolation, ServiceReported, check_owner, stamp_and_verify
from .tenant_filter import check_compiled, scope_of

T = TypeVar("T")

Row = dict[str, Any]
_Encoder = Callable[[Any], Any]

# Stand for the scope's own values while a question is written; no id begins with a control character.
_STAND_INS: Final = {name: f"\x00{name}" for name in ("partner_id", "tenant_id", "service_id")}
_SLICE: Final = 500  # rows that are decoded in one go
_OWNER_OF: Final = {stand_in: name for name, stand_in in _STAND_INS.items()}


@dataclass(frozen=True, slots=True)
class BoundParameter:
    """Where a value goes: the scope's own, a constant, or what is given under a name; `list_of` marks an IN (…)."""

    name: str
    owner: str | None
    constant: Any
    encode: _Encoder | None
    list_of: str | None

    def values(self, scope: Scope, given: Row) -> list[Any]:
        if self.owner is not None:
            return [getattr(scope, self.owner)]
        value = given[self.name] if self.constant is None else self.constant
        values = list(value) if self.list_of else [value]
        return [self.encode(each) for each in values] if self.encode else values


@dataclass(frozen=True, slots=True)
class PreparedSelect:
    """A SELECT as one database and one kind of scope need it."""

    sql: str
    parameters: tuple[BoundParameter, ...]
    mark: str
    names: tuple[str, ...]
    decoders: tuple[tuple[str, Callable[[Any], Any]], ...]

    def filled(self, scope: Scope, given: Row) -> tuple[str, list[Any]]:
        sql, values = self.sql, []
        for parameter in self.parameters:
            found = parameter.values(scope, given)
            if parameter.list_of:
                sql = sql.replace(parameter.list_of, ", ".join([self.mark] * len(found)) or "NULL")
            values += found
        return sql, values


class Prepared:
    """A SELECT of columns of one entity; what changes from run to run is a `bindparam` with a name."""

    def __init__(self, entity: type, query: Select[*tuple[Any, ...]]) -> None:
        self.entity, self._query = entity, query
        self._written: dict[tuple[str, str], PreparedSelect] = {}

    def written(self, dialect: Dialect, kind: str) -> PreparedSelect:
        known = self._written.get((dialect.name, kind))
        if known is None:
            known = self._written[dialect.name, kind] = self._write(dialect, kind)
        return known

    def _write(self, dialect: Dialect, kind: Any) -> PreparedSelect:
        if not isinstance(self._query, Select):
            raise ScopeViolation("A prepared question only reads; give it a SELECT.")
        platform = kind == "platform"
        query = self._query if platform else self._query.options(*criteria(Scope(kind, **_STAND_INS)))
        compiled: Any = query.compile(dialect=dialect)
        check_compiled(compiled, Scope(kind))
        if "NOT IN (__[POSTCOMPILE_" in str(compiled):  # an empty list, as (NULL), would leave none
            raise TypeError("A prepared question cannot ask for what is not in a list.")
        columns = [(str(column.key), column.type.dialect_impl(dialect)) for column in self._query.selected_columns]
        decoders = ((name, kept.result_processor(dialect, None)) for name, kept in columns)
        return PreparedSelect(
            sql=str(compiled),
            parameters=tuple(_parameter(compiled, name) for name in compiled.positiontup or ()),
            mark=_mark(dialect),
            names=tuple(name for name, _ in columns),
            decoders=tuple((name, decode) for name, decode in decoders if decode is not None),
        )


def _parameter(compiled: Any, name: str) -> BoundParameter:
    constant, encode = compiled.params[name], compiled._bind_processors.get(name)  # noqa: SLF001  # as the engine reads it
    listed = compiled.binds[name].expanding
    owner = None if listed else _OWNER_OF.get(constant)
    return BoundParameter(
        name, owner, None if owner else constant, encode, f"__[POSTCOMPILE_{name}]" if listed else None
    )


def _mark(dialect: Dialect) -> str:
    return "?" if dialect.paramstyle == "qmark" else "%s"


_HOLDERS: Final = Prepared(object, holders(bindparam("service_id"), bindparam("tenant_ids", expanding=True)))


class PreparedInsert:
    """An INSERT of whole rows of one entity: every column is named in every row."""

    def __init__(self, entity: type) -> None:
        self.entity = entity
        self._written: dict[str, tuple[str, tuple[tuple[str, _Encoder | None], ...]]] = {}

    def written(self, dialect: Dialect) -> tuple[str, tuple[tuple[str, _Encoder | None], ...]]:
        known = self._written.get(dialect.name)
        if known is None:
            table: Any = self.entity.__table__  # type: ignore[attr-defined]  # of every mapped class
            compiled: Any = insert(table).compile(dialect=dialect, column_keys=[column.key for column in table.columns])
            encoders = compiled._bind_processors  # noqa: SLF001  # as the engine reads it
            known = str(compiled), tuple((name, encoders.get(name)) for name in compiled.positiontup or ())
            self._written[dialect.name] = known
        return known


class PreparedView:
    """One connection for prepared statements of one scope, with the transaction it is in."""

    def __init__(self, driver: Any, dialect: Dialect, scope: Scope) -> None:
        self._driver = driver
        self._dialect = dialect
        self._scope = scope
        self._held: set[Holder] = set()  # of a service: the tenants it read of, which therefore hold it
        self.broken: BaseException | None = None

    async def rows(self, question: Prepared, **given: Any) -> list[Row]:
        """Give the rows a session of this scope would give, as values by column name."""
        if self._scope.kind == "none":
            return []
        written = question.written(self._dialect, self._scope.kind)
        sql, given_values = written.filled(self._scope, given)
        found = await self._run(sql, self._fetched(sql, given_values))
        rows: list[Row] = []
        for start in range(0, len(found), _SLICE):
            if start:
                await asyncio.sleep(0)  # many rows: others have the loop between
            for values in found[start : start + _SLICE]:
                row = dict(zip(written.names, values, strict=True))
                check_owner(self._scope, row, question.entity)
                for name, decode in written.decoders:
                    row[name] = decode(row[name])
                rows.append(row)
        if self._scope.kind == "service" and {"tenant_id", "partner_id"} <= set(written.names):
            self._held |= {(row["tenant_id"], row["partner_id"]) for row in rows}
        return rows

    async def insert(self, into: PreparedInsert, rows: Sequence[Row]) -> None:
        """Store rows with one statement; each must be the scope's own."""
        if not self._scope.is_platform:
            for row in rows:
                stamp_and_verify(self._scope, into.entity, dict.get, dict.__setitem__, row)
            await self._check_holders(into.entity, rows)
        sql, columns = into.written(self._dialect)
        by_column = (_encoded([row[name] for row in rows], encode) for name, encode in columns)
        await self._run(sql, self._stored(sql, list(zip(*by_column, strict=True))))

    async def _check_holders(self, kind: type, rows: Sequence[Row]) -> None:
        if self._scope.kind != "service" or not issubclass(kind, ServiceReported):
            return
        named = {(row["tenant_id"], row["partner_id"]) for row in rows}
        if unknown := named - self._held:
            asked = {"service_id": self._scope.service_id, "tenant_ids": sorted({tenant for tenant, _ in unknown})}
            sql, values = _HOLDERS.written(self._dialect, "platform").filled(self._scope, asked)
            self._held |= {(tenant, partner) for tenant, partner in await self._run(sql, self._fetched(sql, values))}
        refuse_strangers(named, self._held)

    async def _run(self, sql: str, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except self._dialect.loaded_dbapi.Error as error:
            if self._dialect.is_disconnect(error, None, None):
                self.broken = error
            raise _as_sqlalchemy(error, self._dialect, sql) from error
        except BaseException as error:  # cancelled in the middle of an answer: the rest of it would come next
            self.broken = error
            raise

    async def _fetched(self, sql: str, values: list[Any]) -> Sequence[Any]:
        cursor = await self._cursor(sql, values)
        found: Sequence[Any] = await cursor.fetchall()
        await cursor.close()
        return found

    async def _cursor(self, sql: str, values: list[Any]) -> Any:
        if self._dialect.name == "sqlite":
            return await self._driver.execute(sql, values)
        cursor = self._driver.cursor()
        await cursor.execute(sql, values)
        return cursor

    async def _stored(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        if self._dialect.name == "sqlite":
            cursor = await self._driver.executemany(sql, values)
        else:
            cursor = self._driver.cursor()
            await cursor.executemany(sql, values)
        await cursor.close()


def _encoded(values: list[Any], encode: _Encoder | None) -> list[Any]:
    """Encode a column; rows stored together often share the very same moment, flag or nothing."""
    if encode is None:
        return values
    encoded, last, done = [], object(), None
    for value in values:
        if value is not last:
            last, done = value, encode(value)
        encoded.append(done)
    return encoded


async def view_of(session: AsyncSession) -> PreparedView:
    """Give the prepared statements' way into a session's transaction; they see what it has flushed."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    return PreparedView(raw.driver_connection, connection.dialect, scope_of(session.sync_session))


@asynccontextmanager
async def prepared_view(engine: AsyncEngine, scope: Scope) -> AsyncIterator[PreparedView]:
    """Borrow a connection; its transaction begins with the first question and is rolled back when it goes home."""
    connection = await engine.raw_connection()
    view = PreparedView(connection.driver_connection, engine.dialect, scope)
    try:
        if engine.dialect.name == "sqlite":
            await connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]  # the driver's, not DBAPI's
        yield view
    finally:
        if view.broken:
            await greenlet_spawn(connection.invalidate, view.broken)
        else:
            await greenlet_spawn(connection.close)


def _as_sqlalchemy(error: Exception, dialect: Dialect, sql: str) -> BaseException:
    """Say a driver's error as the engine would, so that it is run again, or not, for the same reasons."""
    known: BaseException = DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
    return known
