"""Withdrawing from a contract and cancelling one, without signing in (contract §11.6): form, confirmation, receipt."""

import re
from datetime import timedelta
from secrets import token_hex
from typing import Final

from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import say
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations, partners
from scaicontrol.services.declarations.lifecycle import CancellationKind, DeclarationKind
from scaicontrol.services.declarations.models import Declaration
from scaicontrol.services.declarations.schemas import DeclarationIn
from scaicontrol.services.partners import Brand

from ..branding import host_of
from ..rate_limits import RateLimit
from ..requests import request_id_of
from .frame import CAREFUL, language_of, notice, page, public

_ACTOR: Final = Actor.system("declarations")
_PURPOSE: Final = "declaration"
_SHOWN_FOR: Final = timedelta(days=30)
_KEY: Final = re.compile("[0-9a-f]{32}")
_PARTNER: Final = 36  # letters of an id
_TYPED: Final = (
    "name", "contract", "email", "identification", "cancellation_kind", "reason", "wanted_end", "submission_key",
)  # fmt: skip
_OF_SENDER: Final = RateLimit(5)  # declarations a minute of one typed sender about one typed contract
_OF_ADDRESS: Final = RateLimit(20)


async def _brand(request: Request, backend: Backend) -> Brand:
    """Give the seller that is asked for, else the one whose host name it is."""
    wanted = request.query_params.get("seller", "")[:_PARTNER]
    if wanted:
        return await backend.ask(_ACTOR, partners.brand_of, wanted)
    return await backend.ask(_ACTOR, partners.brand_at, host_of(request))


def _address_of(brand: Brand, kind: DeclarationKind) -> str | None:
    return brand.withdrawal_url if kind is DeclarationKind.withdrawal else brand.cancellation_url


async def _form(request: Request, backend: Backend, kind: DeclarationKind) -> Response:
    brand = await _brand(request, backend)
    if _address_of(brand, kind) is None:
        return await notice(request, backend, 404, "off")
    return _asked(request, brand, kind, {"contract": request.query_params.get("contract", "")[:200]}, {})


def _asked(
    request: Request, brand: Brand, kind: DeclarationKind, typed: dict[str, str], wrong: dict[str, str]
) -> Response:
    language = language_of(request, brand)
    title = say(f"pages.{kind}.title", language)
    return page(
        request,
        "declaration.html",
        brand,
        language,
        title,
        status=422 if wrong else 200,
        kind=kind,
        kinds=list(CancellationKind) if kind is DeclarationKind.cancellation else [],
        typed={name: typed.get(name, "") for name in _TYPED}
        | {
            "submission_key": _key(typed),
            "cancellation_kind": typed.get("cancellation_kind") or CancellationKind.ordinary,
        },
        is_wrong=bool(wrong),
        wrong=dict.fromkeys(_TYPED, "") | {field: say(f"pages.form.{key}", language) for field, key in wrong.items()},
        said=lambda name: say(f"declarations.{name}", language),
    )


def _key(typed: dict[str, str]) -> str:
    """Keep the key that makes two clicks one declaration; who came without one gets one."""
    given = typed.get("submission_key", "")
    return given if _KEY.fullmatch(given) else token_hex(16)


async def _receive(request: Request, backend: Backend, kind: DeclarationKind) -> Response:
    brand = await _brand(request, backend)
    if _address_of(brand, kind) is None or brand.partner_id is None:
        return await notice(request, backend, 404, "off")
    language = language_of(request, brand)
    form = await request.form(max_files=0, max_fields=12)
    typed = {name: _text(form, name) for name in _TYPED}
    body, wrong = _read(kind, language, typed)
    if body is None:
        return _asked(request, brand, kind, typed, wrong)
    try:
        # Many may type the name of a service: nobody uses up the declarations of the others.
        _OF_SENDER.check(f"{brand.partner_id}\n{body.email.casefold()}\n{body.contract.casefold()}")
    except HTTPException as error:
        answer = await notice(request, backend, 429, "too_many")
        answer.headers.update(error.headers or {})
        return answer
    receiver = _ACTOR.on("page", request_id_of(request))
    made = await backend.perform(receiver, declarations.receive, brand.partner_id, body)
    token = await signed_values.sign(backend, _PURPOSE, made.id)
    return RedirectResponse(f"/declarations/{token}?lang={language}", 303, CAREFUL)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _read(kind: DeclarationKind, language: str, typed: dict[str, str]) -> tuple[DeclarationIn | None, dict[str, str]]:
    """Read what was typed, or name each field that is wrong with the key of its sentence; no value is repeated."""
    wrong = {name: "missing" for name in ("name", "contract", "email") if not typed[name]}
    given: dict[str, object] = {name: typed[name] for name in ("name", "contract", "email", "submission_key")}
    given["identification"] = typed["identification"] or None
    if kind is DeclarationKind.cancellation:
        given["cancellation_kind"] = typed["cancellation_kind"] or None
        given["reason"], given["wanted_end"] = typed["reason"] or None, typed["wanted_end"] or None
        if typed["cancellation_kind"] not in list(CancellationKind):
            wrong["cancellation_kind"] = "missing"
        elif typed["cancellation_kind"] == CancellationKind.extraordinary and not typed["reason"]:
            wrong["reason"] = "needs_reason"
    if wrong:
        return None, wrong
    try:
        return DeclarationIn.model_validate({"kind": kind, "language": language, **given}), {}
    except ValidationError as error:
        fields = {str(each["loc"][0]) for each in error.errors(include_url=False, include_context=False) if each["loc"]}
        sentences = {"email": "bad_email", "wanted_end": "bad_day"}
        return None, {field: sentences.get(field, "missing") for field in fields} or {"name": "missing"}


async def _declared(request: Request, backend: Backend) -> Declaration | None:
    value = await signed_values.unsign(backend, _PURPOSE, request.path_params["token"][:500], _SHOWN_FOR)
    if not isinstance(value, str):
        return None

    async def read(uow: UnitOfWork) -> Declaration:
        return await declarations.get(uow, value)

    return await backend.ask(_ACTOR, read)


async def _confirmation(request: Request, backend: Backend) -> Response:
    """Show what was declared and when it came; it can be kept, printed and opened again for a while."""
    made = await _declared(request, backend)
    if made is None:
        return await notice(request, backend, 404, "link_gone")
    brand = await backend.ask(_ACTOR, partners.brand_of, made.partner_id)
    language = language_of(request, brand)
    return page(
        request,
        "declared.html",
        brand,
        language,
        say("pages.received.title", language),
        contents=declarations.contents(made, await _zone(backend, made)),
        receipt=f"/declarations/{request.path_params['token']}/receipt",
    )


async def _receipt(request: Request, backend: Backend) -> Response:
    """Hand out the receipt as a text to keep."""
    made = await _declared(request, backend)
    if made is None:
        return await notice(request, backend, 404, "link_gone")
    brand = await backend.ask(_ACTOR, partners.brand_of, made.partner_id)
    lines = [f"{brand.name} · {say('pages.received.proof', made.language)}", ""]
    lines += [f"{label}: {value}" for label, value in declarations.contents(made, await _zone(backend, made))]
    headers = {**CAREFUL, "Content-Disposition": f'attachment; filename="{made.id}.txt"'}
    return PlainTextResponse("\n".join([*lines, ""]), headers=headers)


async def _zone(backend: Backend, made: Declaration) -> str:
    return (await backend.ask(_ACTOR, partners.settings_of, made.partner_id)).timezone


async def _withdrawal(request: Request, backend: Backend) -> Response:
    do = _receive if request.method == "POST" else _form
    return await do(request, backend, DeclarationKind.withdrawal)


async def _cancellation(request: Request, backend: Backend) -> Response:
    do = _receive if request.method == "POST" else _form
    return await do(request, backend, DeclarationKind.cancellation)


root_routes = [
    Route("/withdrawal", public(_withdrawal, _OF_ADDRESS), methods=["GET", "HEAD", "POST"]),
    Route("/cancellation", public(_cancellation, _OF_ADDRESS), methods=["GET", "HEAD", "POST"]),
    Route("/declarations/{token}", public(_confirmation)),
    Route("/declarations/{token}/receipt", public(_receipt)),
]
