"""What the console says back: one sentence after a verb, one table from errors to statuses."""

from typing import Final

from starlette.responses import Response

from scaicontrol.core import errors, signed_values
from scaicontrol.core.errors import ControlError

from .request_context import ConsoleRequest

FLASH_COOKIE: Final = "__Host-sc_console_flash"
FLASH_PURPOSE: Final = "console-flash"
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


async def say(answer: Response, console: ConsoleRequest, level: str, sentence: str) -> None:
    """Let the next page say a sentence; it travels in a signed cookie, so no other site can put words there."""
    signed = await signed_values.sign(console.backend, FLASH_PURPOSE, [level, sentence[:500]])
    answer.set_cookie(FLASH_COOKIE, signed, 60, path="/", secure=True, httponly=True, samesite="lax")
