"""What the console says back: one sentence after a verb, one table from errors to statuses."""

from typing import Final

from starlette.responses import Response

from scaicontrol.core import errors, sealing
from scaicontrol.core.errors import ControlError

from .visit import Visit

SAID_COOKIE: Final = "__Host-sc_console_said"
SAID_PURPOSE: Final = "console-said"
_STATUS: Final[dict[type[ControlError], int]] = {
    errors.NotFound: 404,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Refused: 400,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.Unavailable: 503,
}


def status_of(error: ControlError) -> int:
    return _STATUS.get(errors.kind_of(error), 400)


async def say(answer: Response, visit: Visit, level: str, sentence: str) -> None:
    """Let the next page say a sentence; it travels in a sealed cookie, so no other site can put words there."""
    sealed = await sealing.seal(visit.backend, SAID_PURPOSE, [level, sentence[:500]])
    answer.set_cookie(SAID_COOKIE, sealed, 60, path="/", secure=True, httponly=True, samesite="lax")
