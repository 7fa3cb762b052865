"""Pages for lists people browse, cursors for what grows while machines read it (contract §4.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from . import cursors
from .errors import invalid
from .work import UnitOfWork

T = TypeVar("T")
Attribute = InstrumentedAttribute[Any]
S = TypeVar("S")
PAGE_SIZE, PAGE_SIZE_MAX, FEED_LIMIT = 25, 200, 50
_BIRTH = "created_at"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """
    Which page of a list, in which order: `sort` is a field the list allows, `-` before it for descending.

    `after` is the `next` of the page before: rows that arrived or left meanwhile shift nothing.
    """

    page: int = 1
    page_size: int = PAGE_SIZE
    sort: str = "-created_at"
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    total: int
    page: int
    page_size: int
    next: str | None = None

    @property
    def total_pages(self) -> int:
        return ceil(self.total / self.page_size)

    def shown(self, show: Callable[[T], S]) -> "Page[S]":
        """The same page, with each row as a surface shows it."""
        return self.of([show(item) for item in self.items])

    def of(self, items: Sequence[S]) -> "Page[S]":
        """The same page of other things, one for each row."""
        return Page(items, self.total, self.page, self.page_size, self.next)


@dataclass(frozen=True, slots=True)
class Feed(Generic[T]):
    items: Sequence[T]
    next: str | None


async def paginate(
    uow: UnitOfWork, query: Select[T], request: PageRequest, sortable: Mapping[str, Attribute]
) -> Page[T]:
    """Run `query` for one page. `sortable` names the fields a caller may order by; ties are broken by id."""
    column, descending = sorted_by(request.sort, sortable)
    size = request.page_size
    tie = column.class_.id
    order = (column.desc(), tie.desc()) if descending else (column.asc(), tie.asc())
    total = await count(uow, query)
    if request.after is None:
        query = query.offset((request.page - 1) * size)
    elif request.page == 1:
        query = query.where(
            behind(column, tie, cursors.read(request.after, request.sort, column), descending=descending)
        )
    else:
        raise invalid("after", "Send either a page or after, not both.", "two_places")
    rows = (await uow.session.scalars(query.order_by(*order).limit(size + 1))).all()
    shown = rows[:size]
    more = cursors.write(request.sort, column, shown[-1]) if len(rows) > size else None
    return Page(shown, total, request.page, size, more)


def sorted_by(sort: str, sortable: Mapping[str, Attribute]) -> tuple[Attribute, bool]:
    """Give the column a list is ordered by, and whether it descends; raises Invalid for one it cannot be."""
    name = sort.removeprefix("-")
    if name not in sortable:
        raise invalid("sort", f"Cannot sort by '{name}'; possible are {', '.join(sorted(sortable))}.", "unknown_sort")
    return sortable[name], sort.startswith("-")


def behind(column: Attribute, tie: Attribute, last: tuple[Any, str], *, descending: bool) -> ColumnElement[bool]:
    """Say which rows come behind `last`; rows without a value come first, and last when descending."""
    value, identifier = last
    further = tie < identifier if descending else tie > identifier
    if value is None:
        among = and_(column.is_(None), further)
        return among if descending else or_(among, column.is_not(None))
    beyond = column < value if descending else column > value
    if descending and column.property.columns[0].nullable:
        beyond = or_(beyond, column.is_(None))
    return or_(beyond, and_(column == value, further))


async def count(uow: UnitOfWork, query: Select[T]) -> int:
    """Count what `query` finds, however many that is."""
    counted = query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return await uow.session.scalar(counted) or 0


async def follow(uow: UnitOfWork, query: Select[T], entity: Any, after: str | None, limit: int) -> Feed[T]:
    """Run `query` as a feed in the order of birth: `after` is the cursor of the last row seen."""
    if not 1 <= limit <= PAGE_SIZE_MAX:
        raise invalid("limit", f"limit lies between 1 and {PAGE_SIZE_MAX}.")
    if after is not None:
        last = cursors.read(after, _BIRTH, entity.created_at)
        query = query.where(tuple_(entity.created_at, entity.id) > tuple_(*last))
    rows = (await uow.session.scalars(query.order_by(entity.created_at, entity.id).limit(limit + 1))).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Feed(shown, cursors.write(_BIRTH, entity.created_at, shown[-1]) if more else None)
