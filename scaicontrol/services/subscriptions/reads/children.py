"""The children of packs, as `packs` asks for them; no permission of their own: the calling verb has authorized."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select

from scaicontrol.core.work import UnitOfWork

from ..lifecycle import TERMINAL
from ..models import Subscription
from ..queries import WHOLE


async def children_of(
    uow: UnitOfWork, pack_subscription_ids: Collection[str], *, live: bool = False, lock: bool = False
) -> Sequence[Subscription]:
    """Give the children of pack subscriptions in one order; only those that have not ended, or locked, where wished."""
    if not pack_subscription_ids:
        return []
    query = select(Subscription).options(*WHOLE).where(Subscription.pack_subscription_id.in_(pack_subscription_ids))
    if live:
        query = query.where(Subscription.status.not_in(TERMINAL))
    query = query.order_by(Subscription.id)
    return (await uow.session.scalars(query.with_for_update() if lock else query)).all()


async def recurring_holder(uow: UnitOfWork, tenant_id: str, service_ids: Collection[str]) -> Subscription | None:
    """Give a recurring subscription of a tenant to one of these services that has not ended, alone or in a pack."""
    found: Subscription | None = await uow.session.scalar(
        select(Subscription)
        .options(*WHOLE)
        .where(*_lives_on(tenant_id, service_ids))
        .order_by(Subscription.id)
        .limit(1)
    )
    return found


async def services_held(uow: UnitOfWork, tenant_id: str, service_ids: Collection[str]) -> set[str]:
    """Name those of these services that a tenant has a recurring subscription to, alone or in a pack."""
    if not service_ids:
        return set()
    return set(await uow.session.scalars(select(Subscription.service_id).where(*_lives_on(tenant_id, service_ids))))


def _lives_on(tenant_id: str, service_ids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        Subscription.tenant_id == tenant_id,
        Subscription.service_id.in_(service_ids),
        Subscription.status.not_in(TERMINAL),
        ~Subscription.is_one_time,
    )


async def tried_any(uow: UnitOfWork, tenant_id: str, service_ids: Collection[str]) -> bool:
    """Tell whether a tenant ever tried one of these services; what was never set up does not count."""
    tried = select(Subscription.id).where(
        Subscription.tenant_id == tenant_id,
        Subscription.service_id.in_(service_ids),
        Subscription.trial_ends_at.is_not(None),
    )
    return await uow.session.scalar(tried.limit(1)) is not None
