"""
Saying, while something runs, that it still does.

Claims are short, so that what a dead process held is free within seconds; whoever lives prolongs its own meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec

from sqlalchemy.exc import SQLAlchemyError

from .actor import Actor
from .backend import Backend, said
from .errors import ControlError
from .logging import get_logger
from .work import UnitOfWork

P = ParamSpec("P")
log = get_logger(__name__)


@asynccontextmanager
async def kept_up(
    backend: Backend,
    actor: Actor,
    seconds: float,
    verb: Callable[Concatenate[UnitOfWork, P], Awaitable[object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> AsyncIterator[None]:
    """Run `verb` every so many seconds while the block runs; it prolongs what this process holds, and nothing else."""
    name = getattr(verb, "__qualname__", repr(verb))
    is_over = False

    async def keep() -> None:
        while not is_over:
            await asyncio.sleep(seconds)
            try:
                await backend.perform(actor, verb, *args, **kwargs)
            except (ControlError, SQLAlchemyError, OSError) as error:
                cause = said(error) if isinstance(error, SQLAlchemyError) else str(error)
                log.warning("claim_not_kept", claim=name, cause=cause, fix="If it lasts, others take over.")

    keeper = asyncio.create_task(keep())
    try:
        yield
    finally:
        # Python 3.11 loses a cancellation that meets the end of a `wait_for`, as in opening a connection.
        is_over = True
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
