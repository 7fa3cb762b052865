"""The columns and filters of a list: how a row says each value, and what leaves the house in a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from . import formatting
from .names import PICKED, Ref

Row = Any  # of whatever model the view shows
Attribute = InstrumentedAttribute[Any]
Sorted = Attribute | None
Value = Any  # of a cell, before anybody says it
Raw = Callable[[Row], Value]
Filed = Callable[[Row, Mapping[str, str]], Value]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """
    A column of a list: how a row says it, and what it is sorted by.

    Files hold `raw` values by name, so that a machine reads amounts, dates and names; without them what it is sorted
    by, and without that what it says.
    """

    label: str
    say: Callable[[Row], str]
    sort: Sorted = None
    kind: str = ""  # number, status, link (to the row itself), name (an id of `link`, said by its name)
    link: Callable[[Row], Ref | None] | None = None  # another object that the cell leads to
    raw: Mapping[str, Raw] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.label.lower().replace(" ", "_")

    def filed(self) -> Mapping[str, Filed]:
        """Give what a file says of a row in this column, by name; it is asked with the row and the names it needs."""
        if self.raw:
            return {name: partial(_read, read) for name, read in self.raw.items()}
        if self.kind == "name" and self.link is not None:
            return {self.key: partial(_name, self.link), f"{self.key}_id": partial(_id, self.link)}
        if self.sort is not None:
            found = {self.sort.key: partial(_attribute, self.sort.key)}
            return found | {"currency": partial(_attribute, "currency")} if self.sort.key.endswith("_cents") else found
        return {self.key: partial(_read, self.say)}


def _read(read: Raw, row: Row, _: Mapping[str, str]) -> Value:
    return read(row)


def _attribute(key: str, row: Row, _: Mapping[str, str]) -> Value:
    return getattr(row, key)


def _name(link: Callable[[Row], Ref | None], row: Row, names: Mapping[str, str]) -> str | None:
    ref = link(row)
    return names.get(ref.pk, ref.pk) if ref else None


def _id(link: Callable[[Row], Ref | None], row: Row, _: Mapping[str, str]) -> str | None:
    ref = link(row)
    return ref.pk if ref else None


def named_column(label: str, view: str, key: str, sort: Sorted = None) -> ListColumn:
    """Make the column of another object, whose id the row holds as `key`: its name, which leads to its page."""

    def ref(row: Row) -> Ref | None:
        pk = getattr(row, key)
        return Ref(view, pk) if pk else None

    return ListColumn(label, lambda row: getattr(row, key) or formatting.NOTHING, sort, "name", ref)


def amount_column(label: str, key: str, sort: Sorted = None) -> ListColumn:
    """Make the column of an amount in the row's currency, whose minor units the row holds as `key`."""
    raw = {key: lambda row: getattr(row, key), "currency": lambda row: row.currency}
    return ListColumn(label, lambda row: formatting.money(getattr(row, key), row.currency), sort, "number", raw=raw)


def day_column(label: str, key: str, sort: Sorted = None) -> ListColumn:
    """Make the column of a day, or of the day of a moment."""
    return ListColumn(
        label, lambda row: formatting.day(getattr(row, key)), sort, raw={key: lambda row: getattr(row, key)}
    )


def moment_column(label: str, key: str, sort: Sorted = None) -> ListColumn:
    return ListColumn(
        label, lambda row: formatting.moment(getattr(row, key)), sort, raw={key: lambda row: getattr(row, key)}
    )


@dataclass(frozen=True, slots=True)
class ListFilter:
    """
    One way to narrow a list: by one of `choices`, by text, or by what is picked.

    Of a kind that is `PICKED` it takes a name or an id, and `narrow` is given the id. With `known` it offers the values
    that rows have in this column.
    """

    name: str
    label: str
    narrow: Callable[[str], ColumnElement[bool]]
    choices: Sequence[str] = ()
    kind: str = "text"  # text, date, number, month, or one of what is picked
    known: Attribute | None = None

    @property
    def is_picked(self) -> bool:
        return self.kind in PICKED


def known_filter(name: str, label: str, column: Attribute) -> ListFilter:
    """Make the filter of a column that holds few values, which it offers as they are."""
    return ListFilter(name, label, lambda value: column == value, known=column)


def code_filter(name: str, label: str, column: Attribute) -> ListFilter:
    """Make the filter of a column of codes in capitals, such as currencies, whichever way they are typed."""
    return ListFilter(name, label, lambda value: column == value.upper(), known=column)
