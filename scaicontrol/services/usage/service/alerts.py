"""Telling who used 80 and 100 per cent of a quota: once per period, metric and threshold (contract §20)."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select, tuple_

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry.models import Service

from ..events import ThresholdReached
from ..measuring import measured
from ..models import UsageAggregate
from ..quotas import Entitlement, QuotaStatus, entitlements, standing
from .telling import tell_new

_BATCH = 200
# Only who used something lately can have reached a threshold; a day back catches up after an outage of the job.
_LATELY = timedelta(days=1)

Owner = tuple[str, str]


async def alert_quotas(backend: Backend) -> int:
    """Go through the tenants with recent use, a batch per transaction; give the number of thresholds told."""
    actor, told = Actor.system("quota_alerts"), 0
    after: Owner = ("", "")
    while True:
        last, some = await backend.perform(actor, alert, after)
        told += some
        if last is None:
            return told
        after = last


async def alert(uow: UnitOfWork, after: Owner, limit: int = _BATCH) -> tuple[Owner | None, int]:
    """Tell the thresholds reached by the next tenants; give where to go on, None at the end."""
    uow.authorize("usage:aggregate")
    tenant_id, service_id = UsageAggregate.tenant_id, UsageAggregate.service_id
    recent = (
        select(tenant_id, service_id)
        .where(
            UsageAggregate.period_type == "day",
            UsageAggregate.updated_at >= uow.now - _LATELY,
            tuple_(tenant_id, service_id) > tuple_(*after),
        )
        .distinct()
        .order_by(tenant_id, service_id)
        .limit(limit)
    )
    owners = [(row[0], row[1]) for row in await uow.session.execute(recent)]
    if not owners:
        return None, 0
    return (owners[-1] if len(owners) == limit else None), await tell_new(uow, await _reached(uow, owners))


async def _reached(uow: UnitOfWork, owners: Iterable[Owner]) -> list[ThresholdReached]:
    wanted = set(owners)
    held = await entitlements(
        uow, tenant_ids={owner[0] for owner in wanted}, service_ids={owner[1] for owner in wanted}
    )
    held = {owner: entitlement for owner, entitlement in held.items() if owner in wanted}
    services = await registry.by_ids(uow, {owner[1] for owner in held})
    spans = {owner: entitlement.span() for owner, entitlement in held.items()}
    used = await measured(uow, spans.values(), services)
    return [
        fact
        for owner, entitlement in held.items()
        for metric in services[owner[1]].metrics
        for fact in _facts(
            uow,
            services[owner[1]],
            entitlement,
            standing(uow, services[owner[1]], entitlement, metric["slug"], used[spans[owner]]),
        )
    ]


def _facts(
    uow: UnitOfWork, service: Service, entitlement: Entitlement, status: QuotaStatus
) -> Iterator[ThresholdReached]:
    for percent in sorted(map(int, uow.settings.quota_thresholds)):
        if status.limit is None or not status.reached(percent):
            continue
        yield ThresholdReached(
            tenant_id=status.tenant_id,
            partner_id=entitlement.main.partner_id,
            service_slug=service.slug,
            metric_slug=status.metric_slug,
            plan_key=f"{service.slug}.{entitlement.main.plan_slug}",
            threshold_percent=percent,
            used=status.used,
            limit=status.limit,
            period_start=entitlement.main.start,
            period_end=entitlement.main.end,
            reached_at=uow.now,
        )
