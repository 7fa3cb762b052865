"""How much of its quota a tenant used in its current period; the service decides what follows (contract §20)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from scaicontrol.core.errors import NotFound
from scaicontrol.core.periods import BillingPeriod, civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, registry
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions import calendar
from scaicontrol.services.subscriptions.reads import GrantRow, grants

from .measuring import Measured, measured
from .totals import UsageSpan

_WARNING, _EXCEEDED = 80, 100
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # the end of a one-time plan


class QuotaStanding(StrEnum):
    ok = "ok"
    warning = "warning"
    exceeded = "exceeded"


@dataclass(frozen=True, slots=True)
class QuotaStatus:
    """One metric of one tenant and service in its current period; `limit` None means unlimited."""

    tenant_id: str
    service_slug: str
    metric_slug: str
    entitled: bool
    limit: int | None
    used: Decimal
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime

    @property
    def unlimited(self) -> bool:
        return self.limit is None

    @property
    def remaining(self) -> Decimal | None:
        return None if self.limit is None else max(self.limit - self.used, Decimal(0))

    @property
    def percent(self) -> Decimal:
        """Rounded down to hundredths, so that 100 is never shown before it is reached."""
        if self.limit is None:
            return Decimal(0)
        share = self.used * 100 / self.limit if self.limit else Decimal(100)
        return share.quantize(Decimal("0.01"), ROUND_DOWN)

    @property
    def status(self) -> QuotaStanding:
        if self.reached(_EXCEEDED):
            return QuotaStanding.exceeded
        return QuotaStanding.warning if self.reached(_WARNING) else QuotaStanding.ok

    def reached(self, percent: int) -> bool:
        """Tell, without rounding, whether this much of the limit is used."""
        return self.limit is not None and self.used * 100 >= Decimal(self.limit) * percent


@dataclass(frozen=True, slots=True)
class QuotaGrant:
    """What one subscription, single or of a pack, lets a tenant use."""

    tenant_id: str
    partner_id: str
    service_id: str
    plan_id: str
    plan_version: int
    plan_slug: str
    quotas: Mapping[str, int]
    currency: str
    is_child: bool
    start: datetime
    end: datetime | None

    @property
    def owner(self) -> tuple[str, str]:
        return self.tenant_id, self.service_id

    @property
    def version(self) -> tuple[str, int]:
        return self.plan_id, self.plan_version


@dataclass(frozen=True, slots=True)
class Entitlement:
    """All grants of one tenant and service: limits add up, unlimited wins; the first grant sets the period."""

    grants: Sequence[QuotaGrant]

    @property
    def main(self) -> QuotaGrant:
        return self.grants[0]

    def limit(self, metric_slug: str) -> int | None:
        limits = [grant.quotas.get(metric_slug) or None for grant in self.grants]
        return None if None in limits else sum(filter(None, limits))

    def span(self) -> UsageSpan:
        return UsageSpan(*self.main.owner, self.main.start, self.main.end or FOREVER)


async def entitlements(
    uow: UnitOfWork,
    *,
    tenant_ids: Iterable[str] | None = None,
    service_ids: Iterable[str] | None = None,
) -> dict[tuple[str, str], Entitlement]:
    """
    Give what tenants may use now, by tenant and service, with one statement.

    No permission of its own: the calling verb has authorized.
    """
    by_owner: defaultdict[tuple[str, str], list[QuotaGrant]] = defaultdict(list)
    for row in await grants(uow, tenant_ids, service_ids):
        start, end = await _current(uow, row)
        grant = QuotaGrant(
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            service_id=row.service_id,
            plan_id=row.plan_id,
            plan_version=row.plan_version,
            plan_slug=row.plan_slug,
            quotas=row.quotas or {},
            currency=row.currency,
            is_child=row.pack_subscription_id is not None,
            start=start,
            end=end,
        )
        by_owner[grant.owner].append(grant)
    return {owner: Entitlement(grants) for owner, grants in by_owner.items()}


async def _current(uow: UnitOfWork, row: GrantRow) -> tuple[datetime, datetime | None]:
    """The renewal runs hourly: step over an end that has passed, so that a new period starts counting at once."""
    start, end = row.current_period_start or row.activated_at or row.created_at, row.current_period_end
    if end is None or end > uow.now or row.billing_period is BillingPeriod.one_time or end <= start:
        return start, end
    zone = (await partners.settings_of(uow, row.partner_id)).timezone
    anchor_day = row.anchor_day or civil_date(end, zone).day
    span = calendar.containing(uow.now, calendar.following(end, anchor_day, zone), row.billing_period, anchor_day, zone)
    return max(span.start, end), span.end


async def quota(uow: UnitOfWork, tenant_id: str, service_slug: str, metric_slug: str) -> QuotaStatus:
    """Answer a service that asks before it works; a service asks about its own metrics only."""
    uow.authorize("quotas:read")
    service = await _service(uow, service_slug)
    _declared(service, metric_slug)
    held = await entitlements(uow, tenant_ids=[tenant_id], service_ids=[service.id])
    entitlement = held.get((tenant_id, service.id))
    if entitlement is None:
        return not_entitled(uow, tenant_id, service.slug, metric_slug)
    span = entitlement.span()
    used = (await measured(uow, [span], {service.id: service}))[span]
    return standing(uow, service, entitlement, metric_slug, used)


async def quotas(uow: UnitOfWork, tenant_id: str, *, service_slug: str | None = None) -> list[QuotaStatus]:
    """List every metered quota of a tenant, by service and metric."""
    uow.authorize("usage:read")
    return [
        standing(uow, service, entitlement, metric["slug"], used)
        for service, entitlement, used in await in_use(uow, tenant_id, service_slug)
        for metric in service.metrics
    ]


async def in_use(
    uow: UnitOfWork, tenant_id: str, service_slug: str | None = None
) -> list[tuple[Service, Entitlement, dict[str, Measured]]]:
    """Give what a tenant may use and did use in its current periods; no permission of its own."""
    wanted = None if service_slug is None else [(await _service(uow, service_slug)).id]
    held = await entitlements(uow, tenant_ids=[tenant_id], service_ids=wanted)
    services = await registry.by_ids(uow, {service_id for _, service_id in held})
    spans = {owner: entitlement.span() for owner, entitlement in held.items()}
    used = await measured(uow, spans.values(), services)
    found = [(services[owner[1]], held[owner], used[span]) for owner, span in spans.items()]
    return sorted(found, key=lambda each: each[0].slug)


def standing(
    uow: UnitOfWork, service: Service, entitlement: Entitlement, metric_slug: str, used: Mapping[str, Measured]
) -> QuotaStatus:
    """Say where one metric stands."""
    _declared(service, metric_slug)
    return QuotaStatus(
        tenant_id=entitlement.main.tenant_id,
        service_slug=service.slug,
        metric_slug=metric_slug,
        entitled=True,
        limit=entitlement.limit(metric_slug),
        used=used.get(metric_slug, Measured()).quantity,
        period_start=entitlement.main.start,
        period_end=entitlement.main.end,
        as_of=uow.now,
    )


def not_entitled(uow: UnitOfWork, tenant_id: str, service_slug: str, metric_slug: str) -> QuotaStatus:
    """Nothing is included for who is not subscribed."""
    return QuotaStatus(
        tenant_id=tenant_id,
        service_slug=service_slug,
        metric_slug=metric_slug,
        entitled=False,
        limit=0,
        used=Decimal(0),
        period_start=None,
        period_end=None,
        as_of=uow.now,
    )


async def _service(uow: UnitOfWork, slug: str) -> Service:
    if uow.actor.scope.kind == "service":
        return await registry.own(uow, slug)
    service = await registry.find_by_slug(uow, slug)
    if service is None:
        raise NotFound(f"No service '{slug}'.")
    return service


def _declared(service: Service, metric_slug: str) -> dict[str, str]:
    metric = service.metric(metric_slug)
    if metric is None:
        raise NotFound(f"{service.slug} declares no metric '{metric_slug}'.")
    return metric
