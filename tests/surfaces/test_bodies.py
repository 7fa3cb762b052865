"""How much of a request is read, how long it may take, and what becomes of the connection afterwards."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from scaicontrol.api import door
from scaicontrol.api.app import build_api
from scaicontrol.api.bodies import KIB, LARGE_JSON_MAX, MIB, BodyGuard, Pace
from scaicontrol.api.requests import RequestContext
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from tests.factories import scaidrive
from tests.factories.registry import store_service

from .wire import connected, served

DRAFT = "/api/v1/admin/billing/invoices"
EVENTS = "/api/v1/metering/events"


@pytest.fixture
def dialect() -> str:
    """The database is not asked."""
    return "sqlite"


@dataclass
class Site:
    port: int
    proofs: list[str]  # what somebody had to look at to know who asks


async def crash(_: Request) -> Response:
    raise RuntimeError("nobody expected this")


async def echo(request: Request) -> Response:
    return Response(str(len(await request.body())))


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = build_api()
    app.router.routes += [Route("/crash", crash), Route("/mcp/echo", echo, methods=["POST"])]
    app.add_middleware(RequestContext)
    return app


@pytest_asyncio.fixture
async def site(app: FastAPI, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    proofs: list[str] = []

    async def authenticate(request: Request, _: Backend) -> Actor:
        proofs.append(request.url.path)
        return scaidrive

    monkeypatch.setattr(door, "authenticate", authenticate)
    app.state.backend = backend
    async with served(app) as port:
        yield Site(port, proofs)


async def test_after_a_crash_the_same_connection_takes_the_next_request(site: Site):
    async with connected(site.port) as wire:
        crashed = await wire.ask("GET", "/crash")
        assert (crashed.status, crashed.json["error"]["code"]) == (500, "internal_error")
        assert crashed.headers["x-request-id"] == crashed.json["error"]["request_id"]
        assert (await wire.ask("GET", "/api/v1/nothing")).status == 404
        assert (await wire.ask("GET", "/crash")).status == 500


@pytest.mark.parametrize(
    ("path", "most", "said"),
    [(DRAFT, LARGE_JSON_MAX, "8 MiB"), (EVENTS, MIB, "1 MiB"), ("/api/v1/admin/plans", MIB, "1 MiB"),
     ("/api/v1/admin/uploads/icon", 2_000_000 + 16 * KIB, "1,969 KiB"), ("/mcp/echo", LARGE_JSON_MAX, "8 MiB")],
)  # fmt: skip
async def test_what_announces_too_much_is_refused_before_it_is_sent_or_anybody_is_asked_who(
    site: Site, path: str, most: int, said: str
):
    async with connected(site.port) as wire:
        await wire.say(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {most + 1}\r\n\r\n")
        answer = await wire.answer()
        assert (answer.status, answer.json["error"]["code"]) == (413, "payload_too_large")
        assert answer.json["error"]["message"] == f"A request to this address is at most {said}."
        assert answer.headers["connection"] == "close"
        assert await wire.is_closed()
    assert site.proofs == []


@pytest.mark.parametrize(("path", "most"), [(EVENTS, MIB), ("/mcp/echo", LARGE_JSON_MAX)])
async def test_what_announces_nothing_is_refused_where_it_becomes_too_much(site: Site, path: str, most: int):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    async with connected(site.port) as wire:
        await wire.say(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(most // 65536):
            await wire.say(chunk)
        await wire.say(b"1\r\n \r\n")  # and no end
        answer = await wire.answer()
        assert (answer.status, answer.json["error"]["code"]) == (413, "payload_too_large")
        assert await wire.is_closed()
    assert site.proofs == []


async def test_as_much_as_is_allowed_is_read(site: Site, backend: Backend):
    await store_service(backend, "scaidrive")
    async with connected(site.port) as wire:
        assert (await wire.ask("POST", "/mcp/echo", b" " * LARGE_JSON_MAX)).body == str(LARGE_JSON_MAX).encode()
        assert (await wire.ask("POST", EVENTS, b'{"events": []' + b" " * (MIB - 14) + b"}")).status == 202


async def test_a_body_that_stops_is_given_up_and_its_connection_closed():
    app = BodyGuard(echo_app, Pace(patience_seconds=0.05))
    async with served(app) as port, connected(port) as wire:
        await wire.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        answer = await wire.answer()
        assert (answer.status, answer.json["error"]["code"]) == (408, "bad_request")
        assert await wire.is_closed()


async def test_a_body_that_trickles_is_given_up_although_something_comes_all_the_time():
    """Each byte comes long before the patience for one would end; all of them together take too long."""
    seconds, answered = 0.0, []

    async def receive():
        nonlocal seconds
        seconds += 0.5
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        answered.append(message)

    guard = BodyGuard(echo_app, Pace(patience_seconds=2.0, bytes_per_second=10, clock=lambda: seconds))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-length", b"1000")],
        "query_string": b"",
    }
    await guard(scope, receive, send)
    assert answered[0]["status"] == 408
    assert 2.0 < seconds < 3.0


async def test_who_waits_for_the_client_to_leave_waits_as_long_as_it_stays():
    """Streams wait for a disconnect after the body; that is no body."""
    left = iter([{"type": "http.request", "body": b"x", "more_body": False}, {"type": "http.disconnect"}])
    seconds = 0.0
    heard: list[Message] = []

    async def receive():
        nonlocal seconds
        seconds += 0.5 if not heard else 3600.0
        return next(left)

    async def send(message: Message) -> None:
        heard.append(message)

    async def app(_, receive, __):
        heard.append(await receive())
        heard.append(await receive())

    guard = BodyGuard(app, Pace(clock=lambda: seconds))
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"1")], "query_string": b""}
    await guard(scope, receive, send)
    assert heard[-1] == {"type": "http.disconnect"}


async def echo_app(scope, receive, send):
    await Response(str(len(await Request(scope, receive).body())))(scope, receive, send)
