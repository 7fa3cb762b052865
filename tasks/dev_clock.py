"""`/_dev/clock`: read and advance the business clock, then run what became due. Development only."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import Clock, OffsetClock
from scaicontrol.core.events import rfc3339

from .timetravel import live, run_by_lease

_LONGEST = timedelta(days=400)


def clock_routes(clock: Clock) -> list[Route]:
    """Give the routes that move `clock`, when it can be moved."""

    async def read(_: Request) -> Response:
        return JSONResponse({"now": rfc3339(clock.now())})

    async def advance(request: Request) -> Response:
        """Take `{"days": 1, "hours": 2}` or `{"to": "2026-03-01T00:00:00Z"}`; answers when all of it is done."""
        body = await request.json()
        backend: Backend = request.app.state.backend
        try:
            until = (
                datetime.fromisoformat(body["to"])
                if "to" in body
                else clock.now() + timedelta(days=body.get("days", 0), hours=body.get("hours", 0))
            )
        except (TypeError, ValueError, AttributeError):
            return JSONResponse({"error": 'Send {"days": 1}, {"hours": 6} or {"to": "2026-03-01T00:00:00Z"}.'}, 422)
        if until.tzinfo is None or not clock.now() <= until <= clock.now() + _LONGEST:
            return JSONResponse({"error": "The clock moves forward only, by 400 days at the most."}, 422)
        if not isinstance(clock, OffsetClock):
            return JSONResponse({"error": "This installation runs on wall time."}, 409)
        await live(backend, clock, until)
        await run_by_lease(backend)
        return JSONResponse({"now": rfc3339(clock.now())})

    return [
        Route("/_dev/clock", read, methods=["GET"]),
        Route("/_dev/clock", advance, methods=["POST"]),
    ]
