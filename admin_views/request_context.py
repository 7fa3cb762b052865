"""One request to the console: who looks, through which backend."""

import hashlib
import hmac
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend

FORM_TIME: Final = timedelta(hours=8)
_FORM: Final = "console-form"


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    backend: Backend
    actor: Actor
    session_id: str
    flash: tuple[str, str] | None = None  # what the last verb left to say: (level, sentence)

    async def form_token(self, path: str) -> str:
        """Give the token that proves a form at `path` was ours and this session's; each page gets its own."""
        return await signed_values.sign(self.backend, _FORM, [self._digest(), path, secrets.token_hex(16)])

    async def form_key(self, token: str, path: str) -> str | None:
        """Give the name of one form that was handed out, or None for a token that is not ours, not here or too old."""
        match await signed_values.unsign(self.backend, _FORM, token, FORM_TIME):
            case [str(digest), str(where), str(nonce)] if hmac.compare_digest(digest, self._digest()) and where == path:
                return f"form:{nonce}"
        return None

    def _digest(self) -> str:
        return hashlib.sha256(f"form:{self.session_id}".encode()).hexdigest()


current: ContextVar[ConsoleRequest] = ContextVar("console_request")


def console_of(request: Request) -> ConsoleRequest:
    console: ConsoleRequest = request.state.console_request
    return console


class ScopedSessions(async_sessionmaker[AsyncSession]):
    """
    What SQLAdmin opens sessions with: on the reader, in the scope of whoever looks.

    Our views ask the services; whatever SQLAdmin asks by itself stays within that scope too.
    """

    def __call__(self, **_: Any) -> AsyncSession:
        console = current.get()
        return console.backend.database.session(console.actor.scope, read_only=True)
