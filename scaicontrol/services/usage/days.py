"""
The days (UTC) of a span of use, exactly: together they are what the span counts.

Whole days come from the aggregates, what the roll-up has not added yet from its events, and the torn days at both ends
of the span are added up as `totals` does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select, tuple_

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry import MetricHistory

from .models import TAIL_INDEX, UsageAggregate, UsageEvent
from .totals import DAY, Total, UsageSpan, totals

Owner = tuple[str, str]  # tenant and service
_MOST: Final = 400 * DAY  # of a plan that never ends, the latest


@dataclass(frozen=True, slots=True)
class Point:
    """One hour, day or month (UTC) of a series."""

    period_start: datetime
    quantity: Decimal
    events: int


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


async def whole_days(
    uow: UnitOfWork, owners: Collection[Owner], since: datetime, until: datetime
) -> Mapping[tuple[Owner, str], Mapping[datetime, Total]]:
    """Give what was used on each whole day of some tenants and services, by metric, as far as it is rolled up."""
    found: defaultdict[tuple[Owner, str], dict[datetime, Total]] = defaultdict(dict)
    if not owners or since >= until:
        return found
    entity = UsageAggregate
    query = select(
        entity.tenant_id, entity.service_id, entity.metric_slug, entity.period_start, entity.sum, entity.max,
        entity.count.label("events"),
    ).where(
        tuple_(entity.tenant_id, entity.service_id).in_(sorted(owners)),
        entity.period_type == "day",
        entity.period_start >= since,
        entity.period_start < until,
    )  # fmt: skip
    for row in await uow.session.execute(query):
        owner = (row.tenant_id, row.service_id)
        found[owner, row.metric_slug][row.period_start] = Total(row.sum, row.max, row.events)
    return found


async def days_of(uow: UnitOfWork, span: UsageSpan, history: MetricHistory) -> Mapping[str, list[Point]]:
    """
    Give every day of a span up to now, by metric; a day on which a metric was not used is there with nothing.

    No permission of its own: the calling verb has authorized.
    """
    end = min(span.end, uow.now + timedelta(minutes=5))  # services may be a little ahead
    start = max(span.start, midnight(end) - _MOST)
    first, last = midnight(start), midnight(end)
    whole_from = first if first == start else min(first + DAY, end)
    whole_until = last + DAY if span.end >= last + DAY else max(last, whole_from)
    owner = (span.tenant_id, span.service_id)
    added: defaultdict[str, defaultdict[datetime, Total]] = defaultdict(lambda: defaultdict(Total))
    whole = await whole_days(uow, [owner], whole_from, whole_until)
    for (_, slug), days in whole.items():
        for day, total in days.items():
            added[slug][day] += total
    for day, slug, total in await _tail(uow, replace(span, start=whole_from, end=whole_until)):
        added[slug][day] += total
    torn = [
        UsageSpan(*owner, begins, ends)
        for begins, ends in ((start, whole_from), (whole_until, span.end))
        if begins < ends and begins <= end
    ]
    for stretch, by_metric in (await totals(uow, torn)).items() if torn else ():
        for slug, total in by_metric.items():
            added[slug][midnight(stretch.start)] += total
    every = list(_every_day(first, last if last < end else last - DAY))
    return {slug: [_point(history, slug, day, days[day]) for day in every] for slug, days in added.items()} | {
        slug: [Point(day, Decimal(), 0) for day in every] for slug in history.now if slug not in added
    }


async def _tail(uow: UnitOfWork, span: UsageSpan) -> list[tuple[datetime, str, Total]]:
    """Give what is not rolled up yet; a few minutes of use."""
    use = UsageEvent
    query = select(use.metric_slug, use.counted_at, use.quantity).where(
        use.aggregated_at.is_(None),
        use.tenant_id == span.tenant_id,
        use.service_id == span.service_id,
        use.counted_at >= span.start,
        use.counted_at < span.end,
    )
    for dialect in ("mysql", "mariadb"):
        query = query.with_hint(use, f"FORCE INDEX ({TAIL_INDEX})", dialect)
    return [
        (midnight(row.counted_at), row.metric_slug, Total(row.quantity, row.quantity, 1))
        for row in await uow.session.execute(query)
    ]


def _every_day(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += DAY


def _point(history: MetricHistory, slug: str, day: datetime, total: Total) -> Point:
    return Point(day, total.quantity(history.counted(slug, day)), total.count)
