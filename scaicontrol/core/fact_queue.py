"""Which facts still wait for the reactions to them, and who is at work on which."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from . import claims
from .outbox import Outbox
from .work import UnitOfWork

_LEASE: Final = timedelta(minutes=2)


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


async def settle(uow: UnitOfWork, ids: Sequence[str]) -> None:
    """Note that everything which follows from these facts has been done."""
    uow.authorize("events:relay")
    await uow.session.execute(
        update(Outbox).where(Outbox.id.in_(ids)).values(reacted_at=uow.now, next_reaction_at=None)
    )
