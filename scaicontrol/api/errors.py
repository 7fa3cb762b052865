"""The one table from what went wrong to the HTTP answer (contract §4.2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scaicontrol.core import errors
from scaicontrol.core.errors import ControlError, Reason
from scaicontrol.core.logging import get_logger

from .requests import request_id_of

log = get_logger(__name__)
_CRASH: Final = "Something went wrong on our side. Look before you repeat it, and quote the request id."

STATUS: dict[type[ControlError], int] = {
    errors.NotFound: 404,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Refused: 400,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.Unavailable: 503,
}
_HTTP_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "bad_request",
    408: "bad_request",
    409: "conflict",
    413: "payload_too_large",
    415: "bad_request",
    422: "validation_error",
    429: "rate_limited",
    503: "service_unavailable",
}


def answer(
    request: Request,
    status: int,
    code: str,
    message: str,
    *,
    reasons: Sequence[Reason] = (),
    detail: Any = None,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write the error envelope."""
    body: dict[str, Any] = {"error": {"code": code, "message": message, "request_id": request_id_of(request)}}
    body["error"] |= details or {}
    if reasons:
        body["error"]["reasons"] = [reason.as_row() for reason in reasons]
    if detail is not None:
        body = {"detail": detail, **body}
    return Response(orjson.dumps(body), status, dict(headers or {}), "application/json")


async def _control_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ControlError):
        raise error
    status = STATUS[errors.kind_of(error)]
    headers = {}
    if status == 401:
        metadata = f"{str(request.base_url).rstrip('/')}/.well-known/oauth-protected-resource"
        headers["WWW-Authenticate"] = f'Bearer resource_metadata="{metadata}"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    detail = None
    if status == 422:
        detail = [{"type": r.code, "loc": _loc(request, r.field), "msg": r.message} for r in error.reasons] or [
            {"type": "value_error", "loc": ["body"], "msg": error.message}
        ]
    return answer(
        request,
        status,
        error.code,
        error.message,
        reasons=error.reasons,
        detail=detail,
        details=error.details,
        headers=headers,
    )


def _loc(request: Request, field: str | None) -> list[str]:
    """Say where a field was sent: beneath the service layer nobody knows whether in the body or in the query."""
    path = field.split(".") if field else []
    route = request.scope.get("route")
    if path and isinstance(route, APIRoute):
        for place, name in _asked_for(route.dependant, path[0]):
            return [place, name, *path[1:]]
    return ["body", *path]


def _asked_for(dependant: Dependant, field: str) -> Iterator[tuple[str, str]]:
    places = (
        ("path", dependant.path_params),
        ("query", dependant.query_params),
        ("header", dependant.header_params),
    )
    for place, known in places:
        yield from ((place, each.alias) for each in known if field in {each.alias, each.name})
    for each in dependant.dependencies:
        yield from _asked_for(each, field)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = [{k: v for k, v in e.items() if k in ("type", "loc", "msg")} for e in error.errors()]
    first = found[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    message = f"{where}: {first['msg'].removeprefix('Value error, ')}{more}"
    return answer(request, 422, "validation_error", message, detail=jsonable_encoder(found))


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = "There is nothing here." if error.status_code == 404 else str(error.detail)
    code = _HTTP_CODES.get(error.status_code, "internal_error")
    return answer(request, error.status_code, code, message, headers=error.headers)


class Crashes:
    """
    Answers 500 for what nobody expected, and keeps the connection.

    An exception that reaches the server makes it close the connection behind an answer that promised to keep it: the
    client's next request would be cut.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if started:  # half an answer: only a cut connection tells the client so
                raise
            request = Request(scope)
            log.exception("request_crashed", path=request.url.path)
            await answer(request, 500, "internal_error", _CRASH)(scope, receive, send)


def install(app: FastAPI) -> None:
    app.add_exception_handler(ControlError, _control_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(Crashes)
