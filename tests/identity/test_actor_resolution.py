"""Who a request is from, and how long that is remembered."""

import time
from dataclasses import replace

import pytest
from starlette.exceptions import HTTPException

from scaicontrol.api.actor_resolution import Actors
from scaicontrol.api.rate_limits import RateLimit
from scaicontrol.core import idempotency
from scaicontrol.core.actor import ActorKind
from scaicontrol.services import identity
from tests.factories import alice, gina, petra
from tests.factories.identity import store_user
from tests.factories.tenants import store_cast


@pytest.fixture
def at(monkeypatch):
    """Set what time the wall clock shows."""
    return lambda moment: monkeypatch.setattr(time, "time", lambda: moment)


def test_an_actor_is_remembered_for_half_a_minute_and_not_beyond_its_proof(at):
    actors, epoch = Actors(), identity.current_role_epoch()
    at(1000.0)
    actors.remember(b"long", alice, epoch, 5000.0)
    actors.remember(b"short", alice, epoch, 1010.0)
    at(1009.0)
    assert (actors.find(b"long"), actors.find(b"short"), actors.find(b"never")) == (alice, alice, None)
    at(1010.0)
    assert (actors.find(b"long"), actors.find(b"short")) == (alice, None)
    at(1030.0)
    assert actors.find(b"long") is None


async def test_a_change_of_roles_forgets_every_actor_at_once(backend):
    await store_cast(backend)
    await store_user(backend, "tom")
    actors, epoch = Actors(), identity.current_role_epoch()
    actors.remember(b"tom", alice, epoch)
    await backend.perform(petra, identity.grant, "usr_tom", "tenant_admin")
    assert actors.find(b"tom") is None
    actors.remember(b"tom", alice, epoch)  # read before the change, remembered after it
    assert actors.find(b"tom") is None


def test_thirty_requests_a_minute_and_address():
    now = 0.0
    limit = RateLimit(now=lambda: now)
    for _ in range(30):
        limit.check("192.0.2.1")
    with pytest.raises(HTTPException) as refused:
        limit.check("192.0.2.1")
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "60"})
    limit.check("192.0.2.2")
    now = 60.0
    limit.check("192.0.2.1")


async def test_what_an_agent_did_for_one_person_is_not_replayed_to_another(backend):
    def agent_of(person):
        return replace(person, id="agt_bot", kind=ActorKind.agent, on_behalf_of=person.id)

    request = ("one-key", "POST", "/api/v1/subscriptions", b"{}")
    first = await backend.perform(agent_of(alice), idempotency.claim, *request)
    again = await backend.perform(agent_of(alice), idempotency.claim, *request)
    other = await backend.perform(agent_of(gina), idempotency.claim, *request)
    assert (again.id == first.id, other.id == first.id) == (True, False)
