"""Lists: narrowed by what stands in the address, shown window by window, taken as a file."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from sqladmin import ModelView
from sqlalchemy import ColumnElement, Select, false, or_
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from scaicontrol.core import list_windows, pagination
from scaicontrol.core.errors import Invalid
from scaicontrol.core.list_orders import ListQuestion
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit

from .amounts import of_amount
from .columns import Attribute, ListColumn, ListFilter, Row
from .files import WRITERS, FileRows
from .language import ENGLISH, gettext, reader, translated
from .names import PICKED, Ref, names_of, picked
from .request_context import console_of

COUNTED_UP_TO: Final = 150  # counting costs more than showing: ten rows read for each that is shown are enough
PAGE_SIZES: Final = (25, 50, 100)
_MANNERS: Final = frozenset({"sort", "pageSize", "columns", "view"})  # how rows are shown, not which; a view has a name
Context = dict[str, Any]  # what a template is given


@dataclass
class ListRows:
    """What a list shows, with the names of what its rows refer to; SQLAdmin asks for page numbers, which it lacks."""

    rows: Sequence[Row]
    names: Mapping[str, str]
    total: int
    before: str | None
    after: str | None
    sort: str
    orders: frozenset[str]  # what so many rows can be sorted by
    page: int = field(default=1, init=False)

    def add_pagination_urls(self, _: object) -> None:
        """Places in a list are cursors, not numbers."""


class ListPages(ModelView):
    """The list of a view: `columns`, `narrowing`, `searched` and `presets` say what it can be asked."""

    list_template = "console/list.html"
    export_types: ClassVar[list[str]] = list(WRITERS)

    columns: ClassVar[Sequence[ListColumn]]  # at least one of them can be sorted by
    narrowing: ClassVar[Sequence[ListFilter]] = ()
    searched: ClassVar[Sequence[Attribute]] = ()
    amounts: ClassVar[Sequence[Attribute]] = ()  # minor units, to be narrowed by; rows have a currency
    serials: ClassVar[Sequence[Attribute]] = ()  # the counting part of a number
    search_hint: ClassVar[str] = ""
    presets: ClassVar[Sequence[tuple[str, str]]] = ()  # views worth a name: (name, query of the address)
    newest: ClassVar[str] = "-created_at"  # the order of who asks for none
    grows: ClassVar[bool] = False  # with the business: many rows come only in the orders that an index brings

    @abstractmethod
    def visible(self, uow: UnitOfWork) -> Select[Row]:
        """Select what this view may show; the feature's own `visible`."""

    async def completed(self, uow: UnitOfWork, rows: Sequence[Row]) -> Sequence[Row]:
        """Add to rows what their columns say beyond them, for all of them at once."""
        return rows

    async def list(self, request: Request) -> ListRows:  # type: ignore[override]  # SQLAdmin's pages have numbers
        """Fetch the rows that the address asks for, counted no further than anybody pages."""
        asked, shown = request.query_params, self.shown_columns(request.query_params)
        after, before = asked.get("after") or None, asked.get("before") or None

        async def question(uow: UnitOfWork) -> ListRows:
            question = await self.asked_for(uow, asked)
            found = await list_windows.window(uow, question, _size(asked), COUNTED_UP_TO, after=after, before=before)
            rows = await self.completed(uow, found.items)
            names = await names_of(uow, _refs(shown, rows))
            return ListRows(rows, names, found.total, found.before, found.after, found.sort, found.orders)

        console = console_of(request)
        try:
            return await console.backend.ask(console.actor, question)
        except Invalid as error:  # a cursor of another order, or of nobody
            raise HTTPException(400, error.message) from error

    async def list_context(self, request: Request) -> Context:
        asked = request.query_params
        known = {"search", "amount", *_MANNERS, *(one.name for one in self.narrowing)}
        given = {name: ",".join(asked.getlist(name)) for name in asked if name in known and asked[name]}

        def query(**changes: str | None) -> str:
            return "?" + urlencode({k: v for k, v in {**given, **changes}.items() if v})

        return {
            "title": self.name_plural,
            "given": given,
            "is_narrowed": bool(given.keys() - _MANNERS),
            "counted_up_to": COUNTED_UP_TO,
            "query": query,
            "page_sizes": PAGE_SIZES,
            "page_size": _size(asked),
            "shown": self.shown_columns(asked),
            "picked": await self._named_picks(request, given),
        }

    async def _named_picks(self, request: Request, given: Mapping[str, str]) -> Mapping[str, str]:
        """Say what was picked by its name; the address may hold its id."""
        refs = [Ref(one.kind, given[one.name]) for one in self.narrowing if one.kind in PICKED and one.name in given]
        console = console_of(request)
        return await console.backend.ask(console.actor, names_of, refs) if refs else {}

    def shown_columns(self, asked: QueryParams) -> Sequence[ListColumn]:
        """Give the columns that were chosen; what the row is called always stays."""
        chosen = set(",".join(asked.getlist("columns")).split(",")) - {""}
        shown = [one for one in self.columns if one.kind == "link" or one.key in chosen]
        return shown if chosen & {one.key for one in self.columns} else self.columns

    def order(self, asked: QueryParams) -> tuple[str, Mapping[str, Attribute]]:
        """Give the order that is asked for, and those that may be."""
        sortable = {one.sort.key: one.sort for one in self.columns if one.sort is not None}
        for wanted in (asked.get("sort", ""), self.newest):
            if wanted.removeprefix("-") in sortable:
                return wanted, sortable
        return f"-{next(iter(sortable))}", sortable

    async def narrowed(self, uow: UnitOfWork, asked: QueryParams) -> Sequence[ColumnElement[bool]]:
        """Give what the filters of the address leave; raises a bad request for what they cannot ask."""
        conditions = []
        for one in self.narrowing:
            if value := asked.get(one.name, "").strip():
                if one.choices and value not in one.choices:
                    label, choices = translated(one.label), ", ".join(one.choices)
                    raise HTTPException(400, gettext("%(label)s is one of %(choices)s.", label=label, choices=choices))
                if one.kind in PICKED:
                    value = await picked(uow, one.kind, value)
                conditions.append(one.narrow(value))
        if self.amounts and (amount := asked.get("amount", "").strip()):
            conditions.append(or_(*(of_amount(column, amount) for column in self.amounts)))
        return conditions

    async def asked_for(self, uow: UnitOfWork, asked: QueryParams) -> ListQuestion[Row]:
        """Give what the address asks for: its filters, its search, and the order it comes in."""
        visible, conditions, (sort, sortable) = self.visible(uow), await self.narrowed(uow, asked), self.order(asked)
        usual = self.order(QueryParams())[0]
        if term := asked.get("search", "").strip():
            # From the beginning only, and one column at a time: an index answers each, and none answers all of them.
            places = {column.key: column.startswith(term, autoescape=True) for column in self.searched}
            held = {key: at for key, at in places.items() if await list_windows.exists(uow, visible, at)}
            if len(held) == 1:
                usual = next(iter(held))  # the order of that index: however many match, the first page ends early
            if "sort" not in asked:
                sort = usual
            sortable = {**sortable, **{column.key: column for column in self.searched}}
            conditions = [*conditions, or_(false(), *held.values())]
        return ListQuestion(visible, conditions, sort, sortable, usual, self.grows)

    # Files

    async def get_model_objects(self, request: Request, limit: int | None = 0) -> Any:
        """Count what the list shows with its filters, and leave an audit entry that somebody took it."""
        asked, shown = request.query_params, self.shown_columns(request.query_params)

        async def take(uow: UnitOfWork) -> tuple[str, bool]:
            question = await self.asked_for(uow, asked)
            await audit.record_export(uow, self.identity, await pagination.count(uow, question.query), dict(asked))
            settled = await list_windows.settled(uow, question, COUNTED_UP_TO)
            return settled.sort, settled.grows

        async def part(uow: UnitOfWork, after: str | None) -> tuple[Sequence[Row], Mapping[str, str], str | None]:
            question = replace(await self.asked_for(uow, asked), sort=sort, grows=is_many)
            rows, more = await list_windows.slice_of(uow, question, FileRows.SLICE, after)
            whole = await self.completed(uow, rows)
            return whole, await names_of(uow, _refs(shown, whole)), more

        console = console_of(request)
        reader.set(ENGLISH)  # machines read files: they say the same to everybody
        sort, is_many = await console.backend.perform(console.actor, take)
        return FileRows(console.backend, console.actor, shown, part)

    async def export_data(
        self, data: Any, export_type: str = "csv", request: Request | None = None
    ) -> StreamingResponse:
        media_type, write = WRITERS[export_type]
        headers = {"Content-Disposition": f'attachment; filename="{self.identity}.{export_type}"'}
        return StreamingResponse(write(data), media_type=media_type, headers=headers)


def _size(asked: QueryParams) -> int:
    try:
        return min(max(int(asked.get("pageSize") or PAGE_SIZES[0]), 1), PAGE_SIZES[-1])
    except ValueError:
        raise HTTPException(400, gettext("Pages have a number of rows.")) from None


def _refs(columns: Sequence[ListColumn], rows: Sequence[Row]) -> list[Ref | None]:
    return [one.link(row) for one in columns if one.kind == "name" and one.link for row in rows]
