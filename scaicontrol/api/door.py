"""
The REST door: who is asking, open the unit of work, answer in the contract's envelopes.

An endpoint's first parameter says what it needs: `uow` for a verb (GET asks, everything else performs and may be run
again), `context` for a question that is asked all day and has prepared its statements, `backend` (with `actor`) for a
procedure that reaches outside or streams a file.
"""

import asyncio
import gzip
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from scaicontrol.core import idempotency, keyed_tries
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.cursors import CURSOR_MAX
from scaicontrol.core.errors import Conflict
from scaicontrol.core.events import rfc3339
from scaicontrol.core.keyed_procedures import held, record
from scaicontrol.core.pagination import PAGE_SIZE, PAGE_SIZE_MAX, Feed, Page, PageRequest
from scaicontrol.core.permissions import PERMISSIONS
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork

from .actor_resolution import authenticate
from .bodies import JSON_MAX
from .envelopes import ErrorOut, FeedOf, Many, One, Paged, ValidationErrorOut
from .long_lists import LongLists
from .requests import request_id_of
from .route import DoorRoute, bounded, take_at_most

__all__ = ["After", "FeedOf", "Limit", "Many", "One", "Paged", "Paging", "Router", "narrowing"]

Endpoint = Callable[..., Awaitable[Any]]
_LONG = 200  # items; a page of a list has fewer
_COMPRESSED_FROM = 1_400  # bytes: less fits into one packet as it is
_LONG_BYTES = 100_000
# A browser keeps it for the person who asked, and asks each time whether it still holds.
KEPT: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}
_gzip = partial(gzip.compress, compresslevel=4, mtime=0)


def _paging(
    page: Annotated[int, Query(ge=1, le=100_000, description="From 1.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Rows of a page.")] = PAGE_SIZE,
    sort: Annotated[str, Query(max_length=60, description="A field, `-` before it for descending.")] = "-created_at",
    after: Annotated[
        str | None, Query(max_length=CURSOR_MAX, description="`next` of the page before, instead of a page number.")
    ] = None,
) -> PageRequest:
    return PageRequest(page, page_size, sort, after)


Paging = Annotated[PageRequest, Depends(_paging)]
After = Annotated[str | None, Query(max_length=CURSOR_MAX, description="`next` of the stretch before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Rows at most.")]


def narrowing(model: type[BaseModel], **names: str) -> Any:
    """Read a list's filter from the query, each field as one parameter; `names` are those REST calls otherwise."""

    def read(**given: Any) -> BaseModel:
        return checked(model, **given)

    def parameter(name: str, field: FieldInfo) -> inspect.Parameter:
        query = Query(alias=names.get(name), description=field.description)
        annotation: Any = Annotated[field.rebuild_annotation(), query]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation)

    taken = [bounded(parameter(name, field)) for name, field in model.model_fields.items()]
    read.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # what FastAPI reads
    return Depends(read)


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorOut, "description": "Its state or a business rule refuses this."},
    401: {"model": ErrorOut, "description": "Nobody proved who is asking."},
    403: {
        "model": ErrorOut,
        "description": "The caller may not do this; `APPROVAL_REQUIRED` names the change plan that would allow it.",
    },
    404: {"model": ErrorOut, "description": "It does not exist for this caller."},
    409: {"model": ErrorOut, "description": "Somebody was faster, or it clashes with what exists."},
    422: {"model": ValidationErrorOut, "description": "A field is missing or wrong."},
    500: {"model": ErrorOut, "description": "We made a mistake; look before you repeat the request."},
    503: {
        "model": ErrorOut,
        "description": "Something we depend on does not answer; try again after `Retry-After`, with the same "
        "`Idempotency-Key` where the message says that the outcome is unknown.",
    },
}


_BODY_ERRORS: dict[int | str, dict[str, Any]] = {
    408: {"model": ErrorOut, "description": "The request arrives too slowly."},
    413: {"model": ErrorOut, "description": "The request is larger than this address takes."},
}
LIMITED: dict[int | str, dict[str, Any]] = {
    429: {"model": ErrorOut, "description": "Too many requests from this address; wait."},
}


class Router:
    """The endpoints of one feature. `alias` is a second, undocumented prefix for older callers."""

    def __init__(self, prefix: str = "", *, tags: Sequence[str], alias: str | None = None) -> None:
        self.prefix, self.alias, self.tags = prefix, alias, list(tags)
        self.api = APIRouter(route_class=DoorRoute)
        self._published: list[tuple[str, Endpoint, dict[str, Any]]] = []

    def get(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._publish("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._publish("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._publish("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._publish("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._publish("DELETE", path, **options)

    def open_on(self, target: APIRouter, prefix: str) -> None:
        """Add the endpoints to `target` itself: an included router is matched level by level, and twice on each."""
        for path, door, described in self._published:
            target.add_api_route(prefix + path, door, route_class_override=DoorRoute, **described)

    def _publish(
        self,
        method: str,
        path: str,
        *,
        permission: str,
        summary: str,
        response_model: Any = None,
        status_code: int = 200,
        keyed: bool = False,
        body_max: int = JSON_MAX,
        **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:
        def publish(endpoint: Endpoint) -> Endpoint:
            door = _door(endpoint, permission, _EnvelopeWriter(response_model, status_code), method, keyed=keyed)
            take_at_most(door, body_max)
            grant = PERMISSIONS[permission]
            extra: dict[str, Any] = {"x-permission": permission, "x-idempotent": keyed}
            if "request_body" in options:  # of an endpoint that reads the request itself
                extra["requestBody"] = options["request_body"]
            if not grant.public:
                extra["security"] = [{"bearer": sorted(grant.scopes)}]
            for prefix, shown in ((self.prefix, True), (self.alias, False)):
                if prefix is None:
                    continue
                described = {
                    "methods": [method],
                    "response_model": response_model,
                    "status_code": status_code,
                    "summary": summary,
                    "description": _described(endpoint, permission),
                    "tags": list(self.tags),
                    "name": endpoint.__name__ if shown else f"{endpoint.__name__}_alias",
                    "include_in_schema": shown and options.get("include_in_schema", True),
                    "responses": _ERRORS | ({} if method == "GET" else _BODY_ERRORS) | options.get("responses", {}),
                    "openapi_extra": extra,
                }
                self.api.add_api_route(prefix + path, door, **described)
                self._published.append((prefix + path, door, described))
            return endpoint

        return publish


def _described(endpoint: Endpoint, permission: str) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in sorted(PERMISSIONS[permission].scopes))
    needs = f"Needs {scopes}." if scopes else "Open to every caller." if PERMISSIONS[permission].public else ""
    return "\n\n".join(part for part in (inspect.getdoc(endpoint), needs) if part)


class _EnvelopeWriter:
    """Writes a verb's result as the bytes of its envelope, inside the unit of work that made it."""

    def __init__(self, model: Any, status_code: int) -> None:
        self.status_code = status_code
        self.empty = model is None
        if self.empty:
            return
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"{model} is not an envelope: use One, Many, Paged or FeedOf.")
        origin = model.__pydantic_generic_metadata__["origin"]
        item = model.__pydantic_generic_metadata__["args"][0]
        self.adapter: TypeAdapter[Any] = TypeAdapter(item if origin is One else list[item])  # type: ignore[valid-type]  # built at run time

    async def data(self, result: Any) -> tuple[bytes, dict[str, Any]]:
        around: dict[str, Any] = {}
        if isinstance(result, Page):
            around["pagination"] = {
                "page": result.page,
                "page_size": result.page_size,
                "total": result.total,
                "total_pages": result.total_pages,
                "next": result.next,
            }
            result = result.items
        elif isinstance(result, Feed):
            around["next"] = result.next
            result = result.items
        # A long answer is written beside the loop; what it is made from is read, and nobody else has it.
        return await asyncio.to_thread(self._json, result) if _is_long(result) else self._json(result), around

    def _json(self, result: Any) -> bytes:
        return self.adapter.dump_json(self.adapter.validate_python(result, from_attributes=True))

    async def write(self, request: Request, backend: Backend, result: Any) -> bytes:
        data, around = await self.data(result)
        return self.enveloped(request, backend, data, around)

    @staticmethod
    def enveloped(request: Request, backend: Backend, data: bytes, around: Mapping[str, object]) -> bytes:
        """Put the envelope around what was found."""
        meta = {"request_id": request_id_of(request), "timestamp": rfc3339(backend.clock.now())}
        return b'{"data":' + data + b"," + orjson.dumps({**around, "meta": meta})[1:]

    def response(self, body: bytes) -> Response:
        return Response(body, self.status_code, media_type="application/json")

    async def found(self, request: Request, backend: Backend, result: Any) -> Response:
        """Answer a question: with 304 alone where the asker has the same data already, compressed where it is long."""
        data, around = await self.data(result)
        kept = dict(KEPT)
        kept["ETag"] = tag = f'W/"{blake2b(data + orjson.dumps(around), digest_size=16).hexdigest()}"'
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=kept)
        body = self.enveloped(request, backend, data, around)
        if len(body) >= _COMPRESSED_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            kept["Content-Encoding"] = "gzip"
            body = await asyncio.to_thread(_gzip, body) if len(body) > _LONG_BYTES else _gzip(body)
        return Response(body, self.status_code, kept, "application/json")


def _is_long(result: Any) -> bool:
    """Tell whether there are more items in an answer, or in a list in it, than the loop should wait for."""
    inner = result.values() if isinstance(result, dict) else getattr(result, "__dict__", {}).values()
    return any(isinstance(each, list | tuple) and len(each) > _LONG for each in (result, *inner))


def _door(endpoint: Endpoint, permission: str, answer: _EnvelopeWriter, method: str, *, keyed: bool) -> Endpoint:
    parameters = list(inspect.signature(endpoint).parameters.values())
    takes = parameters[0].name
    if takes == "uow":
        mine = parameters[1:]
        handler = _question(endpoint, answer) if method == "GET" else _verb(endpoint, answer)
    elif takes == "context":
        mine = parameters[1:]
        handler = _fast_read(endpoint, answer)
    elif takes == "backend":
        mine = [p for p in parameters[1:] if p.name != "actor"]
        handler = _procedure(endpoint, answer, wants_actor=len(mine) < len(parameters) - 1)
    else:
        raise TypeError(f"{endpoint.__qualname__} takes neither `uow`, `context` nor `backend` first.")
    wants_request = any(p.name == "request" for p in mine)  # the raw body: of a signed message, or a file
    mine = [p for p in mine if p.name != "request"]
    bodies = [LongLists(p.annotation) for p in mine]

    async def permitted(request: Request) -> Actor:
        backend: Backend = request.app.state.backend
        actor = (await authenticate(request, backend)).on("rest", request_id_of(request))
        # Before the body is looked at: a stranger learns nothing from validation errors.
        actor.require(permission)
        for body in bodies:
            await body.validate(request)
        return actor

    async def door(request: Request, actor: Actor, idempotency_key: str | None = None, **arguments: Any) -> Response:
        if wants_request:
            arguments["request"] = request
        return await handler(request, actor, idempotency_key, arguments)

    own = [
        inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request),
        inspect.Parameter("actor", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Actor, Depends(permitted)]),
    ]
    if keyed:
        header = Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)]
        own.append(
            inspect.Parameter("idempotency_key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=header)
        )
    shown = [bounded(p).replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in mine]
    door.__signature__ = inspect.Signature([*own, *shown])  # type: ignore[attr-defined]  # what FastAPI reads
    door.__name__ = endpoint.__name__
    door.__doc__ = endpoint.__doc__
    return door


async def _answered(
    uow: UnitOfWork, request: Request, endpoint: Endpoint, arguments: dict[str, Any], answer: _EnvelopeWriter
) -> Response:
    """Run the endpoint and write its answer while the unit of work is still open."""
    result = await endpoint(uow, **arguments)
    if isinstance(result, Response):
        return result
    if answer.empty:
        return Response(status_code=answer.status_code)
    if request.method == "GET":
        return await answer.found(request, request.app.state.backend, result)
    await uow.write()  # entities must show what the database will keep
    return answer.response(await answer.write(request, request.app.state.backend, result))


def _question(endpoint: Endpoint, answer: _EnvelopeWriter) -> Callable[..., Awaitable[Response]]:
    async def handle(request: Request, actor: Actor, _: str | None, arguments: dict[str, Any]) -> Response:
        backend: Backend = request.app.state.backend
        return await backend.ask(actor, _answered, request, endpoint, arguments, answer)

    return handle


def _fast_read(endpoint: Endpoint, answer: _EnvelopeWriter) -> Callable[..., Awaitable[Response]]:
    async def handle(request: Request, actor: Actor, _: str | None, arguments: dict[str, Any]) -> Response:
        backend: Backend = request.app.state.backend
        return await answer.found(request, backend, await backend.fast_read(actor, endpoint, **arguments))

    return handle


def _verb(endpoint: Endpoint, answer: _EnvelopeWriter) -> Callable[..., Awaitable[Response]]:
    async def keyed(uow: UnitOfWork, request: Request, key: str, body: bytes, arguments: dict[str, Any]) -> Response:
        claimed = await idempotency.claim(uow, key, request.method, _target(request), body)
        if claimed.answer is not None and claimed.status_code is not None:
            return _replay(claimed.answer, claimed.status_code)
        response = await _answered(uow, request, endpoint, arguments, answer)
        claimed.status_code, claimed.answer = response.status_code, bytes(response.body)
        return response

    async def handle(request: Request, actor: Actor, key: str | None, arguments: dict[str, Any]) -> Response:
        backend: Backend = request.app.state.backend
        if key is None:
            return await backend.perform(actor, _answered, request, endpoint, arguments, answer)
        body = await request.body()
        try:
            return await backend.perform(actor, keyed, request, key, body, arguments)
        except Conflict as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            # A twin with the same key committed meanwhile: replay its answer.
            return await backend.perform(actor, keyed, request, key, body, arguments)

    return handle


def _procedure(endpoint: Endpoint, answer: _EnvelopeWriter, *, wants_actor: bool) -> Callable[..., Awaitable[Response]]:
    async def run(backend: Backend, request: Request, arguments: dict[str, Any]) -> Response:
        result = await endpoint(backend, **arguments)
        if isinstance(result, Response):
            return result
        if answer.empty:
            return Response(status_code=answer.status_code)
        return answer.response(await answer.write(request, backend, result))

    async def handle(request: Request, actor: Actor, key: str | None, arguments: dict[str, Any]) -> Response:
        backend: Backend = request.app.state.backend
        if wants_actor:
            arguments["actor"] = actor
        if not key:
            return await run(backend, request, arguments)
        body = await request.body()
        mine = await backend.perform(actor, keyed_tries.claim, key, request.method, _target(request), body)
        if mine.answer is not None and mine.status_code is not None:
            return _replay(mine.answer, mine.status_code)
        async with held(backend, actor, mine) as stage:
            response = await run(stage, request, arguments)
        if not answer.empty:
            await record(backend, actor, mine, response.status_code, bytes(response.body))
        return response

    return handle


def _target(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _replay(body: bytes, status_code: int) -> Response:
    return Response(body, status_code, {"Idempotent-Replay": "true"}, "application/json")
