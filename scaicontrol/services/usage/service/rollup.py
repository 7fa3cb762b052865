"""Adding events up into hours, days and months, each event exactly once (contract §20)."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions

from ..models import UsageAggregate, UsageEvent
from ..totals import Total

BATCH = 10_000
_AT_ONCE = 1000  # ids in one IN list
RETENTION = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one aggregate counts."""

    tenant_id: str
    partner_id: str
    service_id: str
    metric_slug: str
    period_type: str
    period_start: datetime

    @property
    def id(self) -> str:
        """The same for everybody who adds to this total, so that two writers clash instead of doubling it."""
        owner = f"{self.tenant_id}|{self.service_id}|{self.metric_slug}"
        name = f"{owner}|{self.period_type}|{self.period_start.isoformat()}"
        return "agg_" + hashlib.sha256(name.encode()).hexdigest()[:32]


def starts(moment: datetime) -> dict[str, datetime]:
    """Name the hour, day and month (UTC) that a moment belongs to."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    return {"hour": hour, "day": day, "month": day.replace(day=1)}


async def aggregate(backend: Backend) -> int:
    """Roll up everything that waits, in batches of their own transactions; give the number of events."""
    actor, rolled = Actor.system("usage_aggregation"), 0
    while batch := await backend.perform(actor, roll_up):
        rolled += batch
        if batch < BATCH:
            break
    return rolled


async def roll_up(uow: UnitOfWork, limit: int = BATCH) -> int:
    """Add the waiting events to their totals and mark them, in one transaction; 0 when none waits."""
    uow.authorize("usage:aggregate")
    waiting = (
        await uow.session.execute(
            _events().where(UsageEvent.aggregated_at.is_(None)).order_by(UsageEvent.tenant_id).limit(limit)
        )
    ).all()
    if not waiting:
        return 0
    ids = [row.id for row in waiting]
    for some in _parts(ids):
        marked: Any = await uow.session.execute(
            update(UsageEvent)
            .where(UsageEvent.id.in_(some), UsageEvent.aggregated_at.is_(None))
            .values(aggregated_at=uow.now)
            .execution_options(synchronize_session=False)
        )
        if marked.rowcount != len(some):
            raise Conflict("Another roll-up took some of these events; the next run adds the rest.")
    await _add(uow, _sums(waiting))
    await subscriptions.mark_for_correction(uow, {(row.tenant_id, row.service_id, row.counted_at) for row in waiting})
    return len(ids)


async def recompute(uow: UnitOfWork, tenant_id: str, service_id: str, month: datetime) -> int:
    """Compute a tenant's totals of one UTC month again from its events; give how many events there are."""
    uow.authorize("usage:aggregate")
    first = starts(month)["month"]
    following = starts(first + timedelta(days=32))["month"]
    if first < uow.now - RETENTION:
        raise Conflict(f"Events of {first:%Y-%m} may be gone: they are kept for {RETENTION.days} days.")
    mine = (UsageAggregate.tenant_id == tenant_id, UsageAggregate.service_id == service_id)
    await uow.session.execute(
        delete(UsageAggregate)
        .where(*mine, UsageAggregate.period_start >= first, UsageAggregate.period_start < following)
        .execution_options(synchronize_session=False)
    )
    within = (
        UsageEvent.tenant_id == tenant_id,
        UsageEvent.service_id == service_id,
        UsageEvent.counted_at >= first,
        UsageEvent.counted_at < following,
    )
    events = (await uow.session.execute(_events().where(*within))).all()
    await uow.session.execute(
        update(UsageEvent)
        .where(*within, UsageEvent.aggregated_at.is_(None))
        .values(aggregated_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    await _add(uow, _sums(events))
    return len(events)


async def prune(uow: UnitOfWork, limit: int = BATCH) -> int:
    """Remove rolled-up events older than 400 days; their totals stay. Gives how many went."""
    uow.authorize("usage:aggregate")
    old = select(UsageEvent.id).where(
        UsageEvent.aggregated_at < uow.now - RETENTION, UsageEvent.counted_at < uow.now - RETENTION
    )
    ids = list(await uow.session.scalars(old.limit(limit)))
    for some in _parts(ids):
        await uow.session.execute(
            delete(UsageEvent).where(UsageEvent.id.in_(some)).execution_options(synchronize_session=False)
        )
    return len(ids)


def _events() -> Any:
    return select(
        UsageEvent.id,
        UsageEvent.tenant_id,
        UsageEvent.partner_id,
        UsageEvent.service_id,
        UsageEvent.metric_slug,
        UsageEvent.quantity,
        UsageEvent.counted_at,
    )


def _sums(events: Iterable[Any]) -> dict[Bucket, Total]:
    hours: defaultdict[Bucket, Total] = defaultdict(Total)
    for row in events:
        hour = Bucket(
            row.tenant_id, row.partner_id, row.service_id, row.metric_slug, "hour", starts(row.counted_at)["hour"]
        )
        hours[hour] += Total(row.quantity, row.quantity, 1)
    sums = defaultdict(Total, hours)
    for hour, total in hours.items():
        around = starts(hour.period_start)
        for kind in ("day", "month"):
            sums[Bucket(hour.tenant_id, hour.partner_id, hour.service_id, hour.metric_slug, kind, around[kind])] += (
                total
            )
    return dict(sums)


async def _add(uow: UnitOfWork, sums: dict[Bucket, Total]) -> None:
    """Replace the totals touched: two statements per thousand, where updates would be one each."""
    for part in _parts(list(sums)):
        buckets = {bucket.id: bucket for bucket in part}
        before = {
            row.id: row
            for row in await uow.session.execute(
                select(
                    UsageAggregate.id,
                    UsageAggregate.sum,
                    UsageAggregate.max,
                    UsageAggregate.count.label("events"),
                    UsageAggregate.created_at,
                ).where(UsageAggregate.id.in_(buckets))
            )
        }
        if before:
            await uow.session.execute(
                delete(UsageAggregate).where(UsageAggregate.id.in_(before)).execution_options(synchronize_session=False)
            )
        rows = []
        for key, bucket in buckets.items():
            old, total = before.get(key), sums[bucket]
            if old is not None:
                total = Total(old.sum, old.max, old.events) + total
            rows.append(
                {
                    "id": key,
                    "tenant_id": bucket.tenant_id,
                    "partner_id": bucket.partner_id,
                    "service_id": bucket.service_id,
                    "metric_slug": bucket.metric_slug,
                    "period_type": bucket.period_type,
                    "period_start": bucket.period_start,
                    "sum": total.sum,
                    "max": total.max,
                    "count": total.count,
                    "created_at": old.created_at if old is not None else uow.now,
                    "updated_at": uow.now,
                }
            )
        await uow.session.execute(insert(UsageAggregate), rows)


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[at : at + _AT_ONCE] for at in range(0, len(items), _AT_ONCE))
