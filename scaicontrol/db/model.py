"""The base of every table."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, MetaData, UniqueConstraint, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .ownership import TenantOwned
from .types import IdString, UTCDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """A row with the moments it was born and last changed; the session stamps both from the business clock."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime, int: BigInteger}
    # Rows that say how something is done, not what: keys of requests, leases, the next number. No plan shows them.
    bookkeeping: ClassVar[bool] = False
    # Rows that are written once: the session refuses to change or delete them (`invoices/immutability.py`).
    append_only: ClassVar[bool] = False

    created_at: Mapped[datetime] = mapped_column(sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(sort_order=901)

    def __repr__(self) -> str:
        keys = ", ".join(map(str, inspect(self).identity or ()))
        return f"<{type(self).__name__} {keys or 'new'}>"


class TenantScopedModel(TenantOwned, Model):
    """
    A row of one tenant. Every ORM statement on it carries the session's scope (`tenant_filter`).

    `partner_id` stands beside `tenant_id` so that a partner's reads need no join (contract §6.3).
    """

    __abstract__ = True

    tenant_id: Mapped[str] = mapped_column(IdString, index=True, sort_order=-8)
    partner_id: Mapped[str] = mapped_column(IdString, index=True, sort_order=-7)


def list_indexes(*columns: str, order: str = "created_at") -> list[Index]:
    """
    Let a list of many rows come in an order: of one partner, narrowed by any one of `columns`, and both.

    The list of all rows in that order needs an index of its own.
    """
    narrowed = [["partner_id"], *([each] for each in columns), *(["partner_id", each] for each in columns)]
    return [Index(None, *each, order, "id") for each in narrowed]


def within_tenant() -> UniqueConstraint:
    """Let children refer to this table by (tenant_id, id), so that a link to another tenant's row cannot exist."""
    return UniqueConstraint("tenant_id", "id")


def parent_key(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """Refer to a parent of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], **options)
