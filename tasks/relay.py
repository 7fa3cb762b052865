"""
Facts into reactions: each fact is shown, at least once, to those who care about it (`reactions.REACTIONS`).

A fact waits in `event_outbox` until its reactions have all run; one that keeps failing backs off and is logged, and
holds up nobody else.
"""

from datetime import timedelta

from sqlalchemy import select, update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import get_logger
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork

from .reactions import REACTIONS

log = get_logger(__name__)

_ACTOR = Actor.system("relay")
_LEASE = timedelta(minutes=2)
_BATCH = 100


async def react(backend: Backend) -> int:
    """Run the reactions of everything that is due; give how many facts were settled."""
    settled = 0
    while due := await backend.ask(_ACTOR, _due):
        facts = await backend.perform(_ACTOR, _claim, due)
        done = [fact.id for fact in facts if await _react_to(backend, fact)]
        await backend.perform(_ACTOR, _settle, done)
        settled += len(done)
        if len(due) < _BATCH:
            break
    return settled


async def _due(uow: UnitOfWork) -> list[str]:
    """Name the oldest due facts. Nothing is locked: a lock on this range would make every commit with a fact wait."""
    uow.authorize("events:relay")
    due = select(Outbox.id).where(Outbox.next_reaction_at <= uow.now)
    return list(await uow.session.scalars(due.order_by(Outbox.next_reaction_at, Outbox.id).limit(_BATCH)))


async def _claim(uow: UnitOfWork, due: list[str]) -> list[Outbox]:
    """Lease those of the named facts that are still due; whoever loses the race for a row does not see it."""
    uow.authorize("events:relay")
    still_due = (
        select(Outbox)
        .where(Outbox.id.in_(due), Outbox.next_reaction_at <= uow.now)
        .order_by(Outbox.next_reaction_at, Outbox.id)
        .with_hint(Outbox, "FORCE INDEX (PRIMARY)", "mysql")  # the index of due rows would lock the gaps between them
        .with_for_update()
    )
    facts = list(await uow.session.scalars(still_due))
    by_attempts: dict[int, list[str]] = {}
    for fact in facts:
        by_attempts.setdefault(fact.reaction_attempts + 1, []).append(fact.id)
    for attempts, ids in by_attempts.items():
        leased = (
            update(Outbox)
            .where(Outbox.id.in_(ids))
            .values(reaction_attempts=attempts, next_reaction_at=uow.now + _LEASE * attempts, updated_at=uow.now)
            .execution_options(synchronize_session=False)
        )
        await uow.session.execute(leased)
    return facts


async def _react_to(backend: Backend, fact: Outbox) -> bool:
    for reaction in REACTIONS.get(fact.event_type, ()):
        try:
            await reaction(backend, fact)
        except Exception as error:
            log.exception("reaction_failed", reaction=reaction.__name__, topic=fact.event_type, error=str(error))
            return False
    return True


async def _settle(uow: UnitOfWork, ids: list[str]) -> None:
    uow.authorize("events:relay")
    await uow.session.execute(
        update(Outbox).where(Outbox.id.in_(ids)).values(reacted_at=uow.now, next_reaction_at=None)
    )
