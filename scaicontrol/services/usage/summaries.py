"""What the services of a tenant were used for in a period, what that costs, and what it is likely to come to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, registry
from scaicontrol.services.catalog.models import PlanVersion
from scaicontrol.services.registry import MetricHistory
from scaicontrol.services.registry.models import Service

from . import forecasts
from .costs import Cost, cost
from .days import Owner, Point, days_of, midnight, whole_days
from .measuring import Measured, measured
from .periods import Held, UsePeriod, periods_by_owner
from .quotas import QuotaStatus, entitlements
from .totals import DAY, Total


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a metric is likely to have come to when its period ends, and what that will cost before tax."""

    low: Decimal
    likely: Decimal
    high: Decimal
    low_cents: int
    likely_cents: int
    high_cents: int


@dataclass(frozen=True, slots=True)
class MetricUse:
    """
    One metric in one period: how much, of what limit, and what it costs, as the billing run would charge it now.

    `included` and `billable` are quantities; gross less discount is `cost_cents`. There is a forecast while the period
    runs and a week of use is known.
    """

    service_slug: str
    service_name: str
    metric_slug: str
    name: str
    unit: str
    kind: str
    used: Decimal
    limit: int | None
    remaining: Decimal | None
    percent: Decimal
    included: Decimal
    billable: Decimal
    gross_cents: int
    discount_cents: int
    cost_cents: int
    currency: str
    plan_key: str
    plan_version: int
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime
    forecast: Forecast | None = None
    series: Sequence[Point] = ()


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """One service in one period, with all that its costs follow from."""

    service: Service
    period: UsePeriod
    terms: PlanVersion
    history: MetricHistory
    used: Mapping[str, Measured]
    limits: Mapping[str, int | None]
    lately: Mapping[str, Sequence[Decimal]] = field(default_factory=dict)  # whole days before today, by metric
    days_left: Decimal = Decimal()

    def quantity(self, slug: str) -> Decimal:
        return self.used.get(slug, Measured()).quantity

    def cost(self, slug: str, quantity: Decimal | None = None) -> Cost:
        return cost(self.quantity(slug) if quantity is None else quantity, self.terms.brackets(slug))

    def forecast(self, metric: Mapping[str, str]) -> Forecast | None:
        slug = metric["slug"]
        found = forecasts.expected(metric["kind"], self.quantity(slug), self.lately.get(slug, ()), self.days_left)
        if found is None:
            return None
        cents = [self.cost(slug, quantity).net_cents for quantity in (found.low, found.likely, found.high)]
        return Forecast(found.low, found.likely, found.high, *cents)


async def summary(uow: UnitOfWork, tenant_id: str) -> list[MetricUse]:
    """Give every metric of a tenant's services in its current period, with its cost so far."""
    uow.authorize("usage:read")
    held = await entitlements(uow, tenant_ids=[tenant_id])
    uses = await current_uses(uow, held.keys(), held)
    return [each for use in uses for each in _metrics(uow, use)]


async def periods(uow: UnitOfWork, tenant_id: str, service_slug: str) -> list[UsePeriod]:
    """List the periods of a tenant's use of one service, the newest first; raises NotFound for no such service."""
    uow.authorize("usage:read")
    return (await _story(uow, tenant_id, service_slug)).periods


async def by_service(
    uow: UnitOfWork, tenant_id: str, service_slug: str, *, begins: datetime | None = None
) -> list[MetricUse]:
    """
    Give one service's metrics with the days of a period: the one that `begins` then, else the newest.

    Nothing where the tenant never held the service. Raises NotFound for no such service or period.
    """
    uow.authorize("usage:read")
    story = await _story(uow, tenant_id, service_slug)
    wanted = [period for period in story.periods if begins in (None, period.start)][:1]
    if not wanted:
        if begins is not None:
            raise NotFound(f"No period of {service_slug} begins at {begins.isoformat()}; list its periods.")
        return []
    (use,) = await _uses(uow, wanted, {story.service.id: story.service}, story.held)
    days = await days_of(uow, wanted[0].span, use.history)
    return [replace(each, series=days[each.metric_slug]) for each in _metrics(uow, use)]


class _Story(NamedTuple):
    """One service as a tenant has held it."""

    service: Service
    held: Held
    periods: list[UsePeriod]


async def _story(uow: UnitOfWork, tenant_id: str, service_slug: str) -> _Story:
    service = await registry.find_by_slug(uow, service_slug)
    if service is None:
        raise NotFound(f"No service '{service_slug}'.")
    held = await entitlements(uow, tenant_ids=[tenant_id], service_ids=[service.id])
    owner = (tenant_id, service.id)
    found = await periods_by_owner(uow, [owner], {service.id: service}, held)
    return _Story(service, held, list(found[owner]))


async def current_uses(uow: UnitOfWork, owners: Collection[Owner], held: Held) -> list[ServiceUse]:
    """
    Give what some tenants use of services in the periods that run now, by service; a handful of statements for all.

    No permission of its own: the calling verb has authorized.
    """
    wanted = set(owners)
    services = await registry.by_ids(uow, {service_id for _, service_id in wanted})
    running = await periods_by_owner(uow, wanted, services, held, current=True)
    found = await _uses(uow, [mine[0] for mine in running.values() if mine], services, held)
    return sorted(found, key=lambda use: (use.service.slug, use.period.tenant_id))


async def _uses(
    uow: UnitOfWork, wanted: Sequence[UsePeriod], services: Mapping[str, Service], held: Held
) -> list[ServiceUse]:
    used = await measured(uow, {period.span for period in wanted}, services)
    versions = await catalog.versions_by_key(uow, {period.version for period in wanted})
    histories = await registry.metric_histories(uow, services.values())
    running = {period.owner for period in wanted if period.is_current(uow.now) and period.end is not None}
    today = midnight(uow.now)
    whole = await whole_days(uow, running, today - forecasts.DAYS * DAY, today)
    begun = await _begun(uow, running, services, held)
    found = []
    for period in wanted:
        service, history = services[period.service_id], histories[period.service_id]
        terms, entitlement = versions[period.version], held.get(period.owner)
        is_current = period.is_current(uow.now)
        limits = {
            metric["slug"]: entitlement.limit(metric["slug"])
            if entitlement is not None and is_current
            else terms.quotas.get(metric["slug"]) or None
            for metric in service.metrics
        }
        lately: dict[str, Sequence[Decimal]] = {}
        if period.owner in running:
            since = max(midnight(begun[period.owner]) + DAY, today - forecasts.DAYS * DAY)
            lately = {
                metric["slug"]: list(
                    _lately(whole.get((period.owner, metric["slug"]), {}), history, metric["slug"], since, today)
                )
                for metric in service.metrics
            }
        left = max(period.end - uow.now, timedelta()) if period.end is not None and is_current else timedelta()
        found.append(
            ServiceUse(
                service, period, terms, history, used[period.span], limits, lately,
                Decimal(left // timedelta(microseconds=1)) / (DAY // timedelta(microseconds=1)),
            )
        )  # fmt: skip
    return found


async def _begun(
    uow: UnitOfWork, owners: set[Owner], services: Mapping[str, Service], held: Held
) -> Mapping[Owner, datetime]:
    """Say since when each tenant has held its service without a day between, as far as a forecast looks back."""
    begun = {}
    since = midnight(uow.now) - (forecasts.DAYS + 2) * DAY  # a day between is none, and its first day is not whole
    for owner, mine in (await periods_by_owner(uow, owners, services, held, since=since)).items():
        begun[owner] = mine[0].start
        for period in mine[1:]:
            if period.end is None or begun[owner] - period.end > DAY:
                break
            begun[owner] = min(begun[owner], period.start)
    return begun


def _lately(
    days: Mapping[datetime, Total], history: MetricHistory, slug: str, since: datetime, today: datetime
) -> Iterator[Decimal]:
    while since < today:
        yield days.get(since, Total()).quantity(history.counted(slug, since))
        since += DAY


def _metrics(uow: UnitOfWork, use: ServiceUse) -> Iterator[MetricUse]:
    period = use.period
    for metric in use.service.metrics:
        slug = metric["slug"]
        priced = use.cost(slug)
        status = QuotaStatus(
            tenant_id=period.tenant_id,
            service_slug=use.service.slug,
            metric_slug=slug,
            entitled=True,
            limit=use.limits[slug],
            used=use.quantity(slug),
            period_start=period.start,
            period_end=period.end,
            as_of=uow.now,
        )
        yield MetricUse(
            service_slug=use.service.slug,
            service_name=use.service.name,
            metric_slug=slug,
            name=metric.get("name", slug),
            unit=metric.get("unit", ""),
            kind=metric.get("kind", "counter"),
            used=status.used,
            limit=status.limit,
            remaining=status.remaining,
            percent=status.percent,
            included=priced.included,
            billable=priced.billable,
            gross_cents=priced.gross_cents,
            discount_cents=priced.discount_cents,
            cost_cents=priced.net_cents,
            currency=period.currency,
            plan_key=period.plan_key,
            plan_version=period.plan_version,
            period_start=period.start,
            period_end=period.end,
            as_of=uow.now,
            forecast=use.forecast(metric),
        )
