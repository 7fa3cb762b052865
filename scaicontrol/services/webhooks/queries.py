from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import defer

from scaicontrol.core.errors import NotFound
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.pagination import Feed, Page, PageRequest, follow, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import DeliveryStatus
from .models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint


def visible(uow: UnitOfWork) -> Select[WebhookEndpoint]:
    """Every read starts here; a partner sees its own subscribers, the platform all."""
    uow.authorize("webhooks:read")
    return select(WebhookEndpoint)


async def get(uow: UnitOfWork, endpoint_id: str, *, lock: bool = False) -> WebhookEndpoint:
    query = visible(uow).where(WebhookEndpoint.id == endpoint_id)
    endpoint = await uow.session.scalar(query.with_for_update() if lock else query)
    if endpoint is None:
        raise NotFound(f"No webhook subscriber {endpoint_id}.")
    return endpoint


async def listing(uow: UnitOfWork) -> Sequence[WebhookEndpoint]:
    return (await uow.session.scalars(visible(uow).order_by(WebhookEndpoint.created_at, WebhookEndpoint.id))).all()


async def statistics(uow: UnitOfWork, endpoint_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count deliveries by state, for several endpoints in one statement."""
    uow.authorize("webhooks:read")
    rows = await uow.session.execute(
        select(WebhookDelivery.subscription_id, WebhookDelivery.status, func.count())
        .where(WebhookDelivery.subscription_id.in_(endpoint_ids))
        .group_by(WebhookDelivery.subscription_id, WebhookDelivery.status)
    )
    counted: dict[str, dict[str, int]] = {endpoint_id: {} for endpoint_id in endpoint_ids}
    for endpoint_id, status, number in rows:
        counted[str(endpoint_id)][status] = number
    return counted


async def waiting_since(uow: UnitOfWork, endpoint_ids: Sequence[str]) -> dict[str, datetime]:
    """Give the age of the oldest delivery that is still on its way, for several endpoints in one statement."""
    uow.authorize("webhooks:read")
    rows = await uow.session.execute(
        select(WebhookDelivery.subscription_id, func.min(WebhookDelivery.created_at))
        .where(WebhookDelivery.subscription_id.in_(endpoint_ids), WebhookDelivery.status == DeliveryStatus.pending)
        .group_by(WebhookDelivery.subscription_id)
    )
    return {str(endpoint_id): oldest for endpoint_id, oldest in rows}


def visible_deliveries(uow: UnitOfWork) -> Select[WebhookDelivery]:
    """Every read of deliveries beyond one subscriber starts here: those to the subscribers one sees."""
    uow.authorize("webhooks:read")
    # Counted, not IN: MariaDB would begin with the subscribers and put all that they were sent in order for one page.
    seen = select(func.count(WebhookEndpoint.id)).where(WebhookEndpoint.id == WebhookDelivery.subscription_id)
    return select(WebhookDelivery).where(seen.scalar_subquery() > 0)


async def page_deliveries(
    uow: UnitOfWork, request: PageRequest, *, status: DeliveryStatus | None = None, q: str | None = None
) -> Page[WebhookDelivery]:
    """List deliveries to all subscribers one sees, without bodies; `q` begins its id, its subscriber's or object's."""
    query = visible_deliveries(uow).options(defer(WebhookDelivery.body))
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if q:
        ids = (WebhookDelivery.id, WebhookDelivery.resource_id, WebhookDelivery.subscription_id)
        query = query.where(or_(*(column.startswith(q, autoescape=True) for column in ids)))
    return await paginate(uow, query, request, {"created_at": WebhookDelivery.created_at})


async def deliveries_of_event(uow: UnitOfWork, event_id: str) -> Sequence[WebhookDelivery]:
    """List where a fact was sent to."""
    query = visible_deliveries(uow).where(WebhookDelivery.source_event_id == event_id)
    return (await uow.session.scalars(query.order_by(WebhookDelivery.created_at, WebhookDelivery.id))).all()


async def find_delivery(uow: UnitOfWork, delivery_id: str) -> WebhookDelivery:
    found: WebhookDelivery | None = await uow.session.scalar(
        visible_deliveries(uow).where(WebhookDelivery.id == delivery_id)
    )
    if found is None:
        raise NotFound(f"No delivery {delivery_id}.")
    return found


async def deliveries(
    uow: UnitOfWork,
    endpoint_id: str,
    *,
    status: str | None = None,
    topic: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Feed[WebhookDelivery]:
    endpoint = await get(uow, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.subscription_id == endpoint.id)
    if status:
        query = query.where(WebhookDelivery.status == status)
    if topic:
        query = query.where(WebhookDelivery.event_type == topic)
    return await follow(uow, query, WebhookDelivery, after, limit)


async def deliveries_about(uow: UnitOfWork, tenant_id: str, limit: int = 100) -> Sequence[WebhookDelivery]:
    """List what was told to subscribers about a tenant, newest first and without bodies."""
    uow.authorize("webhooks:read")
    about = select(WebhookDelivery).where(WebhookDelivery.tenant_id == tenant_id)
    newest = about.order_by(WebhookDelivery.id.desc()).limit(limit).options(defer(WebhookDelivery.body))
    return (await uow.session.scalars(newest)).all()


async def delivery(uow: UnitOfWork, endpoint_id: str, delivery_id: str, *, lock: bool = False) -> WebhookDelivery:
    endpoint = await get(uow, endpoint_id)  # a delivery about a partner may be on its way to the platform's subscriber
    query = select(WebhookDelivery).where(
        WebhookDelivery.id == delivery_id, WebhookDelivery.subscription_id == endpoint.id
    )
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No delivery {delivery_id} to this subscriber.")
    return found


async def attempts(uow: UnitOfWork, delivery_id: str) -> Sequence[DeliveryAttempt]:
    uow.authorize("webhooks:read")
    return (
        await uow.session.scalars(
            select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id).order_by(DeliveryAttempt.attempt)
        )
    ).all()


def visible_events(uow: UnitOfWork) -> Select[Outbox]:
    """Every read of the domain events starts here: those that subscribers could be told of."""
    uow.authorize("events:read")
    return select(Outbox).where(Outbox.public.is_(True))


async def event(uow: UnitOfWork, event_id: str) -> Outbox:
    found: Outbox | None = await uow.session.scalar(visible_events(uow).where(Outbox.id == event_id))
    if found is None:
        raise NotFound(f"No event {event_id}.")
    return found


async def stream(
    uow: UnitOfWork,
    *,
    topic: str | None = None,
    tenant_id: str | None = None,
    resource_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Feed[Outbox]:
    """Follow the domain events: the pull twin of the webhooks."""
    query = visible_events(uow)
    for column, value in (
        (Outbox.event_type, topic),
        (Outbox.tenant_id, tenant_id),
        (Outbox.resource_id, resource_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return await follow(uow, query, Outbox, after, limit)
