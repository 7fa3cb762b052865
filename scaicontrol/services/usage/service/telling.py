"""Telling once what was reached: of a quota, of a budget."""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork


async def tell_new(uow: UnitOfWork, reached: Sequence[DomainEvent]) -> int:
    """Emit of these facts what nobody was told yet, by their idempotency keys; give how many that were."""
    keys = [fact.idempotency_key for fact in reached]
    if not keys:
        return 0
    told = set(await uow.session.scalars(select(Outbox.source_key).where(Outbox.source_key.in_(keys))))
    fresh = [fact for fact in reached if fact.idempotency_key not in told]
    for fact in fresh:
        uow.emit(fact)
    return len(fresh)
