from datetime import datetime
from typing import Annotated

from fastapi import Path, Query

from scaicontrol.core.errors import Refused
from scaicontrol.core.schemas import MomentIn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants, usage
from scaicontrol.services.usage import MetricUse, PeriodType, PlatformUse, QuotaStatus, Series, UsePeriod
from scaicontrol.services.usage.models import UsageBudget
from scaicontrol.services.usage.schemas import (
    BudgetIn,
    BudgetOut,
    MetricDetailOut,
    MetricUseOut,
    PlatformUseOut,
    QuotaStatusOut,
    SeriesOut,
    UsePeriodOut,
)

from .door import Many, One, Router

router = Router("/usage", tags=["metering"])
admin = Router("/admin/usage", tags=["admin-usage"])

Since = Annotated[MomentIn | None, Query(alias="from", description="The first moment.")]
Until = Annotated[MomentIn | None, Query(alias="to", description="The first moment after.")]
Begins = Annotated[MomentIn | None, Query(description="When the period begins; without it the newest.")]
Slug = Annotated[str, Path(max_length=64)]


@router.get("/summary", response_model=Many[MetricUseOut], permission="usage:read", summary="Show the current period")
async def summary(uow: UnitOfWork) -> list[MetricUse]:
    """Every metric of the tenant's services: used, limit, and the cost so far before tax."""
    return await usage.summary(uow, _own_tenant(uow))


@router.get("/history", response_model=Many[SeriesOut], permission="usage:read", summary="Show usage over time")
async def history(
    uow: UnitOfWork,
    metric: Annotated[str | None, Query(max_length=64)] = None,
    service_slug: Annotated[str | None, Query(max_length=64)] = None,
    period_type: PeriodType = PeriodType.day,
    since: Since = None,
    until: Until = None,
) -> list[Series]:
    """Hours, days or months (UTC), by service and metric; up to five minutes behind."""
    return await _series(uow, _own_tenant(uow), period_type, service_slug, metric, since, until)


@router.get("/quotas", response_model=Many[QuotaStatusOut], permission="usage:read", summary="List all quotas")
async def quotas(uow: UnitOfWork) -> list[QuotaStatus]:
    return await usage.quotas(uow, _own_tenant(uow))


@router.get(
    "/by-service/{slug}", response_model=Many[MetricDetailOut], permission="usage:read", summary="Show one service"
)
async def by_service(uow: UnitOfWork, slug: Slug, period: Begins = None) -> list[MetricUse]:
    """Its metrics in a period, day by day: what costs nothing, what is charged, and what is expected."""
    return await usage.by_service(uow, _own_tenant(uow), slug, begins=period)


@router.get(
    "/by-service/{slug}/periods",
    response_model=Many[UsePeriodOut],
    permission="usage:read",
    summary="List the periods of one service",
)
async def periods(uow: UnitOfWork, slug: Slug) -> list[UsePeriod]:
    """The newest first; each is charged as a whole."""
    return await usage.periods(uow, _own_tenant(uow), slug)


@router.get(
    "/by-service/{slug}/budget", response_model=One[BudgetOut | None], permission="usage:read", summary="Show a budget"
)
async def budget(uow: UnitOfWork, slug: Slug) -> UsageBudget | None:
    """What the use of the service should cost in a period; null where nobody said."""
    return await usage.budget(uow, _own_tenant(uow), slug)


@router.put(
    "/by-service/{slug}/budget", response_model=One[BudgetOut], permission="budgets:manage", summary="Set a budget"
)
async def set_budget(uow: UnitOfWork, slug: Slug, body: BudgetIn) -> UsageBudget:
    """Replaces what was said before. Each thing is told once in a period, and anew for another amount."""
    return await usage.set_budget(uow, _own_tenant(uow), slug, body)


@router.delete(
    "/by-service/{slug}/budget", response_model=One[BudgetOut], permission="budgets:manage", summary="Remove a budget"
)
async def remove_budget(uow: UnitOfWork, slug: Slug) -> UsageBudget:
    return await usage.remove_budget(uow, _own_tenant(uow), slug)


@admin.get(
    "/aggregate", response_model=Many[PlatformUseOut], permission="usage:administer", summary="Add up over all tenants"
)
async def aggregate(uow: UnitOfWork, period_type: PeriodType = PeriodType.month) -> list[PlatformUse]:
    """Totals of the current hour, day or month per service and metric, with the number of active tenants."""
    uow.authorize("usage:administer")
    return await usage.aggregate_use(uow, period_type)


@admin.get(
    "/tenant/{tenant_id}",
    response_model=Many[SeriesOut],
    permission="usage:administer",
    summary="Show a tenant's usage",
)
async def tenant(
    uow: UnitOfWork,
    tenant_id: str,
    period_type: PeriodType = PeriodType.day,
    since: Since = None,
    until: Until = None,
) -> list[Series]:
    uow.authorize("usage:administer")
    await tenants.get(uow, tenant_id)
    return await _series(uow, tenant_id, period_type, None, None, since, until)


async def _series(
    uow: UnitOfWork,
    tenant_id: str,
    period_type: PeriodType,
    service_slug: str | None,
    metric: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[Series]:
    return await usage.history(
        uow, tenant_id, period_type, service_slug=service_slug, metric=metric, since=since, until=until
    )


def _own_tenant(uow: UnitOfWork) -> str:
    if uow.actor.tenant_id is None:
        raise Refused("This shows a tenant its own usage; operators and partners use /admin/usage/tenant/{tenant_id}.")
    return uow.actor.tenant_id
