"""The rest of the development world: services, the subscriber, refusals, and pages that can be opened."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.integrations.addresses import AddressRules
from scaicontrol.integrations.outbound import Outbound
from scaicontrol.integrations.service_calls import OutboundServiceCaller
from scaicontrol.integrations.standins import Context, world
from scaicontrol.integrations.standins.scaikey.people import WEBHOOK_SECRET
from scaicontrol.integrations.standins.signing import timed_signature

from .conftest import World, served

ASKED = {"workflow_id": "wf_1", "step": "create_account", "action": "provision", "tenant_id": "tnt_acme"}


@dataclass
class Heard:
    """What a made-up ScaiControl was told."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    something: asyncio.Event = field(default_factory=asyncio.Event)

    async def first(self) -> tuple[str, dict[str, str], bytes]:
        async with asyncio.timeout(10):
            await self.something.wait()
        return self.requests[0]


@pytest_asyncio.fixture
async def control() -> AsyncIterator[Heard]:
    heard = Heard()

    async def listen(request: Request) -> Response:
        heard.requests.append((request.url.path, dict(request.headers), await request.body()))
        heard.something.set()
        return JSONResponse({}, 201)

    sock = socket.create_server(("127.0.0.1", 0))
    heard.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with served(Starlette(routes=[Route("/{path:path}", listen, methods=["GET", "POST", "PUT"])]), sock):
        yield heard


@pytest_asyncio.fixture
async def caller(dev_world: World) -> AsyncIterator[OutboundServiceCaller]:
    outbound = Outbound(AddressRules(allow_private=True))
    yield OutboundServiceCaller(outbound, dev_world.bearer)
    await outbound.close()


async def behave(dev_world: World, **form: str) -> None:
    await dev_world.http.post(f"{dev_world.dev}/service/scaigrid/_control/behave", data=form)


async def test_a_service_provisions_at_once_and_only_once_per_key(
    dev_world: World, caller: OutboundServiceCaller
) -> None:
    url = f"{dev_world.dev}/service/scaigrid/provision"
    first = await caller.post(url, ASKED, "key-1", 3)
    assert first.status == 200
    assert first.body["credentials"]["api_key"]
    assert await caller.post(url, ASKED, "key-1", 3) == first
    assert await caller.post(url, ASKED, "key-2", 3) != first


async def test_a_service_may_be_polled(dev_world: World, caller: OutboundServiceCaller) -> None:
    await behave(dev_world, mode="poll")
    accepted = await caller.post(f"{dev_world.dev}/service/scaigrid/provision", ASKED, "key-1", 3)
    assert accepted.status == 202
    assert [(await caller.get(str(accepted.location), 3)).status for _ in range(2)] == [202, 200]


async def test_a_service_may_call_back(dev_world: World, caller: OutboundServiceCaller, control: Heard) -> None:
    await behave(dev_world, mode="callback")
    asked = {**ASKED, "callback_url": f"{control.url}/api/v1/provisioning/callback", "callback_token": "tok"}
    assert (await caller.post(f"{dev_world.dev}/service/scaigrid/provision", asked, "key-1", 3)).status == 202
    path, _, body = await control.first()
    assert path == "/api/v1/provisioning/callback"
    assert json.loads(body)["callback_token"] == "tok"


@pytest.mark.parametrize(("mode", "status"), [("fail", 422), ("error", 503), ("silent", 0)])
async def test_a_service_fails_as_told(dev_world: World, caller: OutboundServiceCaller, mode: str, status: int) -> None:
    await behave(dev_world, mode=mode)
    reply = await caller.post(f"{dev_world.dev}/service/scaigrid/provision", ASKED, "key-1", 0.5)
    assert reply.status == status


async def test_a_probe_sees_health(dev_world: World, caller: OutboundServiceCaller) -> None:
    url = f"{dev_world.dev}/service/scaigrid/health"
    assert (await caller.get(url, 3)).status == 200
    await behave(dev_world, health="failing")
    assert (await caller.get(url, 3)).status == 503


async def test_a_service_is_called_with_our_token_and_an_idempotency_key(
    caller: OutboundServiceCaller, control: Heard
) -> None:
    await caller.post(f"{control.url}/provision", ASKED, "key-1", 3)
    _, headers, body = control.requests[0]
    assert headers["authorization"].startswith("Bearer ey")
    assert headers["idempotency-key"] == "key-1"
    assert json.loads(body) == ASKED


async def test_without_a_token_a_service_is_probed_but_not_provisioned(control: Heard) -> None:
    async def no_token() -> str:
        raise Unavailable("ScaiKey does not answer.")

    outbound = Outbound(AddressRules(allow_private=True))
    caller = OutboundServiceCaller(outbound, no_token)
    assert (await caller.get(f"{control.url}/health", 3)).status == 201
    assert (await caller.post(f"{control.url}/provision", ASKED, "key-1", 3)).error == "ScaiKey does not answer."
    assert len(control.requests) == 1
    await outbound.close()


async def test_services_register_and_send_heartbeats(dev_world: World, control: Heard) -> None:
    dev_world.context.control_url = control.url
    assert await dev_world.standins.services.register("scaigrid") == 201
    await dev_world.standins.services.heartbeats()
    paths = [path for path, _, _ in control.requests]
    assert paths == ["/api/v1/registry/register", "/api/v1/registry/heartbeat"]
    token = control.requests[0][1]["authorization"]
    claims = dev_world.standins.issuer.bearer(token)
    assert claims is not None
    assert (claims["client_id"], claims["scope"]) == (world.service_client_id("scaigrid"), "registry:manage")


async def test_a_service_reports_usage_in_business_time(dev_world: World, control: Heard) -> None:
    dev_world.context.control_url = control.url
    dev_world.context.clock = FrozenClock(datetime(2027, 1, 1, tzinfo=UTC))
    form = {"tenant_id": "tnt_acme", "metric": "cpu_hours", "quantity": "2.5"}
    await dev_world.http.post(f"{dev_world.url}/_dev/service/scaigrid/_control/usage", data=form)
    path, _, body = await control.first()
    event = json.loads(body)["events"][0]
    assert path == "/api/v1/metering/events"
    assert (event["quantity"], event["occurred_at"]) == ("2.5", "2027-01-01T00:00:00+00:00")


async def test_a_change_in_the_directory_is_announced_and_signed(dev_world: World, control: Heard) -> None:
    token = await dev_world.bearer()
    url = f"{dev_world.dev}/scaikey/api/v1/admin/tenants/tnt_acme"
    dev_world.context.control_url = control.url
    refused = await dev_world.http.patch(url, json={"name": "Acme"}, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403
    admin = dev_world.standins.issuer.sign({"sub": "usr_ada", "role": "SUPER_ADMIN"})
    await dev_world.http.patch(url, json={"name": "Acme"}, headers={"Authorization": f"Bearer {admin}"})
    path, headers, body = await control.first()
    event = json.loads(body)
    assert (path, event["event_type"], event["resource"]["id"]) == (
        "/api/v1/webhooks/scaikey",
        "tenant.updated",
        "tnt_acme",
    )
    stamp = int(headers["x-scaikey-timestamp"])
    assert headers["x-scaikey-signature"] == timed_signature(WEBHOOK_SECRET, stamp, body)


def signed(dev_world: World, body: bytes, secret: str) -> dict[str, str]:
    stamp = str(int(dev_world.context.now()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    standard = hmac.new(key, f"evt_1.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "X-ScaiControl-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "webhook-id": "evt_1",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(standard).decode(),
    }


async def test_the_subscriber_judges_both_signatures(dev_world: World) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    hook = f"{dev_world.dev}/subscriber/hooks/mine"
    await dev_world.http.put(f"{dev_world.dev}/subscriber/api/hooks/mine", json={"secret": secret, "status": 202})
    headers = signed(dev_world, b"{}", secret)
    assert (await dev_world.http.post(hook, content=b"{}", headers=headers)).status_code == 202
    await dev_world.http.post(hook, content=b"{} ", headers={**headers, "webhook-timestamp": "1"})
    rows: list[dict[str, Any]] = (
        await dev_world.http.get(f"{dev_world.dev}/subscriber/api/deliveries?hook=mine")
    ).json()["data"]
    assert rows[1]["checks"] == {"scaicontrol": True, "standard": True, "fresh": True}
    assert rows[0]["checks"] == {"scaicontrol": False, "standard": False, "fresh": False}


async def test_the_subscriber_answers_as_it_is_asked(dev_world: World) -> None:
    assert (await dev_world.http.post(f"{dev_world.dev}/subscriber/hooks/mine?status=410")).status_code == 410


async def test_every_page_opens_and_loads_nothing_from_elsewhere(dev_world: World) -> None:
    for page in ("", "scaikey/", "scaivault/", "scaisend/", "subscriber/", "service/", "sandbox/", "vies/"):
        answer = await dev_world.http.get(f"{dev_world.dev}/{page}")
        assert answer.status_code == 200
        assert "https://" not in answer.text
        assert "<script" not in answer.text


async def test_no_page_shows_a_vault_value(dev_world: World) -> None:
    page = (await dev_world.http.get(f"{dev_world.dev}/scaivault/")).text
    assert "scaicontrol/scaisend" in page
    assert "sg_live_" not in page


def test_production_has_no_stand_ins() -> None:
    with pytest.raises(RuntimeError, match="production"):
        Context.of(Settings(_env_file=None, scaicontrol_env=Environment.production))


def test_the_world_is_large_enough() -> None:
    assert len(world.CUSTOMERS) >= 9
    assert len({tenant.country for tenant in world.CUSTOMERS}) >= 6
    roles = {person.role for person in world.PEOPLE}
    assert roles >= {
        "super_admin",
        "platform_billing",
        "partner_admin",
        "partner_viewer",
        "tenant_admin",
        "tenant_user",
    }
