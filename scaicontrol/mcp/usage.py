"""What was used, against what is included."""

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import MomentIn, Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants, usage
from scaicontrol.services.usage import MetricUse, PeriodType, PlatformUse, QuotaStatus, Series
from scaicontrol.services.usage.schemas import MetricUseOut, PlatformUseOut, QuotaStatusOut, SeriesOut

from .door import Tool
from .one_tenant import named_tenant

tool = Tool(
    "manage_usage",
    "What tenants use of what services measure.",
)


async def _tenant(uow: UnitOfWork, tenant_id: str | None) -> str:
    return (await tenants.get(uow, named_tenant(uow, tenant_id))).id


@tool.read("usage:read", out=list[MetricUseOut])
async def summary(uow: UnitOfWork, tenant_id: Id | None = None, service_slug: Word | None = None) -> list[MetricUse]:
    """Show this period: used, included, cost so far."""
    tenant = await _tenant(uow, tenant_id)
    if service_slug is not None:
        return await usage.by_service(uow, tenant, service_slug)
    return await usage.summary(uow, tenant)


@tool.read("usage:read", out=list[SeriesOut])
async def history(
    uow: UnitOfWork,
    tenant_id: Id | None = None,
    service_slug: Word | None = None,
    metric: Word | None = None,
    period_type: PeriodType = PeriodType.day,
    since: MomentIn | None = None,
    until: MomentIn | None = None,
) -> list[Series]:
    """Show usage over time (UTC)."""
    tenant = await _tenant(uow, tenant_id)
    return await usage.history(
        uow, tenant, period_type, service_slug=service_slug, metric=metric, since=since, until=until
    )


@tool.read("usage:read", out=list[QuotaStatusOut])
async def quotas(uow: UnitOfWork, tenant_id: Id | None = None, service_slug: Word | None = None) -> list[QuotaStatus]:
    """List what is included and left."""
    return await usage.quotas(uow, await _tenant(uow, tenant_id), service_slug=service_slug)


@tool.read("usage:administer", out=list[PlatformUseOut])
async def aggregate(uow: UnitOfWork, period_type: PeriodType = PeriodType.month) -> list[PlatformUse]:
    """Add up over all tenants."""
    return await usage.aggregate_use(uow, period_type)
