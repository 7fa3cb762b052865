from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import usage
from scaicontrol.services.usage import Ingested, QuotaStatus
from scaicontrol.services.usage.schemas import BatchIn, IngestedOut, QuotaStatusOut

from .bodies import MIB
from .door import One, Router

router = Router(tags=["metering"])


@router.post(
    "/metering/events",
    response_model=One[IngestedOut],
    status_code=202,
    permission="usage:ingest",
    body_max=MIB,
    summary="Report usage",
)
async def ingest(backend: Backend, actor: Actor, body: BatchIn) -> Ingested:
    """
    Idempotent by each event's key: send a batch again as often as you like. A bad event is rejected alone.

    A service token, or the service's key in `x-scaicontrol-key`.
    """
    return await usage.submit(backend, actor, body.events)


@router.get(
    "/internal/quotas/{tenant_id}/{service_slug}/{metric_slug}",
    response_model=One[QuotaStatusOut],
    permission="quotas:read",
    summary="Ask before doing work",
)
async def quota(uow: UnitOfWork, tenant_id: str, service_slug: str, metric_slug: str) -> QuotaStatus:
    """ScaiControl computes and tells; the service decides. A service asks about its own metrics only."""
    return await usage.quota(uow, tenant_id, service_slug, metric_slug)
