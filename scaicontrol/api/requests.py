"""What every request carries: an id that is echoed, logged and quoted in errors, and headers that keep answers safe."""

import re
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger

log = get_logger(__name__)
_ACCEPTED_ID = re.compile(r"req_[0-9a-z]{8,32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REQUESTS = Counter("scaicontrol_requests_total", "Requests by method and status class.", ["method", "status"])
_SECONDS = Histogram("scaicontrol_request_seconds", "Time to answer.", ["method"])


def request_id_of(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


class RequestContext:
    """Give each request an id, bind it to the log, count and time it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else new_id("req")
        scope["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), 500

        async def echo(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("X-Frame-Options", "DENY")
                if headers.get("content-type", "").startswith("application/json"):
                    headers.setdefault("Cache-Control", "no-store")  # somebody's own, and true at this moment
            await send(message)

        try:
            await self.app(scope, receive, echo)
        finally:
            seconds = time.perf_counter() - started
            _REQUESTS.labels(scope["method"], f"{status // 100}xx").inc()
            _SECONDS.labels(scope["method"]).observe(seconds)
            log.debug("request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 4))
