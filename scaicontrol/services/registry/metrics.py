"""
What the metrics of services were, and when (contract §8.5).

A metric has versions: use is counted by the kind that held when it happened, whatever the service says later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import MetricVersion

_COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """
    The kinds of a service's metrics over time: those of now, and before `changed_at` the earlier ones.

    A metric's first kind also holds for what happened before it was declared.
    """

    now: Mapping[str, str]
    changed_at: datetime | None = None
    versions: Mapping[str, Sequence[MetricVersion]] = field(default_factory=dict)

    def kind(self, slug: str, at: datetime) -> str | None:
        """Give the kind of a metric at a moment, None where it was not declared, or not any more."""
        if self.changed_at is None or at >= self.changed_at or slug not in self.versions:
            return self.now.get(slug)
        held = [each for each in self.versions[slug] if each.holds_from <= at] or [self.versions[slug][0]]
        last = held[-1]
        return last.kind if last.holds_until is None or at < last.holds_until else None

    def counted(self, slug: str, at: datetime) -> str:
        """Give the kind by which what was taken in is counted: of a metric that is gone, the last it had."""
        if found := self.kind(slug, at):
            return found
        earlier = [each for each in self.versions.get(slug, ()) if each.holds_from <= at]
        return earlier[-1].kind if earlier else _COUNTER

    def cuts(self, start: datetime, end: datetime) -> list[datetime]:
        """Name the moments within a span at which some kind changed."""
        moments = {each.holds_from for mine in self.versions.values() for each in mine[1:]}
        moments |= {each.holds_until for mine in self.versions.values() for each in mine if each.holds_until}
        return sorted(moment for moment in moments if start < moment < end)


class Measuring(Protocol):
    """A service as far as its metrics go."""

    @property
    def id(self) -> str: ...
    @property
    def metrics(self) -> list[dict[str, str]]: ...
    @property
    def metrics_changed_at(self) -> datetime | None: ...


async def metric_histories(uow: UnitOfWork, services: Iterable[Measuring]) -> Mapping[str, MetricHistory]:
    """
    Give the history of each service's metrics, by service; for services that never changed any, without a statement.

    No permission of its own: the calling verb has authorized.
    """
    asked = {each.id: each for each in services}
    versions = await metric_versions(uow, {each.id for each in asked.values() if each.metrics_changed_at is not None})
    return {
        each.id: MetricHistory(
            {metric["slug"]: metric["kind"] for metric in each.metrics},
            each.metrics_changed_at,
            versions.get(each.id, {}),
        )
        for each in asked.values()
    }


async def metric_versions(
    uow: UnitOfWork, service_ids: Collection[str]
) -> Mapping[str, Mapping[str, Sequence[MetricVersion]]]:
    """Give every version of the metrics of services, oldest first; no permission of its own."""
    found: defaultdict[str, defaultdict[str, list[MetricVersion]]] = defaultdict(lambda: defaultdict(list))
    if not service_ids:
        return found
    rows = select(MetricVersion).where(MetricVersion.service_id.in_(sorted(service_ids)))
    for row in await uow.session.scalars(rows.order_by(MetricVersion.number)):
        found[row.service_id][row.metric_slug].append(row)
    return found
