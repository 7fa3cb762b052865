"""
What a database really holds beside what the models describe: types to the last digit, collations, keys, triggers.

Alembic's own comparison sees neither lost microseconds nor an unsigned, a collation, a generated column or a trigger.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Connection,
    DefaultClause,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Inspector,
    MetaData,
    Table,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.dialects.mysql import JSON

from .engine import Database
from .triggers import triggers

Facts = dict[str, str]

# MariaDB's own words for the types SQLAlchemy asks for; it keeps TEXT(n) and BLOB(n) as the smallest size that holds n.
_SPELLED: Final = {
    "bigint": "bigint(20)", "integer": "int(11)", "smallint": "smallint(6)", "bool": "tinyint(1)", "json": "longtext",
}  # fmt: skip
_SIZES: Final = (("tiny", 2**8 - 1), ("", 2**16 - 1), ("medium", 2**24 - 1), ("long", 2**32 - 1))


async def differences(database: Database, described: MetaData) -> list[str]:
    """Say in a sentence each what differs between a database and its models; nothing when they are one."""
    async with database.structure() as connection:
        found: list[str] = await connection.run_sync(compared, described)
        return found


def compared(connection: Connection, described: MetaData) -> list[str]:
    """Compare as `differences` does, on a connection that is open."""
    wanted = dict(_described(described, connection))
    found = dict(_found(described, connection))
    return [
        f"{name}: the models say {wanted.get(name, 'nothing of it')}, the database has {found.get(name, 'none')}."
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


# What the models describe


def _described(metadata: MetaData, connection: Connection) -> Iterator[tuple[str, str]]:
    dialect = connection.dialect
    collation = _default_collation(connection)
    for table in metadata.tables.values():
        yield f"key of {table.name}", _names(table.primary_key.columns.keys())
        for column in table.columns:
            yield f"column {table.name}.{column.name}", _column_described(column, dialect, collation)
            if not _is_sqlite(dialect) and isinstance(column.type.dialect_impl(dialect), JSON):
                yield f"check {table.name}.{column.name}", f"json_valid{column.name}"
        for part in (*table.constraints, *table.indexes):
            yield from _part_described(table, part, dialect)
    for trigger in triggers(dialect.name):
        yield f"trigger {trigger.name}", _words(trigger.create(dialect.name))


def _column_described(column: Column[Any], dialect: Dialect, collation: str) -> str:
    asked = column.type.compile(dialect=dialect)
    kind, _, own = asked.partition(" CHARACTER SET ")
    if _is_sqlite(dialect):
        kind = asked.upper()
    else:
        kind = _spelled(kind.lower().replace(", ", ","))
        binary = "utf8mb4_bin" if asked == "JSON" else collation
        kind += _collated(kind, own.partition(" COLLATE ")[2] or binary)
    default = column.server_default
    computed = default.sqltext if isinstance(default, Computed) else None
    written = default.arg if isinstance(default, DefaultClause) else None
    return _column(kind, _nullability(column.nullable), _sql(written, dialect), _sql(computed, dialect))


def _spelled(kind: str) -> str:
    name, _, length = kind.rstrip(")").partition("(")
    if name in ("text", "blob") and length:
        needed = int(length) * (4 if name == "text" else 1)
        return next(size for size, holds in _SIZES if needed <= holds) + name
    return _SPELLED.get(kind, kind.replace("numeric(", "decimal("))


def _collated(kind: str, collation: str) -> str:
    return f" {collation}" if kind.startswith("varchar") or kind.endswith("text") else ""


def _part_described(table: Table, part: Any, dialect: Dialect) -> Iterator[tuple[str, str]]:
    name = str(part.name)
    match part:
        case UniqueConstraint():
            yield f"unique {name}", f"{table.name} {_names(part.columns.keys())}"
        case Index():
            yield f"{'unique' if part.unique else 'index'} {name}", f"{table.name} {_names(part.columns.keys())}"
        case ForeignKeyConstraint():
            parents = [element.target_fullname.rpartition(".") for element in part.elements]
            rules = part.ondelete, part.onupdate
            yield (
                f"reference {name}",
                _reference(table.name, part.column_keys, parents[0][0], [p[2] for p in parents], rules),
            )
        case CheckConstraint():
            yield f"check {name}", _bare(_sql(part.sqltext, dialect))


# What the database has


def _found(metadata: MetaData, connection: Connection) -> Iterator[tuple[str, str]]:
    inspector = inspect(connection)
    kinds = _kinds_on_sqlite(metadata, connection) if _is_sqlite(connection.dialect) else _kinds_on_mariadb(connection)
    for table in set(inspector.get_table_names()) & set(metadata.tables):
        yield f"key of {table}", _names(inspector.get_pk_constraint(table)["constrained_columns"])
        for column in inspector.get_columns(table):
            computed = column.get("computed")
            default = column["default"] if column["default"] != "NULL" else None
            yield (
                f"column {table}.{column['name']}",
                _column(
                    kinds[table, column["name"]],
                    _nullability(column["nullable"]),
                    default,
                    computed["sqltext"] if computed else None,
                ),
            )
        yield from _parts_found(inspector, table)
    yield from _checks_found(metadata, inspector, connection)
    yield from _triggers_found(metadata, connection)


def _kinds_on_sqlite(metadata: MetaData, connection: Connection) -> dict[tuple[str, str], str]:
    kinds = {}
    for table, created in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")):
        # No pragma tells a column's collation.
        collations = dict(re.findall(r'"?(\w+)"? [^,\n]*COLLATE "?(\w+)', created or "", re.IGNORECASE))
        for row in connection.execute(text(f"PRAGMA table_xinfo({table})")) if table in metadata.tables else ():
            own = collations.get(row.name)
            kinds[table, row.name] = f"{row.type} COLLATE {own}" if own else row.type
    return kinds


def _kinds_on_mariadb(connection: Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute(
        text(
            "SELECT table_name, column_name, column_type, collation_name FROM information_schema.columns "
            "WHERE table_schema = database()"
        )
    )
    return {(table, column): f"{kind} {collation}" if collation else kind for table, column, kind, collation in rows}


def _parts_found(inspector: Inspector, table: str) -> Iterator[tuple[str, str]]:
    references = inspector.get_foreign_keys(table)
    for key in references:
        options = key.get("options", {})
        rules = options.get("ondelete"), options.get("onupdate")
        yield (
            f"reference {key['name']}",
            _reference(table, key["constrained_columns"], key["referred_table"], key["referred_columns"], rules),
        )
    for unique in inspector.get_unique_constraints(table):
        yield f"unique {unique['name']}", f"{table} {_names(unique['column_names'])}"
    own = {key["name"] for key in references}  # MariaDB gives each reference an index of its name
    for index in inspector.get_indexes(table):
        if index["name"] in own:
            continue
        lengths = (index.get("dialect_options") or {}).get("mysql_length")
        yield (
            f"{'unique' if index['unique'] else 'index'} {index['name']}",
            f"{table} {_names(index['column_names'])}" + (f" cut to {lengths}" if lengths else ""),
        )


def _checks_found(metadata: MetaData, inspector: Inspector, connection: Connection) -> Iterator[tuple[str, str]]:
    if _is_sqlite(connection.dialect):
        for table in set(inspector.get_table_names()) & set(metadata.tables):
            for check in inspector.get_check_constraints(table):
                yield f"check {check['name']}", _bare(check["sqltext"])
        return
    rows = connection.execute(
        text(
            "SELECT table_name, constraint_name, check_clause, level FROM information_schema.check_constraints "
            "WHERE constraint_schema = database()"
        )
    )
    for table, name, clause, level in rows:
        if table in metadata.tables:
            yield f"check {f'{table}.{name}' if level == 'Column' else name}", _bare(clause)


def _triggers_found(metadata: MetaData, connection: Connection) -> Iterator[tuple[str, str]]:
    if _is_sqlite(connection.dialect):
        query = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT event_object_table, trigger_name, CONCAT('CREATE TRIGGER ', trigger_name, ' ', action_timing, ' ', "
            "event_manipulation, ' ON ', event_object_table, ' FOR EACH ROW ', action_statement) "
            "FROM information_schema.triggers WHERE trigger_schema = database()"
        )
    for table, name, created in connection.execute(text(query)):
        if table in metadata.tables:
            yield f"trigger {name}", _words(created)


# How both are written


def _nullability(is_nullable: Any) -> str:
    return "NULL" if is_nullable else "NOT NULL"


def _column(kind: str, nullability: str, default: str | None, computed: str | None) -> str:
    parts = [kind, nullability]
    parts += [f"DEFAULT {default}"] if default is not None else []
    parts += [f"AS {_bare(computed)}"] if computed is not None else []
    return " ".join(parts)


def _reference(table: str, columns: Any, parent: str, parent_columns: Any, rules: tuple[str | None, str | None]) -> str:
    kept = [f"ON {verb} {rule}" for verb, rule in zip(("DELETE", "UPDATE"), rules, strict=True) if rule]
    return " ".join([table, _names(columns), "to", parent, _names(parent_columns), *kept])


def _names(columns: Any) -> str:
    return f"({', '.join(map(str, columns))})"


def _sql(written: Any, dialect: Dialect) -> str | None:
    if written is None or isinstance(written, str):
        return written if written is None else f"'{written}'"
    return str(written.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _words(created: str) -> str:
    return " ".join(created.split())


def _bare(expression: str | None) -> str:
    """Leave out what a server adds or drops when it keeps an expression: quotes of names, brackets, case, spaces."""
    return re.sub(r"[`\"()\s]", "", expression or "").casefold()


def _default_collation(connection: Connection) -> str:
    return "" if _is_sqlite(connection.dialect) else str(connection.scalar(text("SELECT @@collation_database")))


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"
