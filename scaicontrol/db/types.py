"""Column types that keep what they are given on MariaDB and SQLite alike, and refuse what they could not keep."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Numeric, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

JsonDocument = JSON(none_as_null=True)


class _AsciiVarchar(mysql.VARCHAR):
    """
    Text of ASCII letters on MariaDB, which raises error 1267 where it is compared with any other.

    Other text becomes one that is longer than the column: it equals nothing that is kept, and cannot be kept itself.
    """

    __visit_name__ = "VARCHAR"

    def __init__(self, length: int) -> None:
        super().__init__(length, charset="ascii", collation="ascii_bin")

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        nobody_s = "\x1a" * ((self.length or 0) + 1)

        def bound(value: str | None) -> str | None:
            return value if value is None or value.isascii() else nobody_s

        return bound


def ascii_text(length: int) -> String:
    """Make the type of ids and keys: utf8mb4 would let two clash that differ in case, and make their index larger."""
    return String(length).with_variant(_AsciiVarchar(length), "mysql", "mariadb")


IdString = ascii_text(36)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC with microseconds; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the database keeps aware moments only.")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """
    DECIMAL(p, s) on MariaDB, a scaled integer on SQLite, so that SUM, MIN, MAX and comparison are exact on both.

    Multiply and divide in Python only: on SQLite the stored integer is scaled and an SQL product would be too.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int = 18, scale: int = 6) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale
        self._step = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if isinstance(value, bool | float):
            raise TypeError(f"{value!r} is not exact; give a Decimal.")
        exact = Decimal(value)
        if exact != exact.quantize(self._step):
            raise ValueError(f"{value} has more than {self.scale} decimals.")
        if abs(exact) >= Decimal(10) ** (self.precision - self.scale):
            raise ValueError(f"{value} is too large.")
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = Decimal(value)
        return (exact.scaleb(-self.scale) if dialect.name == "sqlite" else exact).quantize(self._step)
