from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, webhooks
from scaicontrol.services.webhooks import TOPICS
from scaicontrol.services.webhooks.lifecycle import DeliveryStatus
from scaicontrol.services.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint

from . import formatting
from . import webhook_verbs as acts
from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .columns import Row, Value
from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .names import Ref
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton
from .webhook_verbs import SUBSCRIBERS

_SETTINGS: Final = (
    Field("name", "Name"),
    Field("target_url", "Address", "url", hint="Where facts are posted to; https, and no private network."),
    Field("topics", "Topics", "long", hint="Separated by spaces, such as invoice.* subscription.*; * takes all."),
    Field("description", "Description", required=False),
)
_RANGE: Final = (
    Field("start", "From", "datetime-local", hint="UTC; when it happened."),
    Field("end", "To", "datetime-local", required=False, hint="UTC; empty: now."),
    Field("topics", "Topics", required=False, hint="Separated by spaces; empty: all."),
    Field("statuses", "What", "choice", required=False, choices=(("", "delivered and dead"), "dispatched", "dead")),
    Field("resource_id", "About", required=False, hint="The id of one object, such as an invoice; empty: all."),
)


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A subscriber in the list, with what waits for it and what it lost."""

    endpoint: WebhookEndpoint
    counted: Mapping[str, int]
    waiting_since: datetime | None

    def __getattr__(self, name: str) -> Value:
        return getattr(self.endpoint, name)  # lists and files read a row's own values off it


@dataclass(frozen=True, slots=True)
class SubscriberPage:
    """What the page of a subscriber shows."""

    endpoint: WebhookEndpoint
    partner: str | None
    counted: Mapping[str, int]
    waiting_since: datetime | None
    dead: Sequence[WebhookDelivery]
    timeline: Timeline
    is_rotating: bool


class WebhookEndpointView(ControlView, model=WebhookEndpoint):
    name, name_plural, icon = "Subscriber", "Webhook subscribers", "webhooks"
    category, rank = MenuGroup.operations, 10
    about = "Who is told of what happens, and how far behind each of them is."
    prefix = "whs"
    permission = "webhooks:read"
    details_template = "console/webhook_subscriber.html"
    searched = (WebhookEndpoint.name, WebhookEndpoint.id, WebhookEndpoint.target_url)
    search_hint = "name, id or address"
    columns = (
        ListColumn("Name", lambda row: row.endpoint.name, WebhookEndpoint.name, "link"),
        ListColumn("Status", lambda row: standing(row.endpoint), WebhookEndpoint.is_active, "status"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Address", lambda row: row.endpoint.target_url),
        ListColumn("Failures in a row", lambda row: str(row.endpoint.consecutive_failures), None, "number"),
        ListColumn("Waiting", lambda row: formatting.count(row.counted.get("pending", 0)), None, "number"),
        moment_column("Oldest waits since", "waiting_since"),
        ListColumn("Dead", lambda row: formatting.count(row.counted.get("dead", 0)), None, "number"),
        ListColumn("Created", lambda row: formatting.day(row.endpoint.created_at), WebhookEndpoint.created_at),
    )
    narrowing = (
        ListFilter(
            "status", "Status", lambda value: WebhookEndpoint.is_active.is_(value == "active"), ["active", "paused"]
        ),
        ListFilter("partner", "Partner", lambda value: WebhookEndpoint.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "create",
            "Add a subscriber",
            "webhooks:manage",
            "It is told of everything that happens from now on. Its secret is shown once.",
            acts.create,
            [*_SETTINGS, Field("partner_id", "Partner", "partner", required=False, hint="Empty: the platform's own.")],
            of_list=True,
        ),
        VerbButton(
            "retry_failed",
            "Retry all that failed",
            "webhooks:manage",
            "Everything that is dead since then is sent again, as it is. Count it first.",
            acts.retry_failed,
            [Field("since", "Since", "datetime-local", hint="UTC; when it happened.")],
            preview=acts.count_failed,
        ),
        VerbButton(
            "replay",
            "Replay",
            "webhooks:manage",
            "A range is delivered again: dead ones as they are, delivered ones as copies that name the original.",
            acts.replay,
            _RANGE,
            preview=acts.count_range,
        ),
        VerbButton(
            "test", "Send a test", "webhooks:manage", "One signed test event is posted; nothing is kept.", acts.test
        ),
        VerbButton(
            "edit",
            "Edit",
            "webhooks:manage",
            "What is on its way goes to the new address.",
            acts.edit,
            [*_SETTINGS, Field("version", "Version", "hidden", required=False)],
            known=lambda detail: {
                "name": detail.endpoint.name,
                "target_url": detail.endpoint.target_url,
                "topics": " ".join(detail.endpoint.topics),
                "description": detail.endpoint.description or "",
                "version": str(detail.endpoint.version),
            },
        ),
        VerbButton(
            "rotate_secret",
            "Rotate the secret",
            "webhooks:manage",
            "A new secret is made and shown once; both sign for 24 hours.",
            acts.rotate_secret,
        ),
        VerbButton(
            "close_rotation",
            "End the rotation",
            "webhooks:manage",
            "The old secret signs nothing any more. A subscriber that still checks with it refuses everything.",
            acts.close_rotation,
            danger=True,
        ),
        VerbButton(
            "pause",
            "Pause",
            "webhooks:manage",
            "Nothing is sent to it until it is resumed; what happens meanwhile waits.",
            acts.pause,
            danger=True,
        ),
        VerbButton(
            "resume",
            "Resume",
            "webhooks:manage",
            "It is served again, with what waits for it, oldest first.",
            acts.resume,
        ),
        VerbButton(
            "delete",
            "Delete",
            "webhooks:manage",
            "It is told nothing any more, and what waits for it is dead. This is final.",
            acts.delete,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[WebhookEndpoint]:
        uow.authorize(self.permission)
        return webhooks.visible(uow)

    async def completed(self, uow: UnitOfWork, rows: Sequence[Row]) -> Sequence[Row]:
        ids = [row.id for row in rows]
        counted, oldest = await webhooks.statistics(uow, ids), await webhooks.waiting_since(uow, ids)
        return [SubscriberRow(row, counted.get(row.id, {}), oldest.get(row.id)) for row in rows]

    async def detail(self, uow: UnitOfWork, pk: str) -> SubscriberPage:
        endpoint = await webhooks.get(uow, pk)
        partner = endpoint.partner_id
        return SubscriberPage(
            endpoint=endpoint,
            partner=(await partners.names(uow, [partner])).get(partner, partner) if partner else None,
            counted=(await webhooks.statistics(uow, [pk]))[pk],
            waiting_since=(await webhooks.waiting_since(uow, [pk])).get(pk),
            dead=(await webhooks.deliveries(uow, pk, status=DeliveryStatus.dead, limit=10)).items,
            timeline=await timeline_of(uow, pk),
            is_rotating=endpoint.rotation_ends_at is not None and endpoint.rotation_ends_at > uow.now,
        )

    async def details_context(self, request: Request) -> Context:
        return {**await super().details_context(request), "standing": standing}

    def title_of(self, detail: SubscriberPage) -> str:
        return detail.endpoint.name

    def actions_of(self, detail: SubscriberPage) -> Sequence[str]:
        switch = "pause" if detail.endpoint.is_active else "resume"
        rotation = ["close_rotation"] if detail.is_rotating else []
        return ["retry_failed", "replay", "test", "edit", "rotate_secret", *rotation, switch, "delete"]

    @expose("")
    async def home(self, request: Request) -> Response:
        """Lead from the address that the contract fixes to the list (contract §30)."""
        console_of(request).actor.require(self.permission)
        return RedirectResponse(request.url_for("admin:list", identity=self.identity))


WebhookEndpointView.identity = SUBSCRIBERS  # the address that the contract fixes


def standing(endpoint: WebhookEndpoint) -> str:
    """Say in a word how a subscriber is: an operator paused it, or it was switched off for failing."""
    if endpoint.is_active:
        return "failing" if endpoint.consecutive_failures else "active"
    return "paused" if endpoint.disabled_reason in (None, "operator") else "disabled"


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """What the page of a delivery shows."""

    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    attempts: Sequence[DeliveryAttempt]
    body: str


def told_of(delivery: WebhookDelivery) -> Ref:
    """Give the page of what a delivery is about, where there is one."""
    return Ref(delivery.resource_type.replace("_", "-"), delivery.resource_id)


class WebhookDeliveryView(ControlView, model=WebhookDelivery):
    name, name_plural, icon = "Delivery", "Webhook deliveries", "deliveries"
    category, rank = MenuGroup.operations, 20
    about = "Each fact on its way to each subscriber: what was sent, and what was answered."
    prefix = ""  # its ids look like those of events, which the search box leads to; an event lists its deliveries
    permission = "webhooks:read"
    details_template = "console/webhook_delivery.html"
    grows = True
    searched = (WebhookDelivery.id, WebhookDelivery.resource_id)
    search_hint = "id, or the id of what it is about"
    columns = (
        ListColumn("Topic", lambda row: row.event_type, None, "link"),
        ListColumn("Status", lambda row: row.status, WebhookDelivery.status, "status"),
        named_column("Subscriber", SUBSCRIBERS, "subscription_id"),
        ListColumn("About", lambda row: row.resource_id, None, "name", told_of),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Answer", lambda row: str(row.response_code or formatting.NOTHING), None, "number"),
        ListColumn("Attempts", lambda row: str(row.attempt_count), None, "number"),
        moment_column("Next attempt", "next_attempt_at"),
        moment_column("Created", "created_at", WebhookDelivery.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: WebhookDelivery.status == value, list(DeliveryStatus)),
        ListFilter("topic", "Topic", lambda value: WebhookDelivery.event_type == value, TOPICS),
        ListFilter(
            "subscriber",
            "Subscriber",
            lambda value: WebhookDelivery.subscription_id == value,
            kind="webhook-subscriptions",
        ),
        ListFilter("resource", "About", lambda value: WebhookDelivery.resource_id == value),
        ListFilter("tenant", "Tenant", lambda value: WebhookDelivery.tenant_id == value, kind="tenant"),
    )
    verbs = (
        VerbButton(
            "retry",
            "Retry",
            "webhooks:manage",
            "It is sent again with the same event id and key, and its attempts are counted afresh.",
            acts.retry,
            bulk=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[WebhookDelivery]:
        return webhooks.visible_deliveries(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> DeliveryPage:
        delivery = await webhooks.find_delivery(uow, pk)
        return DeliveryPage(
            delivery=delivery,
            endpoint=await webhooks.get(uow, str(delivery.subscription_id)),
            attempts=await webhooks.attempts(uow, pk),
            body=_readable(delivery.body),
        )

    def title_of(self, detail: DeliveryPage) -> str:
        return gettext("%(event_type)s to %(name)s", event_type=detail.delivery.event_type, name=detail.endpoint.name)

    def actions_of(self, detail: DeliveryPage) -> Sequence[str]:
        return ["retry"] if detail.delivery.can(WebhookDelivery.lifecycle.retry.id) else []


def _readable(body: bytes | None) -> str:
    if not body:
        return ""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


VIEWS = (WebhookEndpointView, WebhookDeliveryView)
