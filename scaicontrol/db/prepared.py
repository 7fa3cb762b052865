"""
Questions that are asked all day: written and scoped once, then put to the driver without the ORM's bookkeeping.

The SQL is the ORM's own, compiled with the conditions that a session of the same scope adds, and looked at by the same
guard. What is saved is what SQLAlchemy does again at each ask: cache keys, entities, a greenlet for each answer.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Dialect, PoolProxiedConnection, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from .tenant_filter import Scope, check_compiled, check_owner, criteria

Row = dict[str, Any]
_Value = Callable[[Scope, Row], Any]

# Stand for the scope's own values while a question is written; no id begins with a control character.
_PLACES: Final = {name: f"\x00{name}" for name in ("partner_id", "tenant_id", "service_id")}
_NAMES: Final = {place: name for name, place in _PLACES.items()}


@dataclass(frozen=True, slots=True)
class Written:
    """A question as one database and one kind of scope need it."""

    sql: str
    values: tuple[_Value, ...]
    names: tuple[str, ...]
    decoders: tuple[tuple[str, Callable[[Any], Any]], ...]


class Prepared:
    """A SELECT of columns of one entity; what changes from ask to ask is a `bindparam` with a name and one value."""

    def __init__(self, entity: type, query: Select[*tuple[Any, ...]]) -> None:
        self.entity, self._query = entity, query
        self._written: dict[tuple[str, str], Written] = {}

    def written(self, dialect: Dialect, kind: str) -> Written:
        known = self._written.get((dialect.name, kind))
        if known is None:
            known = self._written[dialect.name, kind] = self._write(dialect, kind)
        return known

    def _write(self, dialect: Dialect, kind: Any) -> Written:
        platform = kind == "platform"
        query = self._query if platform else self._query.options(*criteria(Scope(kind, **_PLACES)))
        compiled: Any = query.compile(dialect=dialect)
        if not platform:
            check_compiled(compiled)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("A prepared question takes single values; write one with IN (…) anew each time.")
        encoders = compiled._bind_processors  # noqa: SLF001  # as the engine itself reads them
        order = compiled.positiontup or ()
        columns = [(str(column.key), column.type.dialect_impl(dialect)) for column in self._query.selected_columns]
        decoders = ((name, kept.result_processor(dialect, None)) for name, kept in columns)
        return Written(
            sql=str(compiled),
            values=tuple(_value(name, compiled.params[name], encoders.get(name)) for name in order),
            names=tuple(name for name, _ in columns),
            decoders=tuple((name, decode) for name, decode in decoders if decode is not None),
        )


def _value(name: str, constant: Any, encode: Callable[[Any], Any] | None) -> _Value:
    if constant in _NAMES:
        owner = _NAMES[constant]
        return lambda scope, _: getattr(scope, owner)
    if constant is not None:
        fixed = encode(constant) if encode else constant
        return lambda _, __: fixed
    if encode:
        return lambda _, given: encode(given[name])
    return lambda _, given: given[name]


class PreparedView:
    """One connection for prepared questions of one scope; all of them see the database as the first one saw it."""

    def __init__(self, connection: PoolProxiedConnection, dialect: Dialect, scope: Scope) -> None:
        self._driver: Any = connection.driver_connection
        self._dialect = dialect
        self._scope = scope
        self.broken: BaseException | None = None

    async def rows(self, question: Prepared, **given: Any) -> list[Row]:
        """Give the rows a session of this scope would give, as values by column name."""
        if self._scope.kind == "none":
            return []
        written = question.written(self._dialect, self._scope.kind)
        values = tuple(value(self._scope, given) for value in written.values)
        try:
            cursor = await self._cursor(written.sql, values)
            found = await cursor.fetchall()
            await cursor.close()
        except self._dialect.loaded_dbapi.Error as error:
            self.broken = error
            raise _as_sqlalchemy(error, self._dialect, written.sql) from error
        except BaseException as error:  # cancelled in the middle of an answer: the rest of it would come next
            self.broken = error
            raise
        rows = [dict(zip(written.names, row, strict=True)) for row in found]
        for row in rows:
            check_owner(self._scope, row, question.entity)
            for name, decode in written.decoders:
                row[name] = decode(row[name])
        return rows

    async def _cursor(self, sql: str, values: tuple[Any, ...]) -> Any:
        if self._dialect.name == "sqlite":
            return await self._driver.execute(sql, values)
        cursor = self._driver.cursor()
        await cursor.execute(sql, values)
        return cursor


@asynccontextmanager
async def prepared_view(engine: AsyncEngine, scope: Scope) -> AsyncIterator[PreparedView]:
    """Borrow a connection; its transaction begins with the first question and is rolled back when it goes home."""
    connection = await engine.raw_connection()
    view = PreparedView(connection, engine.dialect, scope)
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
