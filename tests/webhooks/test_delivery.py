"""From a fact to a subscriber: once into the table, at least once over the wire, in order, on both databases."""

import json
from datetime import timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.schemas import WebhookEndpointPut
from scaicontrol.webhooks import verify
from tests.factories import NORTHWIND, SOUTHBAY, ada, petra, sam
from tests.factories.ports import Answered, MemoryOutbound
from tests.factories.webhooks import URL, all_attempts, all_deliveries, delivered, subscriber, tell

# The package offers the verbs under the names of their modules.
dispatcher = import_module("scaicontrol.services.webhooks.service.dispatch")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DISPATCHER = Actor.system("event_dispatcher")


def outbound(backend: Backend) -> MemoryOutbound:
    assert isinstance(backend.ports.outbound, MemoryOutbound)
    return backend.ports.outbound


def sent(backend: Backend, url: str = URL) -> list[str]:
    """Name the resources a subscriber heard of, in order."""
    bodies = [json.loads(body) for target, _, body in outbound(backend).sent if target == url]
    return [body["data"]["invoice_id"] for body in bodies]


def answer(backend: Backend, *statuses: int, url: str = URL, **headers: str) -> None:
    outbound(backend).answers[url] = [Answered(status, headers) for status in statuses]


async def statuses(backend: Backend) -> list[str]:
    return [str(row.status) for row in await all_deliveries(backend)]


# Fan-out


async def test_a_fact_arrives_signed_in_its_envelope(backend: Backend, clock: FrozenClock):
    _, secret = await subscriber(backend)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [(_, headers, body)] = outbound(backend).sent
    event = verify(headers, body, [secret])
    [row] = await all_deliveries(backend)
    assert event["event_id"] == row.id == headers["webhook-id"]
    assert event["idempotency_key"] == "invoice:inv_1:paid:initial"
    assert (event["event_version"], event["source"], event["event_type"]) == ("1.0", "scaicontrol", "invoice.paid")
    assert event["occurred_at"] == "2026-01-15T09:00:00Z"


async def test_a_fact_is_fanned_out_once_to_each_that_listens(backend: Backend, clock: FrozenClock):
    await subscriber(backend, ada, "https://a.example.com/", "invoice.*")
    await subscriber(backend, ada, "https://b.example.com/", "invoice.paid", "subscription.*")
    await subscriber(backend, ada, "https://c.example.com/", "subscription.*")
    await tell(backend, "inv_1")
    await delivered(backend, clock, ticks=3)
    assert [url for url, _, _ in outbound(backend).sent] == ["https://a.example.com/", "https://b.example.com/"]


async def test_a_partners_subscriber_hears_of_its_own_partner_only(backend: Backend, clock: FrozenClock):
    await subscriber(backend, petra, "https://petra.example.com/")
    await subscriber(backend, sam, "https://sam.example.com/")
    await subscriber(backend, ada, "https://ada.example.com/")
    await tell(backend, "inv_north", partner_id=NORTHWIND)
    await tell(backend, "inv_south", partner_id=SOUTHBAY)
    await tell(backend, "inv_platform", partner_id=None)
    await delivered(backend, clock, ticks=2)
    assert sent(backend, "https://petra.example.com/") == ["inv_north"]
    assert sent(backend, "https://sam.example.com/") == ["inv_south"]
    assert len(sent(backend, "https://ada.example.com/")) == 3


async def test_the_stream_has_no_gaps(backend: Backend, clock: FrozenClock):
    await tell(backend, *(f"inv_{n}" for n in range(7)))
    await webhooks.relay(backend)

    async def positions(uow: UnitOfWork) -> list[Any]:
        return list(await uow.session.scalars(select(Outbox.position).where(Outbox.public).order_by(Outbox.id)))

    found = await backend.ask(ada, positions)
    assert [later - earlier for earlier, later in pairwise(found)] == [1] * 6


# Dispatch


async def test_every_attempt_sends_the_same_bytes_and_is_on_record(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    answer(backend, 500, 503, 204)
    await tell(backend, "inv_1")
    await delivered(backend, clock, ticks=4, every=timedelta(minutes=6))
    assert len({body for _, _, body in outbound(backend).sent}) == 1
    assert [attempt.response_code for attempt in await all_attempts(backend)] == [500, 503, 204]
    assert await statuses(backend) == ["dispatched"]


async def test_a_later_fact_of_the_same_resource_waits_for_an_earlier_one_a_minute_at_most(
    backend: Backend, clock: FrozenClock
):
    await subscriber(backend)
    answer(backend, 500, 200)
    await tell(backend, "inv_1", step="first")
    await tell(backend, "inv_1", step="second")
    await tell(backend, "inv_2")
    await delivered(backend, clock)
    assert sent(backend) == ["inv_1", "inv_2"]  # the other resource does not wait
    clock.advance(MINUTE)
    await webhooks.dispatch(backend)
    assert "inv_1:paid:second" in outbound(backend).sent[-1][2].decode() or len(sent(backend)) == 4


async def test_facts_of_one_resource_arrive_in_order(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    for step in ("a", "b", "c", "d"):
        await tell(backend, "inv_1", step=step)
    await delivered(backend, clock)
    keys = [json.loads(body)["idempotency_key"][-1] for _, _, body in outbound(backend).sent]
    assert keys == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("status", "becomes"), [(409, "dispatched"), (400, "dead"), (404, "dead"), (503, "pending")])
async def test_what_an_answer_makes_of_a_row(backend: Backend, clock: FrozenClock, status: int, becomes: str):
    await subscriber(backend)
    answer(backend, status)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    assert await statuses(backend) == [becomes]


async def test_retry_after_is_honoured(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    outbound(backend).answers[URL] = [Answered(429, {"retry-after": "7200"}), Answered(200)]
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [row] = await all_deliveries(backend)
    assert row.next_attempt_at == clock.now() + 2 * HOUR


async def test_after_seven_attempts_a_delivery_is_dead_and_kept(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    answer(backend, 500)
    await tell(backend, "inv_1")
    await delivered(backend, clock, ticks=9, every=26 * HOUR)
    assert len(sent(backend)) == 7
    assert await statuses(backend) == ["dead"]


async def test_gone_disables_the_subscriber_and_buries_what_waits(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    answer(backend, 410)
    await tell(backend, "inv_1", step="a")
    await tell(backend, "inv_1", step="b")
    await delivered(backend, clock)
    shown = await backend.ask(ada, webhooks.get, endpoint.id)
    assert (shown.is_active, shown.disabled_reason) == (False, "gone")
    assert await statuses(backend) == ["dead", "dead"]
    await webhooks.relay(backend)
    assert len(sent(backend)) == 1


async def test_five_days_of_failure_and_twenty_dead_rows_disable_a_subscriber(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    answer(backend, 400)
    await tell(backend, *(f"inv_{n}" for n in range(19)))
    await delivered(backend, clock)
    clock.advance(timedelta(days=6))
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).is_active
    await tell(backend, "inv_19")
    await delivered(backend, clock)
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).disabled_reason == "failing"


async def test_one_success_forgives(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    outbound(backend).answers[URL] = [*([Answered(400)] * 19), Answered(200), Answered(400)]
    await tell(backend, *(f"inv_{n}" for n in range(20)))
    await delivered(backend, clock)
    clock.advance(timedelta(days=6))
    await tell(backend, "inv_last")
    await delivered(backend, clock)
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).is_active


async def test_a_paused_subscriber_is_not_tried_and_blocks_nobody(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    await subscriber(backend, ada, "https://b.example.com/")
    await tell(backend, "inv_1")
    await webhooks.relay(backend)
    await put(backend, endpoint.id, is_active=False)
    backend.settings = backend.settings.model_copy(update={"webhook_delivery_batch": 1})
    await webhooks.dispatch(backend)
    assert (sent(backend), sent(backend, "https://b.example.com/")) == ([], ["inv_1"])
    await put(backend, endpoint.id, is_active=True)
    await webhooks.dispatch(backend)
    [waited] = [row for row in await all_deliveries(backend) if row.subscription_id == endpoint.id]
    assert (waited.status, waited.attempt_count) == ("dispatched", 1)


async def test_switching_off_by_hand_is_told(backend: Backend):
    endpoint, _ = await subscriber(backend)
    await put(backend, endpoint.id, is_active=False)

    async def told(uow: UnitOfWork) -> list[Any]:
        query = select(Outbox.payload).where(Outbox.event_type == "webhook_endpoint.disabled")
        return list(await uow.session.scalars(query))

    [payload] = await backend.ask(ada, told)
    assert payload["reason"] == "operator"


async def put(backend: Backend, endpoint_id: str, **changes: Any) -> None:
    row = await backend.ask(ada, webhooks.get, endpoint_id)
    kept: dict[str, Any] = {
        "name": row.name,
        "target_url": row.target_url,
        "topics": row.topics,
        "version": row.version,
    }
    await webhooks.update(backend, ada, endpoint_id, WebhookEndpointPut(**kept | changes))


async def test_what_was_settled_while_its_answer_was_on_the_way_stays_settled(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    await tell(backend, "inv_1")
    await webhooks.relay(backend)
    claimed = await backend.perform(DISPATCHER, dispatcher.claim, backend.instance, 10)
    keys = await dispatcher._keys(backend, claimed)
    answer(backend, 500)
    attempts = [await dispatcher._send(backend, keys, delivery) for delivery in claimed]
    await webhooks.delete(backend, ada, endpoint.id)
    await backend.perform(DISPATCHER, dispatcher.record, attempts, backend.instance)
    assert await statuses(backend) == ["dead"]


async def test_a_dispatcher_that_died_is_replaced_when_its_lease_ends(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    await tell(backend, "inv_1")
    await webhooks.relay(backend)
    assert await backend.perform(DISPATCHER, dispatcher.claim, "a process that dies", 10)
    assert await webhooks.dispatch(backend) == 0
    clock.advance(dispatcher.LEASE)
    assert await webhooks.dispatch(backend) == 1
    assert await statuses(backend) == ["dispatched"]


async def test_a_secret_that_cannot_be_read_fails_its_own_deliveries_only(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    await subscriber(backend, ada, "https://b.example.com/")
    await backend.ports.vault.delete(endpoint.secret_vault_path)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    assert sorted(await statuses(backend)) == ["dispatched", "pending"]
    assert sent(backend) == []


# Managing


async def test_both_secrets_sign_for_a_day_or_until_closed(backend: Backend, clock: FrozenClock):
    endpoint, old = await subscriber(backend)
    new, ends = await webhooks.rotate_secret(backend, ada, endpoint.id)
    assert new is not None
    assert ends == clock.now() + 24 * HOUR
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    _, headers, body = outbound(backend).sent[-1]
    assert verify(headers, body, [old]) == verify(headers, body, [new])
    await webhooks.rotate_secret(backend, ada, endpoint.id, close=True)
    await tell(backend, "inv_2")
    await delivered(backend, clock)
    _, headers, body = outbound(backend).sent[-1]
    assert verify(headers, body, [new])
    with pytest.raises(ValueError, match="No signature"):
        verify(headers, body, [old])


async def test_a_retried_delivery_keeps_its_id_and_counts_afresh(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    answer(backend, 400, 200)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [dead] = await all_deliveries(backend)
    await backend.perform(ada, webhooks.retry, endpoint.id, dead.id)
    await webhooks.dispatch(backend)
    [row] = await all_deliveries(backend)
    assert (row.id, row.status, row.attempt_count) == (dead.id, "dispatched", 1)
    with pytest.raises(Refused, match="dispatched"):
        await backend.perform(ada, webhooks.retry, endpoint.id, dead.id)


async def test_a_replay_copies_what_arrived_and_retries_what_died(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    answer(backend, 200, 400, 200)
    await tell(backend, "inv_1", "inv_2")
    await delivered(backend, clock)
    span: dict[str, Any] = {"start": clock.now() - HOUR, "end": clock.now() + HOUR}
    assert await backend.perform(ada, webhooks.replay, endpoint.id, **span) == 2
    await webhooks.dispatch(backend)
    rows = await all_deliveries(backend)
    assert [row.status for row in rows] == ["dispatched"] * 3
    [copy] = [row for row in rows if row.replay_of]
    original = next(row for row in rows if row.id == copy.replay_of)
    assert copy.body == original.body
    flagged = [headers for _, headers, _ in outbound(backend).sent if "X-ScaiControl-Replay" in headers]
    assert len(flagged) == 1
