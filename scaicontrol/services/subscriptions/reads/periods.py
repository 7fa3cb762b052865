"""The periods by which the use of services is charged, as whoever shows what it costs asks for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import contains_eager, joinedload

from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork

from ..models import Subscription, SubscriptionChange, SubscriptionPeriod

_MOST: Final = 2000  # of the whole past of one tenant and service: these are decades
log = get_logger(__name__)


async def use_periods(
    uow: UnitOfWork,
    owners: Collection[tuple[str, str]],
    *,
    in_use_at: datetime | None = None,
    since: datetime | None = None,
) -> Sequence[SubscriptionPeriod]:
    """
    Give the periods of these (tenant, service) that have begun, the newest first, each with plan and subscription.

    With `in_use_at` only those whose use is counted at that moment, with `since` those that it was counted in then or
    later: all of them, of however many. The whole past is asked of one owner, and a warning tells where it is cut.

    No permission of its own: the calling verb has authorized.
    """
    if not owners:
        return ()
    period = SubscriptionPeriod
    query = (
        select(period)
        .join(period.subscription)
        .options(contains_eager(period.subscription), joinedload(period.plan))
        .where(
            period.tenant_id.in_({tenant_id for tenant_id, _ in owners}),  # what an index knows
            tuple_(period.tenant_id, Subscription.service_id).in_(list(owners)),
            period.usage_from <= uow.now,
        )
        .order_by(period.usage_from.desc(), period.id.desc())
    )
    if in_use_at is not None:
        query = query.where(period.usage_from <= in_use_at, _counted_after(in_use_at))
    elif since is not None:
        query = query.where(_counted_after(since))
    else:
        return await _whole_past(uow, owners, query)
    return (await uow.session.scalars(query)).all()


def _counted_after(moment: datetime) -> ColumnElement[bool]:
    return SubscriptionPeriod.usage_until.is_(None) | (SubscriptionPeriod.usage_until > moment)


async def _whole_past(
    uow: UnitOfWork, owners: Collection[tuple[str, str]], query: Select[SubscriptionPeriod]
) -> Sequence[SubscriptionPeriod]:
    if len(owners) > 1:
        raise ValueError("The whole past is asked of one tenant and service at a time.")
    found = (await uow.session.scalars(query.limit(_MOST + 1))).all()
    if len(found) > _MOST:
        ((tenant_id, service_id),) = owners
        log.warning("use_periods_cut", tenant_id=tenant_id, service_id=service_id, most=_MOST)
    return found[:_MOST]


async def period_of(uow: UnitOfWork, subscription_id: str, start: datetime) -> SubscriptionPeriod | None:
    """Give the period of a subscription that begins at a moment, with its subscription; as `use_periods`."""
    period = SubscriptionPeriod
    found: SubscriptionPeriod | None = await uow.session.scalar(
        select(period)
        .options(joinedload(period.subscription))
        .where(period.subscription_id == subscription_id, period.period_start == start)
    )
    return found


async def due_change(uow: UnitOfWork, subscription_id: str, changed_at: datetime) -> SubscriptionChange | None:
    """Find the change of that moment, as long as it is to be settled."""
    found: SubscriptionChange | None = await uow.session.scalar(
        select(SubscriptionChange).where(
            SubscriptionChange.subscription_id == subscription_id,
            SubscriptionChange.changed_at == changed_at,
            SubscriptionChange.due_at.is_not(None),
        )
    )
    return found


DUE_COLUMNS: Final = {
    "base": SubscriptionPeriod.base_due_at,
    "one_time": SubscriptionPeriod.base_due_at,
    "usage": SubscriptionPeriod.usage_due_at,
    "minimum": SubscriptionPeriod.usage_due_at,
    "correction": SubscriptionPeriod.correction_due_at,
}


async def due_period(uow: UnitOfWork, subscription_id: str, start: datetime, part: str) -> SubscriptionPeriod | None:
    """Find the period that began then, as long as its base charge, its use or a correction of it is to be charged."""
    column = DUE_COLUMNS[part]
    found: SubscriptionPeriod | None = await uow.session.scalar(
        select(SubscriptionPeriod).where(
            SubscriptionPeriod.subscription_id == subscription_id,
            SubscriptionPeriod.period_start == start,
            column.is_not(None),
        )
    )
    return found


async def due_pack_periods(uow: UnitOfWork, pack_subscription_id: str, start: datetime) -> Sequence[SubscriptionPeriod]:
    """Give the periods of a pack's children that began then, as long as the price of the pack is to be charged."""
    period = SubscriptionPeriod
    query = (
        select(period).join(period.subscription).where(period.period_start == start, period.base_due_at.is_not(None))
    )
    return (await uow.session.scalars(query.where(Subscription.pack_subscription_id == pack_subscription_id))).all()
