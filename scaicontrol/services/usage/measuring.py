"""
What was used, counted by what its metrics were when it happened (contract §8.5).

A span is cut where some metric of the service changed its kind. Stretches of one kind belong together: counters add up,
of gauges the highest value counts; where the kind changed, what each kind counted is added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry import MetricHistory
from scaicontrol.services.registry.models import Service

from .totals import Total, UsageSpan, totals


@dataclass(frozen=True, slots=True)
class Measured:
    """How much of a metric was used, and in how many events."""

    quantity: Decimal = Decimal(0)
    events: int = 0


async def measured(
    uow: UnitOfWork, spans: Iterable[UsageSpan], services: Mapping[str, Service] | None = None
) -> dict[UsageSpan, dict[str, Measured]]:
    """
    Give what was used in each span, by metric; a metric nobody used is not named.

    No permission of its own: the calling verb has authorized.
    """
    wanted = set(spans)
    if services is None:
        services = await registry.by_ids(uow, {span.service_id for span in wanted})
    histories = await registry.metric_histories(uow, services.values())
    stretches = {span: _stretches(span, histories[span.service_id]) for span in wanted}
    found = await totals(uow, {stretch for mine in stretches.values() for stretch in mine})
    return {
        span: _added([(stretch, found[stretch]) for stretch in mine], histories[span.service_id])
        for span, mine in stretches.items()
    }


def _stretches(span: UsageSpan, history: MetricHistory) -> list[UsageSpan]:
    moments = [span.start, *history.cuts(span.start, span.end), span.end]
    return [replace(span, start=start, end=end) for start, end in pairwise(moments)]


def _added(found: list[tuple[UsageSpan, dict[str, Total]]], history: MetricHistory) -> dict[str, Measured]:
    measured: dict[str, Measured] = {}
    for slug in sorted({slug for _, totals_of in found for slug in totals_of}):
        quantity, events = Decimal(0), 0
        kind, running = "", Total()
        for stretch, totals_of in found:
            total = totals_of.get(slug, Total())
            counted = history.counted(slug, stretch.start)
            if counted != kind:
                quantity, running, kind = quantity + running.quantity(kind), Total(), counted
            running += total
            events += total.count
        measured[slug] = Measured(quantity + running.quantity(kind), events)
    return measured
