"""Who is told what happens, and what became of each delivery."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Feed
from scaicontrol.core.schemas import Moment, Out, Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.models import WebhookDelivery, WebhookEndpoint
from scaicontrol.services.webhooks.schemas import (
    AttemptOut,
    DeliveryDetailOut,
    DeliveryOut,
    DeliveryStatistics,
    ReplayIn,
    ReplayOut,
    RotationIn,
    TestResultOut,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPut,
)

from .door import Following, Tool, Whole

tool = Tool(
    "manage_webhook_subscriptions",
    "Who is told what happens. Secrets are not shown here.",
)


class SubscriberOut(WebhookEndpointOut):
    """A new subscriber; `reveal` says where a person gets its secret."""

    reveal: str


class RotatedOut(Out):
    """A rotation that began or ended; `reveal` says where a person gets the secret."""

    rotation_ends_at: Moment | None
    reveal: str


class DeletedSubscriber(Out):
    deleted: bool = True


@tool.read("webhooks:read", out=list[WebhookEndpointOut])
async def list_(uow: UnitOfWork) -> list[WebhookEndpointOut]:
    """List subscribers, with counts."""
    endpoints = await webhooks.listing(uow)
    counted = await webhooks.statistics(uow, [endpoint.id for endpoint in endpoints])
    return [
        WebhookEndpointOut.model_validate(each).model_copy(
            update={"deliveries": DeliveryStatistics(**counted[each.id])}
        )
        for each in endpoints
    ]


@tool.read("webhooks:read", out=list[DeliveryOut])
async def deliveries(
    uow: UnitOfWork, endpoint_id: Id, following: Following, status: Word | None = None, topic: Word | None = None
) -> Feed[WebhookDelivery]:
    """Follow the deliveries of one."""
    return await webhooks.deliveries(
        uow, endpoint_id, status=status, topic=topic, after=following.after, limit=following.limit
    )


@tool.read("webhooks:read", out=DeliveryDetailOut)
async def get_delivery(uow: UnitOfWork, endpoint_id: Id, delivery_id: Id) -> DeliveryDetailOut:
    """Read a delivery with its attempts."""
    found = await webhooks.delivery(uow, endpoint_id, delivery_id)
    attempts = await webhooks.attempts(uow, delivery_id)
    return DeliveryDetailOut(
        **DeliveryOut.model_validate(found).model_dump(),
        body=found.body.decode() if found.body else None,
        attempts=[AttemptOut.model_validate(attempt) for attempt in attempts],
    )


@tool.change("webhooks:manage", out=SubscriberOut, outside=True)
async def create(backend: Backend, actor: Actor, subscriber: Whole[WebhookEndpointIn]) -> SubscriberOut:
    """Add a subscriber."""
    endpoint, _ = await webhooks.create(backend, actor, subscriber)
    return SubscriberOut(
        **WebhookEndpointOut.model_validate(endpoint).model_dump(), reveal=_where(backend, endpoint.id)
    )


@tool.change("webhooks:manage", out=WebhookEndpointOut, destructive=True, outside=True)
async def update(
    backend: Backend, actor: Actor, endpoint_id: Id, subscriber: Whole[WebhookEndpointPut]
) -> WebhookEndpoint:
    """Replace its settings."""
    return await webhooks.update(backend, actor, endpoint_id, subscriber)


@tool.change("webhooks:manage", out=DeletedSubscriber, destructive=True)
async def delete(backend: Backend, actor: Actor, endpoint_id: Id) -> DeletedSubscriber:
    """Remove it; what was on its way is dead."""
    await webhooks.delete(backend, actor, endpoint_id)
    return DeletedSubscriber()


@tool.change("webhooks:manage", out=TestResultOut, outside=True)
async def test(backend: Backend, actor: Actor, endpoint_id: Id) -> TestResultOut:
    """Post a test event now."""
    status, duration_ms, error, excerpt = await webhooks.send_test(backend, actor, endpoint_id)
    return TestResultOut(status=status, duration_ms=duration_ms, error=error, response_excerpt=excerpt)


@tool.change("webhooks:manage", out=RotatedOut, destructive=True)
async def rotate_secret(backend: Backend, actor: Actor, endpoint_id: Id, body: RotationIn) -> RotatedOut:
    """Begin a rotation, or `close` one."""
    _, ends_at = await webhooks.rotate_secret(backend, actor, endpoint_id, close=body.close)
    return RotatedOut(rotation_ends_at=ends_at, reveal=_where(backend, endpoint_id))


@tool.change("webhooks:manage", out=DeliveryOut, outside=True)
async def retry(uow: UnitOfWork, endpoint_id: Id, delivery_id: Id) -> WebhookDelivery:
    """Send a dead delivery again."""
    return await webhooks.retry(uow, endpoint_id, delivery_id)


@tool.change("webhooks:manage", out=ReplayOut, outside=True)
async def replay(uow: UnitOfWork, endpoint_id: Id, body: ReplayIn) -> ReplayOut:
    """Send a range again."""
    queued = await webhooks.replay(
        uow,
        endpoint_id,
        start=body.start,
        end=body.end,
        topics_like=body.topics,
        statuses=body.statuses,
        resource_id=body.resource_id,
    )
    return ReplayOut(queued=queued)


def _where(backend: Backend, endpoint_id: str) -> str:
    page = f"{backend.settings.public_base_url.rstrip('/')}/admin/webhook-subscriptions/details/{endpoint_id}"
    return f"A person rotates the secret at {page}, where the new one is shown once."
