"""A verb on many rows: chosen on the list, tried beforehand, confirmed by their number, with a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core import list_windows, text
from scaicontrol.core.errors import ControlError, Forbidden, Invalid
from scaicontrol.core.work import UnitOfWork

from . import formatting
from .bulk_pressing import BulkPress, BulkRow
from .columns import Row
from .flash import status_of
from .language import button, gettext
from .request_context import console_of
from .verbs import Typed, VerbButton, complete, sentence

if TYPE_CHECKING:
    from .base import ControlView

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would come of pressing a verb on the chosen rows."""

    rows: Sequence[BulkRow]
    sums: str

    @property
    def open_rows(self) -> list[BulkRow]:
        return [row for row in self.rows if not row.refusal]


async def bulk_page_or_press(view: "ControlView", request: Request, verb: VerbButton) -> Response:
    """Answer GET with a dry run, and POST, once the number is typed, by pressing the verb on the next few rows."""
    console = console_of(request)
    if request.method == "GET":
        dry = await _dry_run(view, request, verb, request.query_params.getlist("pk"))
        return await _page(view, request, verb, dry, Typed())
    sent = await request.form()
    pks = [str(value) for name, value in sent.multi_items() if name == "pk"]
    form = {name: str(value).strip() for name, value in sent.items() if name != "pk"}
    token, dry = form.pop("form_token", ""), DryRun([], "")
    try:
        key = await console.form_key(token, request.url.path)
        if key is None:
            raise Forbidden(gettext("This form is too old or was not ours; look again and confirm once more."))
        form = text.cleaned(form)
        number, shown = form.pop("number", ""), form.pop("shown", "")
        work = BulkPress(console, verb, key, request.url.path, form, pks)
        if not await work.has_begun():
            dry = await _dry_run(view, request, verb, pks)
            _confirmed(number, shown, dry)
            complete(verb, form)
    except (ControlError, ValidationError) as error:
        dry = dry if dry.rows else await _dry_run(view, request, verb, pks)
        return await _page(view, request, verb, dry, Typed(form, sentence(error)))
    progress = await work.go_on(dry.rows)
    context = {
        "view": view,
        "heading": button(verb.label),
        "verb": verb,
        "progress": progress,
        "sent": {**form, "form_token": token},
        "back": _back(view, request),
    }
    answer: Response = await view.templates.TemplateResponse(request, "console/bulk_done.html", context)
    return answer


def _confirmed(typed: str, shown: str, dry: DryRun) -> None:
    """Hold the number somebody typed against what was shown; rows that stopped allowing it meanwhile are left out."""
    if shown.isdecimal() and len(dry.open_rows) > int(shown):
        raise Invalid(
            gettext("Nothing was done: more of these rows allow it now than when you looked; choose them anew.")
        )
    if typed != shown or not typed.isdecimal():
        raise Invalid(
            gettext(
                "Nothing was done: type %(shown)s to confirm, not %(typed)s.",
                shown=shown or gettext("the number of rows"),
                typed=typed or gettext("nothing"),
            )
        )


async def _dry_run(view: "ControlView", request: Request, verb: VerbButton, pks: Sequence[str]) -> DryRun:
    console, wanted = console_of(request), list(dict.fromkeys(pks))
    if not wanted or len(wanted) > AT_ONCE:
        raise HTTPException(400, gettext("Choose between one and %(AT_ONCE)s rows.", AT_ONCE=AT_ONCE))

    async def question(uow: UnitOfWork) -> Sequence[Row]:
        query = view.visible(uow).where(view.pk_columns[0].in_(wanted))
        return await list_windows.first(uow, query, AT_ONCE)

    found = {row.id: row for row in await console.backend.ask(console.actor, question)}
    rows, sums = [], dict[str, int]()
    for pk in wanted:
        if pk not in found:
            rows.append(BulkRow(pk, pk, "", gettext("It is not there any more, or was never yours.")))
            continue
        detail = await console.backend.ask(console.actor, view.detail, pk)
        amount, currency = _amount(view, found[pk])
        refusal, total = await _tried(view, request, verb, pk, detail)
        amount = amount if total is None else total
        if not refusal and amount is not None:
            sums[currency] = sums.get(currency, 0) + amount
        said = formatting.money(amount, currency) if amount is not None else ""
        rows.append(BulkRow(pk, view.title_of(detail), said, refusal))
    return DryRun(rows, ", ".join(formatting.money(cents, currency) for currency, cents in sorted(sums.items())))


def _amount(view: "ControlView", row: Row) -> tuple[int | None, str]:
    if not view.amounts:
        return None, ""
    return getattr(row, view.amounts[0].key), row.currency


async def _tried(
    view: "ControlView", request: Request, verb: VerbButton, pk: str, detail: Row
) -> tuple[str, int | None]:
    """Say why the verb cannot be pressed on an object, if it cannot, and what it would come to, if that is known."""
    if verb.name not in view.actions_of(detail):
        return gettext("Its state does not allow this now."), None
    if verb.ready is None:
        return "", None
    console = console_of(request)
    report = await verb.ready(console.backend, console.actor, pk)
    if not report.ready:
        return " ".join(reason.message for reason in report.reasons[:3]), None
    return "", getattr(report, "total_cents", None)


async def _page(view: "ControlView", request: Request, verb: VerbButton, dry: DryRun, typed: Typed) -> Response:
    context = {
        "view": view,
        "heading": button(verb.label),
        "verb": verb,
        "dry": dry,
        "fields": [field.of(None) for field in verb.fields],
        "typed": typed,
        "back": _back(view, request),
        "form_token": await console_of(request).form_token(request.url.path),
    }
    status = status_of(typed.error) if typed.error else 200
    answer: Response = await view.templates.TemplateResponse(request, "console/bulk.html", context, status)
    return answer


def _back(view: "ControlView", request: Request) -> str:
    return str(request.url_for("admin:list", identity=view.identity))
