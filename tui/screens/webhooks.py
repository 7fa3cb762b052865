"""Deliveries, and the subscribers they go to: what is dead, why, and sending it again."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from scaicontrol.core.errors import invalid
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.lifecycle import DeliveryStatus
from scaicontrol.services.webhooks.models import WebhookDelivery, WebhookEndpoint
from scaicontrol.services.webhooks.schemas import WebhookEndpointPut

from ..columns import TableColumn
from ..door import Door
from ..verbs import KeyAnswer, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


async def _retry(door: Door, row: Row, _: KeyAnswer) -> object:
    found = await door.ask(webhooks.find_delivery, row.id)
    return await door.perform(webhooks.retry, str(found.subscription_id), row.id)


async def _replay(door: Door, row: Row, given: KeyAnswer) -> object:
    end = door.backend.clock.now()
    dead_only = [DeliveryStatus.dead.value] if given.choice == "dead" else None
    start = end - _length(given.text)
    return await door.perform(webhooks.replay, row.id, start=start, end=end, statuses=dead_only)


def _length(typed: str) -> timedelta:
    """Read 90m, 2h or 3d."""
    found = re.fullmatch(r"(\d{1,4})\s*([mhd])", typed.strip().lower())
    if found is None:
        raise invalid("since", f"'{typed}' is no length of time; say 90m, 2h or 3d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


async def _switch(door: Door, row: Row, *, is_active: bool) -> object:
    known = await door.ask(webhooks.get, row.id)
    body = WebhookEndpointPut(
        name=known.name,
        target_url=known.target_url,
        topics=known.topics,
        description=known.description,
        partner_id=known.partner_id,
        is_active=is_active,
        version=known.version,
    )
    return await door.run(webhooks.update, row.id, body)


async def _test(door: Door, row: Row, _: KeyAnswer) -> str:
    status, took, error, excerpt = await door.run(webhooks.send_test, row.id)
    said = f"The test failed after {took} ms: {error}" if error else f"It answered {status} after {took} ms."
    return f"{said}\n\n{excerpt}" if excerpt else said


DELIVERY_VERBS = (
    VerbKey(
        "r",
        "retry",
        "webhooks:manage",
        "It is sent again with the same event id and key, and its attempts are counted afresh.",
        _retry,
    ),
)
SUBSCRIBER_VERBS = (
    VerbKey(
        "t",
        "test",
        "webhooks:manage",
        "One signed test event is posted; nothing is kept.",
        _test,
        rehearsed=False,
        told=str,
    ),
    VerbKey(
        "R",
        "replay",
        "webhooks:manage",
        "A range is delivered again: dead ones as they are, delivered ones as copies that name the original.",
        _replay,
        asks="How far back? Such as 90m, 2h or 3d",
    ),
    VerbKey(
        "e",
        "resume",
        "webhooks:manage",
        "It is served again, with what waits for it, oldest first.",
        lambda door, row, _: _switch(door, row, is_active=True),
    ),
    VerbKey(
        "s",
        "pause",
        "webhooks:manage",
        "Nothing is sent to it until it is resumed; what happens meanwhile waits.",
        lambda door, row, _: _switch(door, row, is_active=False),
        grave=True,
    ),
)
_RANGES = (
    KeyChoice("dead", "what is dead: it is sent as it is"),
    KeyChoice("all", "what had arrived, too: as copies that name the original"),
)


def _delivery(found: WebhookDelivery) -> Row:
    why = found.error_message or ""
    return Row(
        found.id,
        f"{found.event_type} ({found.id})",
        found.status,
        (
            found.event_type,
            state(found.status),
            found.resource_id,
            str(found.response_code or "–"),
            str(found.attempt_count),
            why or "–",
            minute(found.created_at),
        ),
        frozenset(["retry"] if found.can(WebhookDelivery.lifecycle.retry.id) else []),
        about=f"subscribers {found.subscription_id}",
    )


class DeliveryScreen(ReadScreen, verbs=DELIVERY_VERBS):
    """One delivery, and what each attempt met."""

    console = "webhook-delivery"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await webhooks.find_delivery(uow, row_id)
        endpoint = await webhooks.get(uow, str(found.subscription_id))
        said = fields(
            ("state", state(found.status)),
            ("id", found.id),
            ("topic", found.event_type),
            ("about", found.resource_id),
            ("to", f"{endpoint.name}, {endpoint.target_url}  (i)"),
            ("next attempt", minute(found.next_attempt_at)),
            ("answer", found.response_code),
            ("why", found.error_message),
            ("happened", minute(found.occurred_at)),
        )
        tries = table(
            ("#", "When", "Answer", "ms", "What it met"),
            (
                (
                    each.attempt,
                    minute(each.attempted_at),
                    each.response_code or "–",
                    each.duration_ms,
                    each.error_message or each.response_excerpt or "–",
                )
                for each in await webhooks.attempts(uow, row_id)
            ),
            right=(0, 2, 3),
            none="It was not attempted yet.",
        )
        return _delivery(found), [("Delivery", said), ("Attempts", tries)]


class DeliveriesScreen(ListScreen, verbs=DELIVERY_VERBS):
    called = "deliveries"
    console = "webhook-delivery"
    detail = DeliveryScreen
    states = tuple(DeliveryStatus)
    searched = True
    columns = (
        TableColumn("Topic", 22),
        TableColumn("State", 12),
        TableColumn("About", 30, wide=True),
        TableColumn("Answer", 6, right=True),
        TableColumn("Tries", 5, right=True),
        TableColumn("Why", 13, grows=True),
        TableColumn("Created", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        status = DeliveryStatus(wanted.state) if wanted.state else None
        page = await webhooks.page_deliveries(uow, request, status=status, q=wanted.words or None)
        return page.shown(_delivery)


def _subscriber(found: WebhookEndpoint, counted: Mapping[str, int]) -> Row:
    standing = "active" if found.is_active else (found.disabled_reason or "paused").replace("operator", "paused")
    is_off = found.disabled_reason in ("gone", "failing")
    return Row(
        found.id,
        f"subscriber {found.name}",
        standing,
        (
            found.name,
            state(standing),
            f"{counted.get('pending', 0):,}",
            f"{counted.get('dead', 0):,}",
            str(found.consecutive_failures),
            found.target_url,
        ),
        frozenset(["test", "replay", "pause" if found.is_active else "resume"]),
        {"replay": _RANGES},
        about=f"deliveries dead {found.id}",
        words="switched_off" if is_off else "",
    )


class SubscriberScreen(ReadScreen, verbs=SUBSCRIBER_VERBS):
    """One subscriber: how it has been doing, and since when the oldest waits."""

    console = "webhook-subscriptions"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await webhooks.get(uow, row_id)
        counted = (await webhooks.statistics(uow, [row_id]))[row_id]
        row = _subscriber(found, counted)
        said = fields(
            ("state", state(row.status)),
            ("id", found.id),
            ("partner", found.partner_id or "the platform"),
            ("address", found.target_url),
            ("topics", ", ".join(found.topics)),
            ("waiting", counted.get("pending", 0)),
            ("oldest since", minute((await webhooks.waiting_since(uow, [row_id])).get(row_id))),
            ("dead", f"{counted.get('dead', 0):,}  (i)"),
            ("failures in a row", found.consecutive_failures),
            ("failing since", minute(found.first_failure_at)),
            ("switched off", f"{minute(found.disabled_at)} {found.disabled_reason or ''}"),
        )
        return row, [("Subscriber", said), *await story(uow, row_id)]


class SubscribersScreen(ListScreen, verbs=SUBSCRIBER_VERBS):
    called = "subscribers"
    console = "webhook-subscriptions"
    detail = SubscriberScreen
    columns = (
        TableColumn("Subscriber", 20, names=True),
        TableColumn("State", 11),
        TableColumn("Waiting", 7, right=True),
        TableColumn("Dead", 6, right=True),
        TableColumn("Failures", 8, right=True),
        TableColumn("Address", 14, grows=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        found = await webhooks.listing(uow)
        counted = await webhooks.statistics(uow, [each.id for each in found])
        rows = [_subscriber(each, counted[each.id]) for each in found]
        return Page(rows, len(rows), 1, len(rows) or 1)
