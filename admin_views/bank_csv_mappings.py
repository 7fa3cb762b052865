from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqladmin import expose
from sqlalchemy import Select
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Forbidden, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.models import BankCsvMapping
from scaicontrol.services.bank_statements.schemas import CsvMappingIn, CsvPreviewOut

from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .flash import status_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_AROUND: Final = 16_384  # bytes of a form around its file
_BEGIN: Final = orjson.dumps(
    {
        "encoding": "utf-8", "delimiter": ";", "decimal": ",", "date_format": "DD.MM.YYYY", "currency": "EUR",
        "columns": {"booked_on": "Date", "amount": "Amount", "remittance": ["Text"]},
    },
    option=orjson.OPT_INDENT_2,
).decode()  # fmt: skip
_CONTENT: Final = Field(
    "mapping",
    "Mapping",
    "lines",
    value=_BEGIN,
    hint="JSON: which column has what, by its heading, and how days and amounts are written.",
)


async def add(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    kept = await backend.perform(actor, bank_statements.keep_csv_mapping, given.get("iban", ""), _mapping(given))
    return Done(gettext("CSV files of %(iban)s are read so.", iban=kept.iban), Ref("bank-csv-mapping", kept.id))


async def edit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known = await backend.ask(actor, bank_statements.csv_mapping_by_id, pk)
    kept = await backend.perform(actor, bank_statements.keep_csv_mapping, known.iban, _mapping(given))
    return gettext("CSV files of %(iban)s are read so.", iban=kept.iban)


def _mapping(given: Given) -> CsvMappingIn:
    try:
        said = orjson.loads(given.get("mapping", ""))
    except orjson.JSONDecodeError as error:
        raise invalid(
            "mapping", gettext("The %(field)s is no JSON: %(error)s.", field="mapping", error=error)
        ) from error
    return CsvMappingIn.model_validate(said)


@dataclass(frozen=True, slots=True)
class CsvMappingPage:
    """What the page of a mapping shows."""

    kept: BankCsvMapping
    written: str
    names: Mapping[str, str]
    timeline: Timeline


class BankCsvMappingView(ControlView, model=BankCsvMapping):
    name, name_plural, icon = "CSV mapping", "CSV mappings", "payments"
    category, rank = MenuGroup.money, 34
    about = "How the CSV files of sellers' accounts are read."
    when_empty = "Banks that give camt.053 or MT940 need none. Add one for an account whose bank gives CSV."
    prefix = "bcm"
    permission = "bank_statements:read"
    details_template = "console/bank_csv_mapping.html"
    searched = (BankCsvMapping.id, BankCsvMapping.iban)
    search_hint = "id or IBAN"
    columns = (
        ListColumn("Account", lambda row: row.iban, BankCsvMapping.iban, "link"),
        named_column("Seller", "partner", "partner_id"),
        moment_column("Changed", "updated_at", BankCsvMapping.updated_at),
    )
    narrowing = (ListFilter("partner", "Seller", lambda value: BankCsvMapping.partner_id == value, kind="partner"),)
    verbs = (
        VerbButton(
            "add",
            "Add a mapping",
            "bank_statements:import",
            "CSV files of the account are read so from now on; what was imported stays as it is.",
            add,
            [Field("iban", "Account", hint="The seller's IBAN."), _CONTENT],
            of_list=True,
        ),
        VerbButton(
            "edit",
            "Edit",
            "bank_statements:import",
            "CSV files of the account are read so from now on; what was imported stays as it is.",
            edit,
            [_CONTENT],
            known=lambda detail: {"mapping": detail.written},
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[BankCsvMapping]:
        uow.authorize(self.permission)
        return bank_statements.visible_csv_mappings(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> CsvMappingPage:
        uow.authorize(self.permission)
        kept = await bank_statements.csv_mapping_by_id(uow, pk)
        names = await names_of(uow, [Ref("partner", kept.partner_id)])
        written = orjson.dumps(kept.mapping, option=orjson.OPT_INDENT_2).decode()
        return CsvMappingPage(kept, written, names, await timeline_of(uow, pk))

    def title_of(self, detail: CsvMappingPage) -> str:
        return gettext("CSV of %(iban)s", iban=detail.kept.iban)

    def actions_of(self, detail: CsvMappingPage) -> Sequence[str]:
        return ["edit"]

    @expose("/{pk}/preview", methods=["GET", "POST"])
    async def preview(self, request: Request) -> Response:
        """Show how the first rows of a file are read; nothing of it is stored."""
        console = console_of(request)
        console.actor.require("bank_statements:import")
        kept = await console.backend.ask(
            console.actor, bank_statements.csv_mapping_by_id, str(request.path_params["pk"])
        )
        if request.method == "GET":
            return await self._tried(request, kept, None, None)
        try:
            body = await self._file(request)
            read = await bank_statements.preview_csv(console.backend, console.actor, kept.iban, body)
        except ControlError as error:
            return await self._tried(request, kept, None, error)
        return await self._tried(request, kept, read, None)

    async def _file(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", "0")) > bank_statements.FILE_MAX + _AROUND:
            raise invalid("file", bank_statements.TOO_LARGE)
        async with request.form(max_files=1, max_fields=2) as form:
            token = str(form.get("form_token", ""))
            if await console_of(request).form_key(token, request.url.path) is None:
                raise Forbidden(gettext("This form is too old or was not ours; look again and confirm once more."))
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.size:
                raise invalid("file", gettext("Nothing was done: choose a file."))
            return await file.read()

    async def _tried(
        self, request: Request, kept: BankCsvMapping, read: CsvPreviewOut | None, error: ControlError | None
    ) -> Response:
        context = {
            "model_view": self,
            "heading": gettext("Try a CSV file of %(iban)s", iban=kept.iban),
            "kept": kept,
            "read": read,
            "problem": error.message if error else read.problem if read else None,
            "form_token": await console_of(request).form_token(request.url.path),
        }
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(
            request, "console/bank_csv_preview.html", context, status
        )
        return answer


VIEWS = (BankCsvMappingView,)
