"""A keyed request that runs as a procedure: its key is held while it runs, and handed on to the next try."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from . import keyed_tries
from .actor import Actor
from .backend import Backend
from .errors import ControlError, OutcomeUnknown, Unavailable
from .keeping_up import kept_up
from .keyed_tries import KeyedTry


@contextlib.asynccontextmanager
async def held(backend: Backend, actor: Actor, mine: KeyedTry) -> AsyncIterator[Backend]:
    """
    Hold a key while the block runs, and give the backend its procedure runs on; a twin is told to come back.

    Refused work without an effect frees it; after one, and where the outcome is unknown, the next try begins at once
    and goes on from there.
    """
    try:
        async with kept_up(backend, actor, keyed_tries.RENEW_SECONDS, mine.renew):
            yield replace(backend, keyed=mine)
    except Exception as error:
        is_refused = isinstance(error, ControlError) and not isinstance(error, OutcomeUnknown)
        if is_refused and not mine.has_kept and not mine.reached:
            await backend.perform(actor, mine.forget)
        else:
            with contextlib.suppress(ControlError, SQLAlchemyError):  # else the claim goes stale by itself
                await backend.perform(actor, mine.hand_back)
        raise


async def record(backend: Backend, actor: Actor, mine: KeyedTry, status_code: int, body: bytes) -> None:
    """Keep the answer; what was done stays done where the database is away by now, so that is no failure."""
    with contextlib.suppress(Unavailable):
        await backend.perform(actor, mine.record, status_code, body)
