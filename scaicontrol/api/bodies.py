"""How much of a request is read, and how long: what is too large or trickles is refused before anybody works on it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import answer

KIB: Final = 1024
MIB: Final = 1024 * KIB
JSON_MAX: Final = MIB
LARGE_JSON_MAX: Final = 8 * MIB  # ten thousand lines, or a template with its pictures
# What is not REST, whose routes say themselves how much they take; the longest prefix that fits holds.
_ELSEWHERE: Final[Mapping[str, int]] = {
    "/admin": LARGE_JSON_MAX,
    "/mcp": LARGE_JSON_MAX,
    "/_dev": 64 * MIB,  # the stand-in for mail takes what the real one takes
}
_SCOPE_KEY: Final = "scaicontrol.body"
_TOO_SLOW: Final = "The request arrives too slowly; send it again."


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a body may take: a while to begin with, and more for every byte that has come."""

    patience_seconds: float = 20.0
    bytes_per_second: int = 4 * KIB
    clock: Callable[[], float] = time.monotonic

    def seconds_for(self, received: int) -> float:
        return self.patience_seconds + received / self.bytes_per_second


class BodyRefused(HTTPException):
    """Too large (413) or too slow (408); the rest of it is not read."""


class _Body:
    """The body of one request: counted while it is read, and timed while it is waited for."""

    def __init__(self, scope: Scope, receive: Receive, most: int, pace: Pace) -> None:
        self._receive, self._most, self._pace = receive, most, pace
        declared = Headers(scope=scope).get("content-length", "")
        self._declared = int(declared) if declared.isascii() and declared.isdecimal() else 0
        self._received, self._waited, self._complete = 0, 0.0, False
        self.refusal: BodyRefused | None = None

    def allow(self, most: int) -> None:
        """Take at most so many bytes; what announces more is refused at once."""
        self._most = most
        self._check(self._declared)

    async def receive(self) -> Message:
        if self._complete:  # from here on this waits for the client to leave
            return await self._receive()
        self._check(self._declared)
        message = await self._wait()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            self._check(self._received)
        return message

    async def _wait(self) -> Message:
        left = self._pace.seconds_for(self._received) - self._waited
        started = self._pace.clock()
        try:
            async with asyncio.timeout(left):
                message = await self._receive()
        except TimeoutError:
            raise self._refused(408, _TOO_SLOW) from None
        self._waited += self._pace.clock() - started
        if self._waited > self._pace.seconds_for(self._received) and message.get("more_body"):
            raise self._refused(408, _TOO_SLOW)
        return message

    def _check(self, size: int) -> None:
        if size > self._most:
            raise self._refused(413, f"A request to this address is at most {_size_text(self._most)}.")

    def _refused(self, status: int, message: str) -> BodyRefused:
        self.refusal = BodyRefused(status, message)
        return self.refusal


class BodyGuard:
    """Answers for whoever reads a body that is refused, whatever they make of it, and closes the connection."""

    def __init__(self, app: ASGIApp, pace: Pace | None = None) -> None:
        self.app, self.pace = app, pace or Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive, _most_elsewhere(scope["path"]), self.pace)
        scope[_SCOPE_KEY] = body
        started = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal started
            if body.refusal is None or started:
                started = True
                await send(message)

        try:
            await self.app(scope, body.receive, send_unless_refused)
        except Exception:
            if body.refusal is None or started:
                raise
        if body.refusal is not None and not started:
            await _answer(body.refusal, scope, receive, send)


def allow(scope: Scope, most: int) -> None:
    """Let a route take so many bytes of body; raises BodyRefused when more are announced."""
    body: _Body | None = scope.get(_SCOPE_KEY)
    if body is not None:
        body.allow(most)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _most_elsewhere(path: str) -> int:
    return next((most for prefix, most in _ELSEWHERE.items() if path.startswith(prefix)), JSON_MAX)


def _size_text(size: int) -> str:
    return f"{size // MIB} MiB" if size % MIB == 0 else f"{size // KIB:,} KiB"


async def _answer(refusal: BodyRefused, scope: Scope, receive: Receive, send: Send) -> None:
    code = "payload_too_large" if refusal.status_code == 413 else "bad_request"
    response = answer(Request(scope), refusal.status_code, code, str(refusal.detail), headers={"Connection": "close"})
    await response(scope, receive, send)
