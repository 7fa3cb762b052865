"""What was used over time, for people: series, and totals over tenants."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Select, func, select

from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry import MetricHistory

from .days import Point
from .models import UsageAggregate
from .service.rollup import starts

_POINTS = 1000  # of one series


class PeriodType(StrEnum):
    hour = "hour"
    day = "day"
    month = "month"


_SHOWN = {PeriodType.hour: timedelta(days=2), PeriodType.day: timedelta(days=31), PeriodType.month: timedelta(days=366)}


@dataclass(frozen=True, slots=True)
class Series:
    """The use of one metric over time; up to five minutes behind."""

    service_slug: str
    metric_slug: str
    kind: str
    period_type: PeriodType
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class PlatformUse:
    """The use of one metric over all tenants in the current hour, day or month."""

    service_slug: str
    metric_slug: str
    kind: str
    period_type: PeriodType
    period_start: datetime
    quantity: Decimal
    events: int
    active_tenants: int


def visible(uow: UnitOfWork) -> Select[UsageAggregate]:
    """Every read of totals starts here; the session's scope decides whose."""
    uow.authorize("usage:read")
    return select(UsageAggregate)


async def history(
    uow: UnitOfWork,
    tenant_id: str,
    period_type: PeriodType,
    *,
    service_slug: str | None = None,
    metric: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Series]:
    """Give a tenant's series by service and metric; empty stretches have no point."""
    until = until or uow.now
    since = since or starts(until - _SHOWN[period_type])[period_type]
    if since > until:
        raise invalid("from", "from lies after to.")
    query = visible(uow).where(
        UsageAggregate.tenant_id == tenant_id,
        UsageAggregate.period_type == period_type,
        UsageAggregate.period_start >= since,
        UsageAggregate.period_start <= until,
    )
    if metric is not None:
        query = query.where(UsageAggregate.metric_slug == metric)
    if service_slug is not None:
        service = await registry.find_by_slug(uow, service_slug)
        query = query.where(UsageAggregate.service_id == (service.id if service else ""))
    latest = query.order_by(UsageAggregate.period_start.desc(), UsageAggregate.id).limit(_POINTS)
    rows = list(await uow.session.scalars(latest))
    services = await registry.by_ids(uow, {row.service_id for row in rows})
    histories = await registry.metric_histories(uow, services.values())
    by_metric: defaultdict[tuple[str, str], list[UsageAggregate]] = defaultdict(list)
    for row in reversed(rows):
        by_metric[row.service_id, row.metric_slug].append(row)
    found = []
    for (service_id, slug), mine in by_metric.items():
        said = histories[service_id]
        points = [Point(row.period_start, _counted(said, row), row.count) for row in mine]
        kind = said.counted(slug, mine[-1].period_start)
        found.append(Series(services[service_id].slug, slug, kind, period_type, points))
    return sorted(found, key=lambda series: (series.service_slug, series.metric_slug))


async def aggregate_use(uow: UnitOfWork, period_type: PeriodType) -> list[PlatformUse]:
    """
    Add up the current hour, day or month over all tenants the actor may see.

    Counters add their sums, gauges each tenant's highest value. `active_tenants` counts those of the whole service.
    """
    uow.authorize("usage:read")
    start = starts(uow.now)[period_type]
    entity = UsageAggregate
    current = (entity.period_type == period_type, entity.period_start == start)
    rows = (
        await uow.session.execute(
            select(
                entity.service_id,
                entity.metric_slug,
                func.sum(entity.sum).label("sums"),
                func.sum(entity.max).label("highest"),
                func.sum(entity.count).label("events"),
            )
            .where(*current)
            .group_by(entity.service_id, entity.metric_slug)
        )
    ).all()
    active = dict(
        (
            await uow.session.execute(
                select(entity.service_id, func.count(func.distinct(entity.tenant_id)))
                .where(*current)
                .group_by(entity.service_id)
            )
        ).all()
    )
    services = await registry.by_ids(uow, active)
    histories = await registry.metric_histories(uow, services.values())
    found = []
    for row in rows:
        service = services[row.service_id]
        kind = histories[row.service_id].counted(row.metric_slug, start)
        quantity = row.highest if kind == "gauge" else row.sums
        found.append(
            PlatformUse(
                service_slug=service.slug,
                metric_slug=row.metric_slug,
                kind=kind,
                period_type=period_type,
                period_start=start,
                quantity=quantity,
                events=int(row.events),
                active_tenants=active[row.service_id],
            )
        )
    return sorted(found, key=lambda use: (use.service_slug, use.metric_slug))


def _counted(history: MetricHistory, row: UsageAggregate) -> Decimal:
    """Give what an hour, day or month counted, by what the metric was when it began."""
    return row.max if history.counted(row.metric_slug, row.period_start) == "gauge" else row.sum
