"""The periods by which the use of services is charged, as whoever shows what it costs asks for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from scaicontrol.core.work import UnitOfWork

from ..models import Subscription, SubscriptionPeriod

_MOST: Final = 2000  # of a chunk of tenants; of one tenant and service these are decades


async def use_periods(
    uow: UnitOfWork, tenant_ids: Collection[str], service_ids: Collection[str], *, in_use_at: datetime | None = None
) -> Sequence[SubscriptionPeriod]:
    """
    Give the periods of these tenants and services that have begun, the newest first, each with plan and subscription.

    With `in_use_at` only those whose use is counted at that moment. No permission of its own: the calling verb has
    authorized.
    """
    period = SubscriptionPeriod
    query = (
        select(period)
        .join(period.subscription)
        .options(contains_eager(period.subscription), joinedload(period.plan))
        .where(period.tenant_id.in_(tenant_ids), Subscription.service_id.in_(service_ids), period.usage_from <= uow.now)
        .order_by(period.usage_from.desc(), period.id.desc())
        .limit(_MOST)
    )
    if in_use_at is not None:
        query = query.where(
            period.usage_from <= in_use_at, or_(period.usage_until.is_(None), period.usage_until > in_use_at)
        )
    return (await uow.session.scalars(query)).all()


async def period_of(uow: UnitOfWork, subscription_id: str, start: datetime) -> SubscriptionPeriod | None:
    """Give the period of a subscription that begins at a moment, with its subscription; as `use_periods`."""
    period = SubscriptionPeriod
    found: SubscriptionPeriod | None = await uow.session.scalar(
        select(period)
        .options(joinedload(period.subscription))
        .where(period.subscription_id == subscription_id, period.period_start == start)
    )
    return found
