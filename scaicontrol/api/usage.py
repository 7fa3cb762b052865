from datetime import datetime
from typing import Annotated

from fastapi import Query

from scaicontrol.core.errors import Refused
from scaicontrol.core.schemas import MomentIn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants, usage
from scaicontrol.services.usage import MetricUse, PeriodType, PlatformUse, QuotaStatus, Series
from scaicontrol.services.usage.schemas import MetricDetailOut, MetricUseOut, PlatformUseOut, QuotaStatusOut, SeriesOut

from .door import Many, Router

router = Router("/usage", tags=["metering"])
admin = Router("/admin/usage", tags=["admin-usage"])

Since = Annotated[MomentIn | None, Query(alias="from", description="The first moment.")]
Until = Annotated[MomentIn | None, Query(alias="to", description="The first moment after.")]


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
async def by_service(uow: UnitOfWork, slug: str) -> list[MetricUse]:
    """Its metrics in the current period, day by day, with the cost so far."""
    return await usage.by_service(uow, _own_tenant(uow), slug)


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
