"""Which facts still wait for the reactions to them, and who is at work on which."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from . import claims
from .outbox import Outbox
from .work import UnitOfWork

LEASE: Final = timedelta(seconds=8)  # kept up while reactions run
KEEP_UP_SECONDS: Final = 2.0
_PAUSE: Final = timedelta(minutes=2)


async def look(uow: UnitOfWork, limit: int) -> list[str]:
    """Name the oldest facts whose reactions are due; somebody else may be faster to claim them."""
    uow.authorize("events:relay")
    return await claims.look(
        uow, Outbox, Outbox.next_reaction_at <= uow.now, oldest=[Outbox.next_reaction_at], limit=limit
    )


async def claim(uow: UnitOfWork, seen: Sequence[str]) -> list[Outbox]:
    """Lease those of the named facts that are still due, each time for longer; whoever is slower does not get them."""
    uow.authorize("events:relay")
    facts = await claims.take_seen(uow, Outbox, seen, Outbox.next_reaction_at <= uow.now)
    await _later(uow, facts, LEASE, reaction_attempts=Outbox.reaction_attempts + 1)
    return facts


async def keep_up(uow: UnitOfWork, ids: Sequence[str]) -> None:
    """Prolong a lease while the reactions of its facts run; one that somebody else settled stays settled."""
    uow.authorize("events:relay")
    held = update(Outbox).where(Outbox.id.in_(ids), Outbox.next_reaction_at.is_not(None))
    await uow.session.execute(held.values(next_reaction_at=uow.now + LEASE))


async def put_off(uow: UnitOfWork, facts: Sequence[Outbox]) -> None:
    """Show the claimed facts whose reactions failed again later, each time after a longer pause."""
    uow.authorize("events:relay")
    await _later(uow, facts, _PAUSE)


async def _later(uow: UnitOfWork, facts: Sequence[Outbox], pause: timedelta, **values: object) -> None:
    by_attempts: dict[int, list[str]] = {}
    for fact in facts:  # as they were before this claim
        by_attempts.setdefault(fact.reaction_attempts + 1, []).append(fact.id)
    for attempts, ids in by_attempts.items():
        held = (
            update(Outbox)
            .where(Outbox.id.in_(ids), Outbox.next_reaction_at.is_not(None))
            .values(next_reaction_at=uow.now + pause * attempts, updated_at=uow.now, **values)
            .execution_options(synchronize_session=False)
        )
        await uow.session.execute(held)


async def settle(uow: UnitOfWork, ids: Sequence[str]) -> None:
    """Note that everything which follows from these facts has been done."""
    uow.authorize("events:relay")
    await uow.session.execute(
        update(Outbox).where(Outbox.id.in_(ids)).values(reacted_at=uow.now, next_reaction_at=None)
    )
