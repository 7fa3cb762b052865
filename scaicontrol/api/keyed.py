"""A keyed request that runs as a procedure: its key is held while it runs, and its answer kept with its effect."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from scaicontrol.core import idempotency
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, OutcomeUnknown
from scaicontrol.core.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class KeyedProcedure:
    """The key of one running procedure."""

    backend: Backend
    actor: Actor
    claimed_id: str

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """
        Hold the key: a twin is told to come back while this runs.

        Refused work frees it. Where the outcome is unknown the next try begins at once; it finds the answer where the
        effect was kept.
        """
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        except OutcomeUnknown:
            await self._hand_back()
            raise
        except ControlError:
            await self.backend.perform(self.actor, idempotency.forget, self.claimed_id)
            raise
        except Exception:  # a mistake of ours: what its steps committed stays, so a next try goes on from there
            await self._hand_back()
            raise
        finally:
            renewing.cancel()

    async def record(self, status_code: int, body: bytes) -> None:
        """Keep the answer; what was done stays done where the database is away by now, so that is no failure."""
        with contextlib.suppress(OutcomeUnknown):
            await self.backend.perform(self.actor, idempotency.record, self.claimed_id, status_code, body)

    async def conclude(self, uow: UnitOfWork, status_code: int, body: bytes) -> None:
        """Keep the answer in the transaction of the effect."""
        await idempotency.record(uow, self.claimed_id, status_code, body)

    async def _hand_back(self) -> None:
        with contextlib.suppress(ControlError, SQLAlchemyError):  # else the claim goes stale by itself
            await self.backend.perform(self.actor, idempotency.hand_back, self.claimed_id)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(idempotency.RENEW_SECONDS)
            with contextlib.suppress(ControlError, SQLAlchemyError):
                await self.backend.perform(self.actor, idempotency.renew, self.claimed_id)


Concluding = Callable[[UnitOfWork, Any], Awaitable[Any]]  # what a procedure's result is answered as
