"""
Lists that people browse: places are cursors, and however many rows there are, a page reads about as many as it shows.

Of a list that `grows` the few rows that match are put in order here, whatever they are sorted by; many have to be
brought in order by an index, so that they are sorted by what the indexes of their table hold, and by nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal

from . import cursors
from .list_orders import ListQuestion, in_an_order, index_of, orders_of
from .pagination import Attribute, behind, sorted_by
from .work import UnitOfWork

T = TypeVar("T")
_DIALECTS: Final = ("mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class ListWindow(Generic[T]):
    """
    Rows that somebody looks at, cursors to what stands before and behind, and how many there are, up to a cap.

    `sort` is the order they came in, `orders` what so many rows can be sorted by.
    """

    items: Sequence[T]
    total: int
    before: str | None
    after: str | None
    sort: str
    orders: frozenset[str]


async def window(
    uow: UnitOfWork,
    question: ListQuestion[T],
    size: int,
    counted_up_to: int,
    *,
    after: str | None = None,
    before: str | None = None,
) -> ListWindow[T]:
    """
    Give the rows behind the cursor `after`, or in front of `before`: as quick at the end as at the start.

    Rows are counted up to `counted_up_to`, since to count a large table costs more than to show some of it.
    """
    seen = await _seen(uow, question, counted_up_to)
    if len(seen) < counted_up_to and question.grows:
        return await _window_of_few(uow, question, seen, size, after=after, before=before)
    orders = orders_of(uow, question)
    asked = in_an_order(uow, question, orders)
    found, more = await _rows(uow, asked, size, after=after, before=before)
    front = bool(found) and (more if before is not None else after is not None)
    rear = bool(found) and (before is not None or more)
    return _window(asked, found, len(seen), orders, front=front, rear=rear)


async def settled(uow: UnitOfWork, question: ListQuestion[T], counted_up_to: int) -> ListQuestion[T]:
    """Give the question in the order its rows will come in: the one asked for, unless no index brings so many in it."""
    if not question.grows or len(await _seen(uow, question, counted_up_to)) < counted_up_to:
        return replace(question, grows=False)  # few are sorted as they are found
    return in_an_order(uow, question, orders_of(uow, question))


async def slice_of(
    uow: UnitOfWork, question: ListQuestion[T], size: int, after: str | None
) -> tuple[Sequence[T], str | None]:
    """Give the next rows behind a cursor, to hand them out slice by slice; None ends it."""
    found, more = await _rows(uow, question, size, after=after)
    column, _ = sorted_by(question.sort, question.sortable)
    return found, cursors.write(question.sort, column, found[-1]) if more else None


async def exists(uow: UnitOfWork, query: Select[T], place: ColumnElement[bool]) -> bool:
    """Say whether `query` finds anything at `place`."""
    found = query.where(place).with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(1)
    return await uow.session.scalar(found) is not None


async def values(uow: UnitOfWork, query: Select[T], column: Attribute, most: int) -> list[str]:
    """Give the different values that rows of `query` have in a column; its index is hopped along, not read."""
    different = query.with_only_columns(column, maintain_column_froms=True).distinct().limit(most)
    return sorted(str(each) for each in await uow.session.scalars(different) if each is not None)


async def first(uow: UnitOfWork, query: Select[T], limit: int) -> Sequence[T]:
    """Run `query`, in whatever order its index gives, for its first rows."""
    return (await uow.session.scalars(query.limit(limit))).all()


# Few rows


async def _seen(uow: UnitOfWork, question: ListQuestion[T], most: int) -> Sequence[tuple[object, str]]:
    """Look at what matches, in any order: what each is sorted by, and its id."""
    column, _ = sorted_by(question.sort, question.sortable)
    looked = question.query.with_only_columns(column, column.class_.id, maintain_column_froms=True)
    orders = orders_of(uow, question)
    for hint, dialect in _hints(uow, in_an_order(uow, question, orders)) if orders else ():
        looked = looked.with_hint(column.class_, hint, dialect)
    return [(value, key) for value, key in await uow.session.execute(looked.order_by(None).limit(most))]


def _hints(uow: UnitOfWork, question: ListQuestion[T]) -> list[tuple[str, str]]:
    """Name the index that brings the order; left to itself MariaDB now and then sorts a whole table for a page."""
    column, _ = sorted_by(question.sort, question.sortable)
    index = index_of(uow, question, column) if question.grows else None
    return [(f"FORCE INDEX ({index.name})", dialect) for dialect in _DIALECTS] if index else []


async def _window_of_few(
    uow: UnitOfWork,
    question: ListQuestion[T],
    seen: Sequence[tuple[object, str]],
    size: int,
    *,
    after: str | None,
    before: str | None,
) -> ListWindow[T]:
    column, descending = sorted_by(question.sort, question.sortable)
    placed = sorted(map(_place, seen), reverse=descending)
    first_shown = 0
    if cursor := before or after:
        here = _place(cursors.read(cursor, question.sort, column))
        passed = [place > here if descending else place < here for place in placed].count(True)
        first_shown = max(passed - size, 0) if before else passed + (here in placed)
    keys = [place[-1] for place in placed[first_shown : first_shown + size]]
    key = column.class_.id
    found = (
        {str(getattr(row, key.key)): row for row in await uow.session.scalars(question.visible.where(key.in_(keys)))}
        if keys
        else {}
    )
    shown = [found[each] for each in keys if each in found]
    rear = first_shown + size < len(placed)
    orders = frozenset(question.sortable)
    return _window(question, shown, len(seen), orders, front=first_shown > 0, rear=rear)


def _place(seen: tuple[object, str]) -> tuple[bool, object, str]:
    """Say where a row stands: those without a value first, words without regard to capitals."""
    value, key = seen
    if value is None:
        return (False, "", key)
    return (True, value.casefold() if isinstance(value, str) else value, key)


# Many rows


async def _rows(
    uow: UnitOfWork, question: ListQuestion[T], size: int, *, after: str | None, before: str | None = None
) -> tuple[list[T], bool]:
    """Give up to `size` rows behind or in front of a cursor, and whether there are more in that direction."""
    column, descending = sorted_by(question.sort, question.sortable)
    tie, back = column.class_.id, before is not None
    downwards = descending != back
    query = question.query
    if cursor := before or after:
        query = query.where(behind(column, tie, cursors.read(cursor, question.sort, column), descending=downwards))
    for hint, dialect in _hints(uow, question):
        query = query.with_hint(column.class_, hint, dialect)
    order = (column.desc(), tie.desc()) if downwards else (column.asc(), tie.asc())
    found = list(await uow.session.scalars(query.order_by(*order).limit(size + 1)))
    more, shown = len(found) > size, found[:size]
    if back:
        shown.reverse()
    return shown, more


def _window(
    question: ListQuestion[T], shown: Sequence[T], total: int, orders: frozenset[str], *, front: bool, rear: bool
) -> ListWindow[T]:
    column, _ = sorted_by(question.sort, question.sortable)
    return ListWindow(
        shown,
        total,
        cursors.write(question.sort, column, shown[0]) if front and shown else None,
        cursors.write(question.sort, column, shown[-1]) if rear and shown else None,
        question.sort,
        orders,
    )
