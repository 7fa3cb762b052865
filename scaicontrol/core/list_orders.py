"""
In which orders a list of many rows can come: an index of its table has to bring them.

Of a list that `grows` the few rows that match are sorted by anything; many only by what an index holds behind all that
they are narrowed by, so that a page is read from where it begins to where it ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Generic, TypeVar

from sqlalchemy import BindParameter, Column, ColumnElement, Null, Select, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, True_
from sqlalchemy.sql.visitors import iterate

from .pagination import Attribute
from .work import UnitOfWork

T = TypeVar("T")
_OWNER: Final = "partner_id"
_OF_ONE_OWNER: Final = frozenset(
    {"tenant_id", "invoice_id", "resource_id", "subscription_id", "statement_id", "run_id", "integration_id"}
)


@dataclass(frozen=True, slots=True)
class ListQuestion(Generic[T]):
    """
    What a list is asked: whose rows, narrowed by what, in which order.

    `sort` is a key of `sortable`, with `-` before it for descending; who asked for none has `usual`. A list that
    `grows` keeps to the orders that an index brings once more rows match than are counted.
    """

    visible: Select[T]
    conditions: Sequence[ColumnElement[bool]]
    sort: str
    sortable: Mapping[str, Attribute]
    usual: str
    grows: bool = False

    @property
    def query(self) -> Select[T]:
        return self.visible.where(*self.conditions)


def in_an_order(uow: UnitOfWork, question: ListQuestion[T], orders: frozenset[str]) -> ListQuestion[T]:
    """Keep the order that is asked for where it is one of these, else take the usual one, or the nearest there is."""
    asked = question.sort.removeprefix("-")
    if not question.grows or asked in orders:
        return question
    usual = question.usual.removeprefix("-")
    if usual in orders:
        return replace(question, sort=question.usual)
    if orders:
        return replace(question, sort=f"-{min(orders)}")
    # No index holds all that it is narrowed by: the one that holds the most leaves the least to read past.
    held = {key: _held(uow, question, column) for key, column in question.sortable.items()}
    most = max(held.values())
    best = next(key for key in (asked, usual, *sorted(held)) if held.get(key) == most)
    return replace(question, sort=question.sort if best == asked else f"-{best}")


def orders_of(uow: UnitOfWork, question: ListQuestion[T]) -> frozenset[str]:
    """Name the orders in which an index brings the rows, all that they are narrowed by being part of it."""
    if not question.grows:
        return frozenset(question.sortable)
    wanted, ranged = _wanted(uow, question), _ranged(question)
    return frozenset(
        key
        for key, column in question.sortable.items()
        if _held(uow, question, column) == len(wanted) and (not ranged or column.key in ranged)
    )


def _held(uow: UnitOfWork, question: ListQuestion[T], column: Attribute) -> int:
    """Count the equalities that the best index for an order holds; less than none where no index brings it."""
    index = index_of(uow, question, column)
    return -1 if index is None else len(_wanted(uow, question) & index.before(column))


def index_of(uow: UnitOfWork, question: ListQuestion[T], column: Attribute) -> "OrderedIndex | None":
    """
    Find the index that brings rows ordered by a column and their id, and holds most of what they are narrowed by.

    There is none where it would hold nothing of that: few objects are worth reading past everything else for.
    """
    wanted = _wanted(uow, question)
    fixed = wanted | {_OWNER} | _fixed(question.visible.whereclause) | _kind(column)
    found = [
        index
        for index in _orderings(column.property.columns[0].table)
        if index.brings(column) and index.before(column) <= fixed
        if _OWNER in wanted or _OWNER not in index.columns
    ]
    best = max(found, key=lambda index: len(wanted & index.before(column)), default=None)
    return best if best and (not wanted or wanted & best.before(column)) else None


@dataclass(frozen=True, slots=True)
class OrderedIndex:
    """An index as far as it orders rows."""

    name: str
    columns: tuple[str, ...]

    def brings(self, column: Attribute) -> bool:
        """Say whether it holds a column and then nothing but the id."""
        return column.key in self.columns and self.columns[self.columns.index(column.key) + 1 :] in ((), ("id",))

    def before(self, column: Attribute) -> frozenset[str]:
        return frozenset(self.columns[: self.columns.index(column.key)])


@cache
def _orderings(table: Table) -> list[OrderedIndex]:
    named = [(str(index.name), index.columns.keys()) for index in table.indexes]
    # Every index of MariaDB and of SQLite ends with the key.
    return [
        OrderedIndex("PRIMARY", ("id",)),
        *(OrderedIndex(name, (*dict.fromkeys([*keys, "id"]),)) for name, keys in named),
    ]


def _kind(column: Attribute) -> frozenset[str]:
    """Name the column that tells the kinds of rows of one table apart."""
    kind = column.parent.mapper.polymorphic_on
    return frozenset() if kind is None else frozenset({str(kind.key)})


def _wanted(uow: UnitOfWork, question: ListQuestion[T]) -> frozenset[str]:
    """Name the columns that the rows are narrowed to one value of; whoever names one object has named its owner."""
    found = {key for condition in question.conditions for key in _fixed(condition)}
    scope = uow.actor.scope
    [entity] = [each["entity"] for each in question.visible.column_descriptions]
    if scope.kind == "partner" and hasattr(entity, _OWNER):
        found.add(_OWNER)
    return frozenset(found - {_OWNER} if found & _OF_ONE_OWNER else found)


def _fixed(condition: ColumnElement[bool] | None) -> frozenset[str]:
    """Name the columns that a condition leaves one value of."""
    return frozenset(key for part in _parts(condition) if (key := _only(part)))


def _ranged(question: ListQuestion[T]) -> frozenset[str]:
    """Name the columns that conditions look at in any other way."""
    rest = [part for condition in question.conditions for part in _parts(condition) if not _only(part)]
    return frozenset(str(each.key) for part in rest for each in iterate(part) if isinstance(each, Column))


def _parts(condition: ColumnElement[bool] | None) -> Iterator[ColumnElement[bool]]:
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from _parts(each)
    elif condition is not None:
        yield condition


def _only(part: ColumnElement[bool]) -> str | None:
    """Name the column that part of a condition leaves one value of."""
    if not isinstance(part, BinaryExpression) or not isinstance(part.left, Column):
        return None
    is_one = part.operator is operators.eq and isinstance(part.right, BindParameter)
    is_said = part.operator is operators.is_ and isinstance(part.right, Null | True_)
    return str(part.left.key) if is_one or is_said else None
