"""
Pass 1: a fact gets its place in the stream and becomes one delivery row per matching subscriber.

A crash between claim and work is harmless: the lease runs out, and the unique key absorbs a second fan-out.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import orjson
from sqlalchemy import case, select, update

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.events import rfc3339
from scaicontrol.core.ids import new_id
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork

from ..lifecycle import DeliveryStatus
from ..models import EventStream, WebhookDelivery, WebhookEndpoint

LEASE: Final = timedelta(seconds=60)
_ACTOR = Actor.system("event_dispatcher")


async def relay(backend: Backend) -> int:
    """Fan out until no fact is due; give how many deliveries were made."""
    made, claimant = 0, claims.new_claimant(backend)
    while claimed := await backend.perform(_ACTOR, claim, claimant, backend.settings.webhook_fanout_batch):
        made += await backend.perform(_ACTOR, fan_out, claimed, claimant)
    return made


async def claim(uow: UnitOfWork, claimant: str, limit: int) -> Sequence[str]:
    """Lease the oldest facts that wait; give the ids that are now ours."""
    uow.authorize("events:relay")
    return await claims.lease(
        uow,
        Outbox,
        Outbox.status == "pending",
        Outbox.next_attempt_at <= uow.now,
        by=claimant,
        during=LEASE,
        oldest=[Outbox.next_attempt_at],
        limit=limit,
    )


async def fan_out(uow: UnitOfWork, claimed: Sequence[str], claimant: str) -> int:
    """Write the deliveries of claimed facts and settle the facts, in one transaction."""
    uow.authorize("events:relay")
    facts = (
        await uow.session.scalars(
            select(Outbox)
            .where(Outbox.id.in_(claimed), Outbox.claimed_by == claimant, Outbox.status == "pending")
            .order_by(Outbox.id)
        )
    ).all()
    endpoints = (await uow.session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.is_active.is_(True)))).all()
    already = await _already_made(uow, facts)
    position = await _positions(uow, len(facts))
    deliveries = []
    for fact in facts:
        deliveries += [
            _delivery(fact, endpoint, uow)
            for endpoint in endpoints
            if concerns(fact, endpoint) and (endpoint.id, fact.idempotency_key) not in already
        ]
    uow.session.add_all(deliveries)
    await _settle(uow, [fact.id for fact in facts], position)
    return len(deliveries)


async def _settle(uow: UnitOfWork, ids: Sequence[str], first_position: int) -> None:
    """Number the facts and mark them fanned out, in one statement: one for each would be a round trip for each."""
    if not ids:
        return
    places = {fact_id: first_position + number for number, fact_id in enumerate(ids)}
    await uow.session.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids))
        .values(
            position=case(places, value=Outbox.id),
            status="dispatched",
            dispatched_at=uow.now,
            next_attempt_at=None,
            claimed_by=None,
            claimed_until=None,
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


async def _positions(uow: UnitOfWork, count: int) -> int:
    """Take `count` places of the stream; the locked row makes them gap-free and in commit order."""
    stream = await uow.session.get(EventStream, "events", with_for_update=True)
    if stream is None:
        stream = EventStream(name="events", position=0)
        uow.session.add(stream)
    first = stream.position + 1
    stream.position += count
    return first


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
