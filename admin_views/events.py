from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Select

from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks import TOPICS
from scaicontrol.services.webhooks.models import WebhookDelivery

from . import formatting
from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .menu import MenuGroup
from .moments import filter_moment
from .names import Ref, names_of


@dataclass(frozen=True, slots=True)
class EventPage:
    """What the page of an event shows."""

    event: Outbox
    names: Mapping[str, str]
    payload: str
    deliveries: Sequence[WebhookDelivery]


def told_of(event: Outbox) -> Ref:
    """Give the page of what an event is about, where there is one."""
    return Ref(event.resource_type.replace("_", "-"), event.resource_id)


class EventView(ControlView, model=Outbox):
    name, name_plural, icon = "Event", "Events", "events"
    category, rank = MenuGroup.operations, 30
    about = "What happened, as subscribers are told of it, newest first."
    prefix = "evt"
    permission = "events:read"
    details_template = "console/event.html"
    grows = True
    searched = (Outbox.id, Outbox.resource_id)
    search_hint = "id, or the id of what it is about"
    columns = (
        ListColumn("Topic", lambda row: row.event_type, None, "link"),
        ListColumn(
            "About",
            lambda row: row.resource_id,
            None,
            "name",
            told_of,
        ),
        named_column("Tenant", "tenant", "tenant_id"),
        named_column("Partner", "partner", "partner_id"),
        named_column("By", "user", "actor_id"),
        ListColumn("Place in the stream", lambda row: formatting.plain(row.position), None, "number"),
        moment_column("Happened", "created_at", Outbox.created_at),
    )
    narrowing = (
        ListFilter("topic", "Topic", lambda value: Outbox.event_type == value, TOPICS),
        ListFilter("resource", "About", lambda value: Outbox.resource_id == value),
        ListFilter("tenant", "Tenant", lambda value: Outbox.tenant_id == value, kind="tenant"),
        ListFilter("from", "From", lambda value: Outbox.created_at >= filter_moment(value), kind="datetime-local"),
        ListFilter("to", "To", lambda value: Outbox.created_at < filter_moment(value), kind="datetime-local"),
    )

    def visible(self, uow: UnitOfWork) -> Select[Outbox]:
        return webhooks.visible_events(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> EventPage:
        event = await webhooks.event(uow, pk)
        ids = {"user": event.actor_id, "tenant": event.tenant_id, "partner": event.partner_id}
        refs = [told_of(event), *(Ref(kind, pk) for kind, pk in ids.items() if pk)]
        return EventPage(
            event,
            await names_of(uow, refs),
            orjson.dumps(event.told, option=orjson.OPT_INDENT_2).decode(),
            await webhooks.deliveries_of_event(uow, pk) if uow.actor.may("webhooks:read") else [],
        )

    def title_of(self, detail: EventPage) -> str:
        return detail.event.event_type

    def actions_of(self, detail: EventPage) -> Sequence[str]:
        return []


EventView.identity = "event"

VIEWS = (EventView,)
