"""
Adding up use over any span, exactly, without scanning events.

A span is cut into whole days and whole hours, which are read from the aggregates, the two torn hours at its ends, which
are read from events, and the tail of events in between that the roll-up has not added yet. Three statements serve a
hundred spans.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from scaicontrol.core.work import UnitOfWork

from .models import TAIL_INDEX, UsageAggregate, UsageEvent

_AT_ONCE = 100
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsageSpan:
    """One tenant's use of one service from `start`, which belongs to it, to `end`, which does not."""

    tenant_id: str
    service_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What was used: counters are billed by `sum`, gauges by `max`."""

    sum: Decimal = Decimal(0)
    max: Decimal = Decimal(0)
    count: int = 0

    def __add__(self, other: "Total") -> "Total":
        if not self.count:
            return other
        return Total(self.sum + other.sum, max(self.max, other.max), self.count + other.count)

    def quantity(self, kind: str) -> Decimal:
        """Give the quantity that counts for a metric of this kind."""
        return self.max if kind == "gauge" else self.sum


@dataclass(frozen=True, slots=True)
class _Cut:
    """A span cut at its hours and days; an empty stretch has its end at its start."""

    span: UsageSpan
    first_hour: datetime
    first_day: datetime
    last_day: datetime
    last_hour: datetime

    @classmethod
    def of(cls, span: UsageSpan) -> "_Cut":
        first_hour, last_hour = _ceiling(span.start, HOUR), _floor(span.end, HOUR)
        if first_hour >= last_hour:  # within one or two hours: events only
            return cls(span, span.end, span.end, span.end, span.end)
        first_day, last_day = _ceiling(first_hour, DAY), _floor(last_hour, DAY)
        if first_day >= last_day:
            return cls(span, first_hour, last_hour, last_hour, last_hour)
        return cls(span, first_hour, first_day, last_day, last_hour)

    def of_aggregates(self) -> ColumnElement[bool]:
        kind, start = UsageAggregate.period_type, UsageAggregate.period_start
        days = and_(kind == "day", _between(start, self.first_day, self.last_day))
        before = and_(kind == "hour", _between(start, self.first_hour, self.first_day))
        after = and_(kind == "hour", _between(start, self.last_day, self.last_hour))
        return and_(self._mine(UsageAggregate), or_(days, before, after))

    def of_torn_hours(self) -> ColumnElement[bool]:
        counted = UsageEvent.counted_at
        head, foot = (
            _between(counted, self.span.start, self.first_hour),
            _between(counted, self.last_hour, self.span.end),
        )
        return and_(self._mine(UsageEvent), or_(head, foot))

    def of_tail(self) -> ColumnElement[bool]:
        return and_(self._mine(UsageEvent), _between(UsageEvent.counted_at, self.first_hour, self.last_hour))

    def _mine(self, entity: Any) -> ColumnElement[bool]:
        return and_(entity.tenant_id == self.span.tenant_id, entity.service_id == self.span.service_id)


async def totals(uow: UnitOfWork, spans: Iterable[UsageSpan]) -> dict[UsageSpan, dict[str, Total]]:
    """
    Give what was used in each span, by metric.

    No permission of its own: the calling verb has authorized. The session's scope holds as for every read.
    """
    found: dict[UsageSpan, dict[str, Total]] = {}
    for chunk in _chunks(set(spans)):
        owners = {(span.tenant_id, span.service_id): span for span in chunk}
        added: defaultdict[tuple[UsageSpan, str], Total] = defaultdict(Total)
        for query in _queries([_Cut.of(span) for span in chunk]):
            for row in await uow.session.execute(query):
                span = owners[row.tenant_id, row.service_id]
                added[span, row.metric_slug] += Total(row.total, row.highest, int(row.events))
        found |= {span: {} for span in chunk}
        for (span, metric), total in added.items():
            found[span][metric] = total
    return found


def _queries(cuts: Sequence[_Cut]) -> Iterator[Select[Any]]:
    aggregate, use = UsageAggregate, UsageEvent
    yield _grouped(aggregate, aggregate.sum, aggregate.max, func.sum(aggregate.count)).where(
        or_(*(cut.of_aggregates() for cut in cuts))
    )
    events = _grouped(use, use.quantity, use.quantity, func.count())
    yield events.where(or_(*(cut.of_torn_hours() for cut in cuts)))
    tail = events.where(use.aggregated_at.is_(None), or_(*(cut.of_tail() for cut in cuts)))
    # The planner would walk all events of the span; the rows that were not added up yet are few.
    for dialect in ("mysql", "mariadb"):
        tail = tail.with_hint(use, f"FORCE INDEX ({TAIL_INDEX})", dialect)
    yield tail


def _grouped(
    entity: Any,
    amount: InstrumentedAttribute[Decimal],
    highest: InstrumentedAttribute[Decimal],
    events: ColumnElement[Any],
) -> Select[Any]:
    keys = (entity.tenant_id, entity.service_id, entity.metric_slug)
    counted = (func.sum(amount).label("total"), func.max(highest).label("highest"), events.label("events"))
    return select(*keys, *counted).group_by(*keys)


def _chunks(spans: set[UsageSpan]) -> Iterator[list[UsageSpan]]:
    """Form groups in which each tenant and service occurs once, so that a row tells its span."""
    rounds: defaultdict[int, list[UsageSpan]] = defaultdict(list)
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    for span in sorted(spans, key=lambda span: (span.tenant_id, span.service_id, span.start, span.end)):
        owner = (span.tenant_id, span.service_id)
        rounds[seen[owner]].append(span)
        seen[owner] += 1
    for group in rounds.values():
        for at in range(0, len(group), _AT_ONCE):
            yield group[at : at + _AT_ONCE]


def _between(column: InstrumentedAttribute[datetime], start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _floor(moment: datetime, step: timedelta) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole.replace(hour=0) if step == DAY else whole


def _ceiling(moment: datetime, step: timedelta) -> datetime:
    below = _floor(moment, step)
    return below if below == moment else below + step
