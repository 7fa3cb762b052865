"""
Pass 1: a fact gets its place in the stream and becomes one delivery row per matching subscriber, in one transaction.

Nobody is called in it, so nothing is claimed first: the row of the stream is changed by every relay, which lets one at
a time through, on Galera too. What the next one sees was committed after all that has a place, so the places of one
resource grow with its commits, and the feed and the deliveries tell one order.
"""

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import Select, case, select, update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.events import rfc3339
from scaicontrol.core.ids import new_id
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork

from ..lifecycle import DeliveryStatus
from ..models import EventStream, WebhookDelivery, WebhookEndpoint

_STREAM: Final = "events"
_ACTOR = Actor.system("event_dispatcher")


async def relay(backend: Backend) -> int:
    """Fan out until no fact waits; give how many deliveries were made."""
    made = 0
    while await backend.ask(_ACTOR, waits):  # without the lock: an idle relay holds up nobody
        made += await backend.perform(_ACTOR, fan_out, backend.settings.webhook_fanout_batch)
    return made


async def waits(uow: UnitOfWork) -> bool:
    """Tell whether any fact has no place in the stream yet."""
    uow.authorize("events:relay")
    return await uow.session.scalar(_oldest(1)) is not None


async def fan_out(uow: UnitOfWork, limit: int) -> int:
    """Number the oldest facts that wait, with all that wait of their resources, and write their deliveries."""
    uow.authorize("events:relay")
    stream = await _locked_stream(uow)
    facts = await _waiting(uow, limit)
    if not facts:
        return 0
    endpoints = (await uow.session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.is_active.is_(True)))).all()
    already = await _already_made(uow, facts)
    first, stream.position = stream.position + 1, stream.position + len(facts)
    deliveries = []
    for fact in facts:
        deliveries += [
            _delivery(fact, endpoint, uow)
            for endpoint in endpoints
            if concerns(fact, endpoint) and (endpoint.id, fact.idempotency_key) not in already
        ]
    uow.session.add_all(deliveries)
    await _settle(uow, [fact.id for fact in facts], first)
    return len(deliveries)


def _oldest(limit: int) -> Select[str]:
    return select(Outbox.id).where(Outbox.status == "pending").order_by(Outbox.next_attempt_at, Outbox.id).limit(limit)


async def _waiting(uow: UnitOfWork, limit: int) -> Sequence[Outbox]:
    """
    Give the oldest facts, and whatever else waits of the same resources, in the order they were told.

    A unit of work that began earlier may commit later, so that the moment of a fact does not order it; its id was
    made while the unit held the resource, and does (clocks of machines are taken to agree better than two commits of
    one resource lie apart). What is cut off by `limit` is the later part of every resource, never the earlier.
    """
    seen = list(await uow.session.scalars(_oldest(limit)))
    resources = select(Outbox.resource_id).where(Outbox.id.in_(seen))
    together = (
        select(Outbox)
        .where(
            Outbox.resource_id.in_(list(await uow.session.scalars(resources))),
            Outbox.subscription_id.is_(None),
            Outbox.status == "pending",
        )
        .order_by(Outbox.id)
        .limit(limit)
    )
    return (await uow.session.scalars(together)).all()


async def _settle(uow: UnitOfWork, ids: Sequence[str], first_position: int) -> None:
    """Number the facts and mark them fanned out, in one statement: one for each would be a round trip for each."""
    places = {fact_id: first_position + number for number, fact_id in enumerate(ids)}
    await uow.session.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids))
        .values(
            position=case(places, value=Outbox.id),
            status="dispatched",
            dispatched_at=uow.now,
            next_attempt_at=None,
            updated_at=uow.now,
        )
        .execution_options(synchronize_session=False)
    )


def concerns(fact: Outbox, endpoint: WebhookEndpoint) -> bool:
    """Tell whether a subscriber gets a fact: its topics match, and it is its partner's or the platform's."""
    return fact.public and endpoint.takes(fact.event_type, fact.partner_id)


async def _already_made(uow: UnitOfWork, facts: Sequence[Outbox]) -> set[tuple[str | None, str]]:
    rows = await uow.session.execute(
        select(WebhookDelivery.subscription_id, WebhookDelivery.idempotency_key).where(
            WebhookDelivery.source_event_id.in_([fact.id for fact in facts])
        )
    )
    return {(endpoint_id, key) for endpoint_id, key in rows}


async def _locked_stream(uow: UnitOfWork) -> EventStream:
    stream = await uow.session.get(EventStream, _STREAM, with_for_update=True)
    if stream is None:
        stream = EventStream(name=_STREAM, position=0)
        uow.session.add(stream)
        await uow.session.flush()
    return stream


def _delivery(fact: Outbox, endpoint: WebhookEndpoint, uow: UnitOfWork) -> WebhookDelivery:
    event_id = new_id("evt")
    envelope = {
        "event_id": event_id,
        "event_type": fact.event_type,
        "event_version": endpoint.api_version,
        "occurred_at": rfc3339(fact.occurred_at),
        "source": "scaicontrol",
        "idempotency_key": fact.idempotency_key,
        "data": fact.payload,
    }
    return WebhookDelivery(
        id=event_id,
        event_type=fact.event_type,
        status=DeliveryStatus.pending,
        idempotency_key=fact.idempotency_key,
        partner_id=fact.partner_id,
        tenant_id=fact.tenant_id,
        resource_type=fact.resource_type,
        resource_id=fact.resource_id,
        occurred_at=fact.occurred_at,
        subscription_id=endpoint.id,
        source_event_id=fact.id,
        body=orjson.dumps(envelope),
        next_attempt_at=uow.now,
    )
