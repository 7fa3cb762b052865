from scaicontrol.core.outbox import Outbox
from scaicontrol.core.pagination import FEED_LIMIT, Feed
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.schemas import EventOut

from .door import After, FeedOf, Limit, Router

router = Router("/admin/events", tags=["admin-events"])


@router.get("", response_model=FeedOf[EventOut], permission="events:read", summary="Follow the domain events")
async def index(
    uow: UnitOfWork,
    topic: str | None = None,
    tenant_id: str | None = None,
    resource_id: str | None = None,
    after: After = None,
    limit: Limit = FEED_LIMIT,
) -> Feed[Outbox]:
    """The pull twin of the webhooks: the same facts, in the order they were written."""
    return await webhooks.stream(
        uow, topic=topic, tenant_id=tenant_id, resource_id=resource_id, after=after, limit=limit
    )
