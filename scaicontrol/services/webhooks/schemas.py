from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, MomentIn, Out, RowVersion, Word

Topic = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class WebhookEndpointIn(In):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "CRM",
                    "target_url": "https://crm.example.com/hooks",
                    "topics": ["invoice.*", "subscription.*"],
                }
            ]
        }
    )

    name: str = Field(min_length=1, max_length=100)
    target_url: str = Field(min_length=1, max_length=2000)
    topics: list[Topic] = Field(max_length=50)
    description: str | None = Field(default=None, max_length=500)
    partner_id: Id | None = None


class WebhookEndpointPut(WebhookEndpointIn):
    is_active: bool = True
    version: RowVersion


class DeliveryStatistics(Out):
    pending: int = 0
    dispatched: int = 0
    dead: int = 0


class WebhookEndpointOut(Out):
    id: str = Field(examples=["whs_01m851qp4yet0r2fk9wvt1p634"])
    partner_id: str | None
    name: str
    description: str | None
    target_url: str
    topics: list[str]
    is_active: bool
    api_version: str
    disabled_reason: str | None
    disabled_at: Moment | None
    consecutive_failures: int
    rotation_ends_at: Moment | None
    version: int
    created_at: Moment
    deliveries: DeliveryStatistics = DeliveryStatistics()


class WebhookEndpointCreatedOut(WebhookEndpointOut):
    secret: str = Field(description="Shown once; keep it where the subscriber can read it.", examples=["whsec_…"])


class RotationIn(In):
    close: bool = False


class RotationOut(Out):
    secret: str | None
    rotation_ends_at: Moment | None


class ReplayIn(In):
    start: MomentIn = Field(alias="from")
    end: MomentIn = Field(alias="to")
    topics: list[Topic] | None = Field(default=None, max_length=50)
    statuses: list[Word] | None = Field(default=None, max_length=10)
    resource_id: Word | None = Field(default=None, description="Only what is about this object.")
    dry_run: bool = Field(default=False, description="Count, and queue nothing.")


class ReplayOut(Out):
    queued: int = Field(description="In a dry run: how many would be.")


class AttemptOut(Out):
    attempt: int
    attempted_at: Moment
    duration_ms: int
    response_code: int | None
    response_excerpt: str | None
    error_message: str | None


class DeliveryOut(Out):
    id: str
    event_type: str
    status: str
    attempt_count: int
    next_attempt_at: Moment | None
    response_code: int | None
    error_message: str | None
    idempotency_key: str
    resource_id: str
    tenant_id: str | None
    partner_id: str | None
    occurred_at: Moment
    dispatched_at: Moment | None
    replay_of: str | None
    created_at: Moment


class DeliveryDetailOut(DeliveryOut):
    body: str | None = None
    attempts: list[AttemptOut] = Field(default_factory=list)


class EventOut(Out):
    """One domain event of the stream, as subscribers see it."""

    id: str
    position: int | None
    event_type: str
    occurred_at: Moment
    resource_type: str
    resource_id: str
    tenant_id: str | None
    partner_id: str | None
    actor_id: str | None
    idempotency_key: str
    payload: dict[str, object] | None


class TestResultOut(Out):
    status: int
    duration_ms: int
    error: str | None
    response_excerpt: str | None
