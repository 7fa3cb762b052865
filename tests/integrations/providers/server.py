"""The far side of a provider on loopback: keeps idempotency keys, loses answers and turns callers away when told to."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import free_port

Body = dict[str, Any]


class Declined(Exception):
    """An answer of the API that is none of 2xx."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class FarSide(ABC):
    """
    What all stand-ins share; `fault` is unauthorized, busy or broken for good, `loses` the answers still to lose.

    A subclass answers `act`, says what each fault looks like, and what a key used for another request gets.
    """

    key_header: ClassVar[str] = "idempotency-key"

    url: str = ""
    fault: str | None = None
    loses: int = 0
    calls: list[tuple[str, str, str | None]] = field(default_factory=list)  # method, path, idempotency key
    kept: dict[str, tuple[str, int, Body]] = field(default_factory=dict)  # by key: what was asked, what was answered
    counter: int = 0

    def new(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}_{self.counter:06d}"

    @abstractmethod
    async def act(self, method: str, path: str, given: Mapping[str, Any], query: Mapping[str, Any]) -> Body: ...

    @abstractmethod
    def turned_away(self, fault: str) -> tuple[int, Body]: ...

    @abstractmethod
    def misused(self) -> tuple[int, Body]: ...

    @abstractmethod
    def parse(self, raw: bytes) -> Body: ...

    async def answer(self, request: Request) -> Response:
        raw, key = await request.body(), request.headers.get(self.key_header)
        self.calls.append((request.method, request.url.path, key))
        if self.fault:
            status, body = self.turned_away(self.fault)
            return JSONResponse(body, status)
        asked = f"{request.method} {request.url.path} {raw.decode()}"
        if key and request.method == "POST" and key in self.kept:
            before, status, body = self.kept[key]
            if before != asked:
                status, body = self.misused()
            return JSONResponse(body, status, headers={"Idempotent-Replayed": "true"})
        try:
            query = nested(request.url.query)
            status, body = 200, await self.act(request.method, request.url.path, self.parse(raw), query)
        except Declined as declined:
            status, body = declined.status, declined.body
        if key and request.method == "POST":
            self.kept[key] = (asked, status, json.loads(json.dumps(body)))
        if self.loses and request.method == "POST":
            self.loses -= 1
            return JSONResponse({"message": "bad gateway"}, 502)
        return JSONResponse(body, status, headers={"Request-Id": "req_1"})


def nested(text: str) -> Body:
    """Read a form or query with keys such as `a[b][0]` as what they nest."""
    tree: Body = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        into = tree
        for step in path:
            into = into.setdefault(step, {})
        into[last] = value
    return tree


@asynccontextmanager
async def served(far: FarSide) -> AsyncIterator[FarSide]:
    """Let it listen on a free port until the block ends."""
    answer: Callable[[Request], Awaitable[Response]] = far.answer
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    far.url = f"http://127.0.0.1:{port}"
    try:
        yield far
    finally:
        server.should_exit = True
        await running
