from collections.abc import Sequence

from sqlalchemy import Select, func, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.pagination import Feed, follow
from scaicontrol.core.work import UnitOfWork

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
    uow.authorize("events:read")
    query = select(Outbox).where(Outbox.public.is_(True))
    for column, value in (
        (Outbox.event_type, topic),
        (Outbox.tenant_id, tenant_id),
        (Outbox.resource_id, resource_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return await follow(uow, query, Outbox, after, limit)
