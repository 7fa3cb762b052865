"""
Facts into reactions: each fact is shown, at least once, to those who care about it (`reactions.REACTIONS`).

A fact waits in `event_outbox` until its reactions have all run; one that keeps failing backs off and is logged, and
holds up nobody else.
"""

from collections.abc import Sequence
from datetime import datetime

from scaicontrol.core import fact_queue
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.keeping_up import kept_up
from scaicontrol.core.logging import get_logger, log_failure
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork

from .reactions import REACTIONS

log = get_logger(__name__)

_ACTOR = Actor.system("relay")
_BATCH = 100


async def react(backend: Backend) -> int:
    """Run the reactions of everything that is due; give how many facts were settled."""
    settled = 0
    while due := await backend.ask(_ACTOR, fact_queue.look, _BATCH):
        claimed_at = backend.clock.now()
        facts = await backend.perform(_ACTOR, fact_queue.claim, due)
        async with kept_up(backend, _ACTOR, fact_queue.KEEP_UP_SECONDS, fact_queue.keep_up, facts):
            done, failed = await _react_to_all(backend, facts, claimed_at)
        await backend.perform(_ACTOR, _settle, done, failed)
        settled += len(done)
        if len(due) < _BATCH:
            break
    return settled


async def _react_to_all(
    backend: Backend, facts: Sequence[Outbox], known_at: datetime
) -> tuple[list[str], list[Outbox]]:
    """
    Name the facts whose reactions have run, and give those whose reactions failed.

    A process that was stopped for a while may have lost its claim: whether a fact is still its own it asks before the
    reactions to it, as soon as half a lease has passed since it last knew.
    """
    done: list[str] = []
    failed: list[Outbox] = []
    held = {fact.id for fact in facts}
    for fact in facts:
        if (now := backend.clock.now()) - known_at > fact_queue.LEASE / 2:
            held, known_at = await backend.perform(_ACTOR, fact_queue.keep_up, facts), now
        if fact.id not in held:
            continue
        if await _react_to(backend, fact):
            done.append(fact.id)
        else:
            failed.append(fact)
    return done, failed


async def _settle(uow: UnitOfWork, done: Sequence[str], failed: Sequence[Outbox]) -> None:
    await fact_queue.settle(uow, done)
    await fact_queue.put_off(uow, failed)


async def _react_to(backend: Backend, fact: Outbox) -> bool:
    for reaction in REACTIONS.get(fact.event_type, ()):
        try:
            await reaction(backend, fact)
        except Exception as error:  # noqa: BLE001 - it holds up nobody else, whatever it was
            what = {"reaction": reaction.__name__, "topic": fact.event_type, "fact": fact.id}
            log_failure(log, "reaction_failed", error, **what)
            return False
    return True
