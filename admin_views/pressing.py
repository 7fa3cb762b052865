"""The page of a verb: shown, read, confirmed once; what it says, and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from sqladmin.models import BaseView
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core import text
from scaicontrol.core.errors import ControlError, Forbidden
from scaicontrol.services.identity import ABSOLUTE

from .flash import say, status_of
from .language import button, gettext
from .names import address_of
from .request_context import console_of
from .verbs import Detail, Done, Field, Typed, VerbButton, complete, once, sentence

VIEW_COOKIE: Final = "__Host-sc_view"  # what the portal's door reads


@dataclass(frozen=True, slots=True)
class Pressed:
    """On what a verb is pressed: an object of a view, or, without one, the list or page it belongs to."""

    back: str
    crumbs: Sequence[tuple[str, str]]  # (name, address) of what is above
    pk: str = ""
    object: str = ""
    detail: Detail = None
    can: bool = True


async def verb_page_or_press(view: BaseView, request: Request, verb: VerbButton, on: Pressed) -> Response:
    """Answer GET with what the verb will do, and POST by doing it; a refusal is said where it was typed."""
    console_of(request).actor.require(verb.permission)
    if request.method == "GET":
        return await _page(view, request, verb, on, Typed())
    console = console_of(request)
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    try:
        key = await console.form_key(form.pop("form_token", ""), request.url.path)
        if key is None:
            raise Forbidden(gettext("This form is too old or was not ours; look again and confirm once more."))
        form = text.cleaned(form)
        if form.pop("step", "") == "preview" and verb.preview:
            facts = await verb.preview(console.backend, console.actor, on.pk, form)
            return await _page(view, request, verb, on, Typed(form, preview=facts))
        complete(verb, form)
        done = await once(
            console, key, request.url.path, form, lambda stage: verb.press(stage, console.actor, on.pk, form)
        )
    except (ControlError, ValidationError) as error:
        return await _page(view, request, verb, on, Typed(form, sentence(error)))
    back = on.crumbs[0][1] if done.is_gone else address_of(request, done.at) or on.back
    if done.secret:
        return await _secret(view, request, verb, done, back)
    if done.portal_view:
        into = RedirectResponse("/", 303)
        # It outlives the view itself: the server then says that it is over, rather than who the operator is.
        into.set_cookie(
            VIEW_COOKIE, done.portal_view, int(ABSOLUTE.total_seconds()), path="/", secure=True, httponly=True,
            samesite="strict",
        )  # fmt: skip
        return into
    answer = RedirectResponse(back, 303)
    await say(answer, console, "success", done.said)
    return answer


async def _page(view: BaseView, request: Request, verb: VerbButton, on: Pressed, typed: Typed) -> Response:
    console = console_of(request)
    known = verb.known(on.detail) if verb.known else {}
    # A link may say what a form begins with, but nothing that the form would not show.
    asked = {one.name: request.query_params[one.name] for one in verb.fields if _is_asked(request, one)}
    context = {
        "view": view,
        "heading": button(verb.label),
        "on": on,
        "verb": verb,
        "fields": [field.of(on.detail) for field in verb.fields],
        "typed": typed,
        "values": {**known, **asked, **typed.values},
        "report": await verb.ready(console.backend, console.actor, on.pk) if verb.ready else None,
        "form_token": await console.form_token(request.url.path),
        "detail": on.detail,
    }
    status = status_of(typed.error) if typed.error else 200
    answer: Response = await view.templates.TemplateResponse(request, "console/confirm.html", context, status)
    return answer


def _is_asked(request: Request, one: Field) -> bool:
    return one.kind not in ("hidden", "check") and one.name in request.query_params


async def _secret(view: BaseView, request: Request, verb: VerbButton, done: Done, back: str) -> Response:
    context = {"view": view, "heading": button(verb.label), "done": done, "back": back}
    answer: Response = await view.templates.TemplateResponse(request, "console/secret.html", context)
    return answer
