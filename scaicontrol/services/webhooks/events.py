from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment


class EndpointFact(DomainEvent):
    resource: ClassVar[str] = "webhook_subscription_id"

    webhook_subscription_id: str
    version: int
    partner_id: str | None

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class WebhookEndpointDisabled(EndpointFact):
    topic = "webhook_endpoint.disabled"

    target_host: str
    reason: str
    last_response_code: int | None
    dead_deliveries: int
    disabled_at: Moment


class WebhookEndpointCreated(EndpointFact):
    topic = "webhook_endpoint.created"
    public = False


class WebhookEndpointUpdated(EndpointFact):
    topic = "webhook_endpoint.updated"
    public = False

    target_changed: bool


class WebhookSecretRotated(EndpointFact):
    topic = "webhook_endpoint.secret_rotated"
    public = False


class WebhookDeliveriesRequeued(EndpointFact):
    """Somebody asked for deliveries to be made again; `request` tells one asking from the next."""

    topic = "webhook_endpoint.deliveries_requeued"
    public = False

    request: str
    queued: int

    @property
    def lifecycle_step(self) -> str:
        return self.request


class WebhookEndpointDeleted(EndpointFact):
    topic = "webhook_endpoint.deleted"
    public = False
