"""Subscribers and their deliveries as partners manage them."""

import json
import random

import pytest

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Conflict, Invalid, NotFound
from scaicontrol.services import webhooks
from scaicontrol.webhooks import verify
from tests.factories import SOUTHBAY, ada, petra
from tests.factories.ports import Answered
from tests.factories.webhooks import URL, all_deliveries, delivered, subscriber, tell
from tests.webhooks.test_delivery import HOUR, answer, outbound, put, statuses


async def test_deleting_buries_what_waits_and_forgets_both_secrets(backend: Backend, clock: FrozenClock):
    endpoint, _ = await subscriber(backend)
    await webhooks.rotate_secret(backend, ada, endpoint.id)
    await tell(backend, "inv_1")
    await webhooks.relay(backend)
    await webhooks.delete(backend, ada, endpoint.id)
    assert await statuses(backend) == ["dead"]
    assert backend.ports.vault.secrets == {}  # type: ignore[attr-defined]  # the vault of the tests


async def test_a_partner_manages_its_own_and_sees_no_delivery_to_others(backend: Backend, clock: FrozenClock):
    platforms, _ = await subscriber(backend)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [row] = await all_deliveries(backend)
    for question in (webhooks.get, webhooks.deliveries):
        with pytest.raises(NotFound):
            await backend.ask(petra, question, platforms.id)
    with pytest.raises(NotFound):
        await backend.ask(petra, webhooks.delivery, platforms.id, row.id)
    with pytest.raises(Invalid):
        await subscriber(backend, petra, partner_id=SOUTHBAY)


async def test_a_partner_purges_only_what_its_own_subscribers_lost(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    await subscriber(backend, petra, "https://petra.example.com/")
    answer(backend, 400)
    answer(backend, 400, url="https://petra.example.com/")
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    assert await backend.perform(petra, webhooks.purge_dead, clock.now() + HOUR) == 1
    assert await backend.perform(ada, webhooks.purge_dead, clock.now() + HOUR) == 1


async def test_a_stale_version_is_a_conflict(backend: Backend):
    endpoint, _ = await subscriber(backend)
    await put(backend, endpoint.id, name="Other")
    with pytest.raises(Conflict):
        await put(backend, endpoint.id, version=1)


async def test_a_test_event_is_signed_and_stored_nowhere(backend: Backend):
    endpoint, secret = await subscriber(backend)
    status, *_ = await webhooks.send_test(backend, ada, endpoint.id)
    [(_, headers, body)] = outbound(backend).sent
    assert status == 200
    assert verify(headers, body, [secret])["event_type"] == "webhook_endpoint.test"
    assert await all_deliveries(backend) == []


# Whatever the subscriber answers


@pytest.mark.parametrize("seed", range(6))
async def test_everything_committed_arrives_whatever_is_answered_on_the_way(
    backend: Backend, clock: FrozenClock, seed: int
):
    chance = random.Random(seed)
    script = chance.choices([200, 204, 409, 0, 500, 503, 429, 302], k=chance.randint(1, 40))
    await subscriber(backend)
    outbound(backend).answers[URL] = [*(Answered(status) for status in script), Answered(200)]
    names = [f"inv_{n}" for n in range(4)]
    for step in ("a", "b", "c"):
        await tell(backend, *names, step=step)
    await delivered(backend, clock, ticks=8, every=26 * HOUR)
    rows = await all_deliveries(backend)
    heard = {json.loads(body)["idempotency_key"] for _, _, body in outbound(backend).sent}
    told = {f"invoice:{name}:paid:{step}" for name in names for step in ("a", "b", "c")}
    # Dead after seven refusals is the only other end; what is dead was tried, and stays to be replayed.
    assert {row.idempotency_key for row in rows} == told == heard
    assert {(row.status, row.attempt_count == 7) for row in rows if row.status != "dispatched"} <= {("dead", True)}
