from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import FEED_LIMIT, Feed
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
    RotationOut,
    TestResultOut,
    WebhookEndpointCreatedOut,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPut,
)

from .door import After, FeedOf, Limit, Many, One, Router
from .envelopes import DeletedOut

router = Router("/admin/webhook-subscriptions", tags=["admin-webhook-subscriptions"])


@router.get("", response_model=Many[WebhookEndpointOut], permission="webhooks:read", summary="List subscribers")
async def index(uow: UnitOfWork) -> list[WebhookEndpointOut]:
    """Every subscriber with its deliveries by state."""
    endpoints = await webhooks.listing(uow)
    counted = await webhooks.statistics(uow, [endpoint.id for endpoint in endpoints])
    return [_shown(endpoint, counted[endpoint.id]) for endpoint in endpoints]


@router.post(
    "",
    response_model=One[WebhookEndpointCreatedOut],
    status_code=201,
    permission="webhooks:manage",
    summary="Add a subscriber",
)
async def create(backend: Backend, actor: Actor, body: WebhookEndpointIn) -> WebhookEndpointCreatedOut:
    """The answer is the only place where the secret is ever shown."""
    endpoint, secret = await webhooks.create(backend, actor, body)
    return WebhookEndpointCreatedOut(**_shown(endpoint, {}).model_dump(), secret=secret)


@router.put(
    "/{endpoint_id}",
    response_model=One[WebhookEndpointOut],
    permission="webhooks:manage",
    summary="Change a subscriber",
)
async def update(backend: Backend, actor: Actor, endpoint_id: str, body: WebhookEndpointPut) -> WebhookEndpoint:
    """`is_active=true` takes a disabled subscriber back into service."""
    return await webhooks.update(backend, actor, endpoint_id, body)


@router.delete(
    "/{endpoint_id}", response_model=One[DeletedOut], permission="webhooks:manage", summary="Delete a subscriber"
)
async def delete(backend: Backend, actor: Actor, endpoint_id: str) -> DeletedOut:
    """What was still on its way to it becomes dead and stays on record."""
    await webhooks.delete(backend, actor, endpoint_id)
    return DeletedOut(deleted=True)


@router.post(
    "/{endpoint_id}/test", response_model=One[TestResultOut], permission="webhooks:manage", summary="Send a test event"
)
async def test(backend: Backend, actor: Actor, endpoint_id: str) -> TestResultOut:
    status, duration_ms, error, excerpt = await webhooks.send_test(backend, actor, endpoint_id)
    return TestResultOut(status=status, duration_ms=duration_ms, error=error, response_excerpt=excerpt)


@router.post(
    "/{endpoint_id}/rotate-secret",
    response_model=One[RotationOut],
    permission="webhooks:manage",
    summary="Rotate the secret",
)
async def rotate_secret(backend: Backend, actor: Actor, endpoint_id: str, body: RotationIn) -> RotationOut:
    """Both secrets sign for 24 hours; `close` ends that early."""
    secret, ends_at = await webhooks.rotate_secret(backend, actor, endpoint_id, close=body.close)
    return RotationOut(secret=secret, rotation_ends_at=ends_at)


@router.get(
    "/{endpoint_id}/deliveries",
    response_model=FeedOf[DeliveryOut],
    permission="webhooks:read",
    summary="Follow its deliveries",
)
async def deliveries(
    uow: UnitOfWork,
    endpoint_id: str,
    status: str | None = None,
    topic: str | None = None,
    after: After = None,
    limit: Limit = FEED_LIMIT,
) -> Feed[WebhookDelivery]:
    return await webhooks.deliveries(uow, endpoint_id, status=status, topic=topic, after=after, limit=limit)


@router.get(
    "/{endpoint_id}/deliveries/{delivery_id}",
    response_model=One[DeliveryDetailOut],
    permission="webhooks:read",
    summary="Read a delivery with its attempts",
)
async def delivery(uow: UnitOfWork, endpoint_id: str, delivery_id: str) -> DeliveryDetailOut:
    found = await webhooks.delivery(uow, endpoint_id, delivery_id)
    attempts = await webhooks.attempts(uow, delivery_id)
    return DeliveryDetailOut(
        **DeliveryOut.model_validate(found).model_dump(),
        body=found.body.decode() if found.body else None,
        attempts=[AttemptOut.model_validate(attempt) for attempt in attempts],
    )


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/retry",
    response_model=One[DeliveryOut],
    permission="webhooks:manage",
    summary="Retry a dead delivery",
)
async def retry(uow: UnitOfWork, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """It keeps its event id and key, and counts its attempts afresh."""
    return await webhooks.retry(uow, endpoint_id, delivery_id)


@router.post(
    "/{endpoint_id}/replay", response_model=One[ReplayOut], permission="webhooks:manage", summary="Replay a range"
)
async def replay(uow: UnitOfWork, endpoint_id: str, body: ReplayIn) -> ReplayOut:
    """Dispatched rows get a copy that names the original; dead ones are retried as they are. `dry_run` counts them."""
    if body.dry_run:
        counted = await webhooks.replayable(
            uow,
            endpoint_id,
            start=body.start,
            end=body.end,
            topics_like=body.topics,
            statuses=body.statuses,
            resource_id=body.resource_id,
        )
        return ReplayOut(queued=sum(counted.values()))
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


def _shown(endpoint: WebhookEndpoint, counted: dict[str, int]) -> WebhookEndpointOut:
    shown = WebhookEndpointOut.model_validate(endpoint)
    return shown.model_copy(update={"deliveries": DeliveryStatistics(**counted)})
