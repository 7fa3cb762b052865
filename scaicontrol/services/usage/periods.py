"""The periods by which use is charged: what a billing run counts is what is shown of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.models import SubscriptionPeriod
from scaicontrol.services.subscriptions.reads.periods import use_periods

from .days import Owner
from .quotas import FOREVER, Entitlement
from .totals import UsageSpan


@dataclass(frozen=True, slots=True)
class UsePeriod:
    """
    A stretch of use that is charged as a whole, and the version of the plan that prices it.

    A plan bought once has no end.
    """

    tenant_id: str
    service_id: str
    start: datetime
    end: datetime | None
    plan_id: str
    plan_version: int
    plan_key: str
    currency: str

    @property
    def owner(self) -> Owner:
        return self.tenant_id, self.service_id

    @property
    def version(self) -> tuple[str, int]:
        return self.plan_id, self.plan_version

    @property
    def span(self) -> UsageSpan:
        return UsageSpan(*self.owner, self.start, self.end or FOREVER)

    def is_current(self, now: datetime) -> bool:
        return self.start <= now and (self.end is None or now < self.end)


Held = Mapping[Owner, Entitlement]


async def periods_by_owner(
    uow: UnitOfWork,
    owners: Collection[Owner],
    services: Mapping[str, Service],
    held: Held,
    *,
    current: bool = False,
    since: datetime | None = None,
) -> Mapping[Owner, Sequence[UsePeriod]]:
    """
    Give the periods of some tenants and services, the newest first; with `current` only those that run.

    With `since` those that ran then or later; the whole past is asked of one owner.

    A trial and a renewal that its job has not made yet leave no row: what runs then is what the tenant is entitled to.
    No permission of its own: the calling verb has authorized.
    """
    wanted = set(owners)
    rows = await use_periods(uow, wanted, in_use_at=uow.now if current else None, since=since)
    found: defaultdict[Owner, list[UsePeriod]] = defaultdict(list)
    for row in rows:
        period = _of_row(row, services)
        found[period.owner].append(period)
    for owner in wanted & held.keys():
        if not any(period.is_current(uow.now) for period in found[owner]):
            found[owner].insert(0, _entitled(held[owner], services))
    return found


def _of_row(row: SubscriptionPeriod, services: Mapping[str, Service]) -> UsePeriod:
    service = services[row.subscription.service_id]
    return UsePeriod(
        tenant_id=row.tenant_id,
        service_id=service.id,
        start=row.usage_from,
        end=row.usage_until,
        plan_id=row.plan_id,
        plan_version=row.plan_version,
        plan_key=f"{service.slug}.{row.plan.slug}",
        currency=row.currency,
    )


def _entitled(entitlement: Entitlement, services: Mapping[str, Service]) -> UsePeriod:
    main = entitlement.main
    return UsePeriod(
        tenant_id=main.tenant_id,
        service_id=main.service_id,
        start=main.start,
        end=main.end,
        plan_id=main.plan_id,
        plan_version=main.plan_version,
        plan_key=f"{services[main.service_id].slug}.{main.plan_slug}",
        currency=main.currency,
    )
