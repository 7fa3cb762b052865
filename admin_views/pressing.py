"""The page of a verb: shown, read, confirmed once; what it says, and where it leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pydantic import ValidationError
from sqladmin.models import BaseView
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core import text
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Forbidden
from scaicontrol.services.identity import ABSOLUTE

from .flash import say, status_of
from .language import button, gettext
from .names import Ref, address_of
from .request_context import console_of
from .shown_changes import do_as_shown, show_change
from .verbs import Detail, Done, Field, Typed, VerbButton, complete, once, sentence, with_picks

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
        steps = {name: form.pop(name, "") for name in ("step", "change_plan", "change_hash")}
        done = await _shown_or_done(request, verb, on, key, form, **steps)
    except (ControlError, ValidationError) as error:
        return await _page(view, request, verb, on, Typed(form, sentence(error)))
    if isinstance(done, Typed):
        return await _page(view, request, verb, on, done)
    back = on.crumbs[0][1] if done.is_gone else address_of(request, done.at) or on.back
    if done.secret:
        return await _secret(view, request, verb, done, back)
    if done.portal_view:
        return _into(done.portal_view)
    answer = RedirectResponse(back, 303)
    await say(answer, console, "success", done.said)
    return answer


def _into(portal_view: str) -> Response:
    """Lead into a tenant's portal."""
    answer = RedirectResponse("/", 303)
    # It outlives the view itself: the server then says that it is over, rather than who the operator is.
    age = int(ABSOLUTE.total_seconds())
    answer.set_cookie(VIEW_COOKIE, portal_view, age, path="/", secure=True, httponly=True, samesite="strict")
    return answer


async def _shown_or_done(
    request: Request,
    verb: VerbButton,
    on: Pressed,
    key: str,
    form: Mapping[str, str],
    *,
    step: str,
    change_plan: str,
    change_hash: str,
) -> Typed | Done:
    """Give what the page shows next: the form once more, what would come of it, or what was done."""
    console = console_of(request)
    if step == "edit":
        return Typed(form)
    given = await with_picks(console, verb, form)
    if step == "preview" and verb.preview:
        return Typed(form, preview=await verb.preview(console.backend, console.actor, on.pk, given))
    complete(verb, form)
    if not change_plan:
        press = partial(_press, verb, console.actor, on, given)
        if verb.is_shown_first and (change := await show_change(console.backend, console.actor, press)):
            return Typed(form, change=change)
        return await once(console, key, request.url.path, form, press)
    apply = partial(_apply, verb, console.actor, on, change_plan, change_hash)
    return await once(console, key, request.url.path, {**form, "change_plan": change_plan}, apply)


async def _press(verb: VerbButton, actor: Actor, on: Pressed, given: Mapping[str, str], stage: Backend) -> str | Done:
    return await verb.press(stage, actor, on.pk, given)


async def _apply(
    verb: VerbButton, actor: Actor, on: Pressed, plan_id: str, plan_hash: str, stage: Backend
) -> str | Done:
    """Do what was shown and agreed to."""
    done = await do_as_shown(stage, actor, plan_id, plan_hash)
    if done is None:
        waits = gettext("Another person has to agree and is asked to; then it is applied from here.")
        return Done(waits, Ref("change-plan", plan_id))
    what = f"{button(verb.label)}: {on.object}" if on.object else button(verb.label)
    made = next((Ref("", each.resource_id) for each in done.plan.outcome or () if each.topic == verb.makes), None)
    said = gettext("%(what)s – done, exactly as it was shown.", what=what)
    return Done(said, made, is_gone=done.takes_away(on.pk))


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
