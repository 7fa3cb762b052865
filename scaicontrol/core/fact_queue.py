"""Which facts still wait for the reactions to them, and who is at work on which."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm.attributes import set_committed_value

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
    """
    Lease those of the named facts that are still due, each time for longer; whoever is slower does not get them.

    Each claim of a fact has a number, its `reaction_attempts`: by it a claimant is told from whoever claims after it.
    """
    uow.authorize("events:relay")
    facts = await claims.take_seen(uow, Outbox, seen, Outbox.next_reaction_at <= uow.now)
    for fact in facts:
        set_committed_value(fact, "reaction_attempts", fact.reaction_attempts + 1)
    for number, ids in _by_claim(facts).items():
        await _write(uow, Outbox.id.in_(ids), next_reaction_at=uow.now + LEASE * number, reaction_attempts=number)
    return facts


async def keep_up(uow: UnitOfWork, facts: Sequence[Outbox]) -> set[str]:
    """
    Prolong the leases of claimed facts while their reactions run, and name the facts that are still their claimant's.

    What was settled stays settled; what another claimed, after a stall longer than the lease, is that one's to prolong.
    """
    uow.authorize("events:relay")
    held: set[str] = set()
    for number, ids in _by_claim(facts).items():
        await _write(uow, _under_claim(number, ids), next_reaction_at=uow.now + LEASE)
        held.update(await uow.session.scalars(select(Outbox.id).where(_under_claim(number, ids))))
    return held


async def put_off(uow: UnitOfWork, facts: Sequence[Outbox]) -> None:
    """Show the claimed facts whose reactions failed again later, each time after a longer pause."""
    uow.authorize("events:relay")
    for number, ids in _by_claim(facts).items():
        await _write(uow, _under_claim(number, ids), next_reaction_at=uow.now + _PAUSE * number)


def _by_claim(facts: Sequence[Outbox]) -> dict[int, list[str]]:
    numbered: dict[int, list[str]] = {}
    for fact in facts:
        numbered.setdefault(fact.reaction_attempts, []).append(fact.id)
    return numbered


def _under_claim(number: int, ids: Sequence[str]) -> ColumnElement[bool]:
    """Say of facts that they are under this very claim: neither settled nor claimed again."""
    return and_(Outbox.id.in_(ids), Outbox.next_reaction_at.is_not(None), Outbox.reaction_attempts == number)


async def _write(uow: UnitOfWork, which: ColumnElement[bool], **values: object) -> None:
    changed = update(Outbox).where(which).values(updated_at=uow.now, **values)
    await uow.session.execute(changed.execution_options(synchronize_session=False))


async def settle(uow: UnitOfWork, ids: Sequence[str]) -> None:
    """Note that everything which follows from these facts has been done."""
    uow.authorize("events:relay")
    await uow.session.execute(
        update(Outbox).where(Outbox.id.in_(ids)).values(reacted_at=uow.now, next_reaction_at=None)
    )
