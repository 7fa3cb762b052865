"""Pages for lists people browse, cursors for feeds machines follow (contract §4.1)."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from .errors import invalid
from .work import UnitOfWork

T = TypeVar("T")
S = TypeVar("S")
PAGE_SIZE, PAGE_SIZE_MAX, FEED_LIMIT = 25, 200, 50


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list, in which order: `sort` is a field the list allows, `-` before it for descending."""

    page: int = 1
    page_size: int = PAGE_SIZE
    sort: str = "-created_at"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    total: int
    page: int
    page_size: int

    @property
    def total_pages(self) -> int:
        return ceil(self.total / self.page_size)

    def shown(self, show: Callable[[T], S]) -> "Page[S]":
        """The same page, with each row as a surface shows it."""
        return Page([show(item) for item in self.items], self.total, self.page, self.page_size)


@dataclass(frozen=True, slots=True)
class Feed(Generic[T]):
    items: Sequence[T]
    next: str | None


async def paginate(
    uow: UnitOfWork, query: Select[T], request: PageRequest, sortable: Mapping[str, InstrumentedAttribute[Any]]
) -> Page[T]:
    """Run `query` for one page. `sortable` names the fields a caller may order by; ties are broken by id."""
    name, descending = request.sort.removeprefix("-"), request.sort.startswith("-")
    if name not in sortable:
        raise invalid("sort", f"Cannot sort by '{name}'; possible are {', '.join(sorted(sortable))}.", "unknown_sort")
    column = sortable[name]
    tie = column.class_.id
    order = (column.desc(), tie.desc()) if descending else (column.asc(), tie.asc())
    total = await uow.session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None))
    rows = await uow.session.scalars(
        query.order_by(*order).limit(request.page_size).offset((request.page - 1) * request.page_size)
    )
    return Page(rows.all(), total or 0, request.page, request.page_size)


async def follow(uow: UnitOfWork, query: Select[T], entity: Any, after: str | None, limit: int) -> Feed[T]:
    """Run `query` as a feed in the order of birth: `after` is the cursor of the last row seen."""
    if not 1 <= limit <= PAGE_SIZE_MAX:
        raise invalid("limit", f"limit lies between 1 and {PAGE_SIZE_MAX}.")
    if after is not None:
        query = query.where(tuple_(entity.created_at, entity.id) > tuple_(*_read_cursor(after)))
    rows = (await uow.session.scalars(query.order_by(entity.created_at, entity.id).limit(limit + 1))).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Feed(shown, _cursor(shown[-1]) if more else None)


def _cursor(row: Any) -> str:
    moment = row.created_at.astimezone(UTC).isoformat()
    return base64.urlsafe_b64encode(f"{moment}|{row.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        moment, identifier = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(moment), identifier
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise invalid("after", "This cursor is not one of ours; start again without it.", "bad_cursor") from None
