"""
Claiming rows to work on: how every worker does it, and the only way.

Look without a lock; take what was seen, with its conditions said again; commit; work outside; record only what is still
yours. A claim is a write, because on Galera a row lock is known to its own node alone: SKIP LOCKED skips nothing that
another node holds, whereas of two writes the second to commit is undone and its unit of work runs again. Every claim
ends by itself: the worker that died over it is replaced once the moment it wrote has passed.

`lease` is for tables that say who holds a row (`claimed_by`, `claimed_until`) and for batches of ids. `take` gives the
entities, locked until the commit, of a table whose due moment is the claim: the caller moves it, or settles the row.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, inspect, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import ExecutableOption

from scaicontrol.db import Model

from .backend import Backend
from .ids import new_id
from .work import UnitOfWork

Entity = TypeVar("Entity", bound=Model)
Order = Sequence[InstrumentedAttribute[Any]]


def new_claimant(backend: Backend) -> str:
    """Name one run of one worker: what it records is told from what a later run of the same process does."""
    return f"{backend.instance}/{new_id('clm')}"


async def lease(
    uow: UnitOfWork,
    entity: type[Model],
    *due: ColumnElement[bool],
    by: str,
    during: timedelta,
    oldest: Order,
    limit: int,
    seen_if: Sequence[ColumnElement[bool]] = (),
    **values: object,
) -> list[str]:
    """
    Write `by` on up to `limit` rows that are due and held by nobody, first of `oldest` first; give their keys.

    `seen_if`: asked when looking only, since MariaDB updates no table that a condition of the update reads.
    """
    key, until = _key(entity), entity.claimed_until  # type: ignore[attr-defined]  # the tables that are leased have it
    free = or_(until.is_(None), until <= uow.now)
    seen = await look(uow, entity, *due, *seen_if, free, oldest=oldest, limit=limit)
    if not seen:
        return []
    taken = await uow.session.execute(
        update(entity)
        .where(key.in_(seen), *due, free)
        .values(claimed_by=by, claimed_until=uow.now + during, **values)
        .execution_options(synchronize_session=False)
    )
    if isinstance(taken, CursorResult) and taken.rowcount == len(seen):
        return seen
    held = select(key).where(key.in_(seen), entity.claimed_by == by)  # type: ignore[attr-defined]  # as above
    ours = set(await uow.session.scalars(held))
    return [each for each in seen if each in ours]


async def look(uow: UnitOfWork, entity: type[Model], *due: ColumnElement[bool], oldest: Order, limit: int) -> list[str]:
    """Name what is due. Nothing is locked: a lock on a range of due rows makes everybody who adds one wait."""
    key = _key(entity)
    return list(await uow.session.scalars(select(key).where(*due).order_by(*oldest, key).limit(limit)))


async def take(
    uow: UnitOfWork,
    entity: type[Entity],
    *due: ColumnElement[bool],
    oldest: Order,
    limit: int,
    options: Sequence[ExecutableOption] = (),
) -> list[Entity]:
    """Lock and give up to `limit` entities that are due, first of `oldest` first; the caller writes each of them."""
    seen = await look(uow, entity, *due, oldest=oldest, limit=limit)
    return await take_seen(uow, entity, seen, *due, options=options)


async def take_seen(
    uow: UnitOfWork,
    entity: type[Entity],
    seen: Sequence[str],
    *due: ColumnElement[bool],
    options: Sequence[ExecutableOption] = (),
) -> list[Entity]:
    """Lock and give those of the `seen` that are still due, in their order; whoever lost the race for one lacks it."""
    if not seen:
        return []
    key = _key(entity)
    still_due = (
        select(entity)
        .options(*options)
        .where(key.in_(seen), *due)
        .order_by(key)  # everybody locks in one order
        .with_for_update()
    )
    for dialect in ("mysql", "mariadb"):  # the index of due rows would lock the gaps between them
        still_due = still_due.with_hint(entity, "FORCE INDEX (PRIMARY)", dialect)
    locked = {str(getattr(row, key.key)): row for row in await uow.session.scalars(still_due)}
    return [locked[each] for each in seen if each in locked]


def _key(entity: type[Model]) -> InstrumentedAttribute[str]:
    mapper = inspect(entity)
    key: InstrumentedAttribute[str] = mapper.get_property_by_column(mapper.primary_key[0]).class_attribute
    return key
