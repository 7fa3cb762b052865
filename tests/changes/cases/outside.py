"""Subscribers, and what was on its way to them."""

from datetime import timedelta

from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.models import WebhookDelivery
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn, WebhookEndpointPut
from tests.factories.ports import Answered
from tests.factories.webhooks import URL, all_deliveries, delivered, subscriber, tell

from .case import Case, Stage, case

HOUR = timedelta(hours=1)


async def _lost(stage: Stage) -> tuple[str, list[WebhookDelivery]]:
    """A subscriber that took one fact and lost another."""
    endpoint, _ = await subscriber(stage.backend)
    stage.backend.ports.outbound.answers[URL] = [Answered(200), Answered(400), Answered(200)]  # type: ignore[attr-defined]  # in memory
    await tell(stage.backend, "inv_1", "inv_2")
    await delivered(stage.backend, stage.clock)
    return endpoint.id, await all_deliveries(stage.backend)


@case("webhooks.create")
async def _(stage: Stage) -> Case:
    return Case({"body": WebhookEndpointIn(name="CRM", target_url=URL, topics=["invoice.*"])})


@case("webhooks.update")
async def _(stage: Stage) -> Case:
    endpoint, _ = await subscriber(stage.backend)
    body = WebhookEndpointPut(name="CRM", target_url="https://elsewhere.example.com/", topics=["*"], version=1)
    return Case({"endpoint_id": endpoint.id, "body": body})


@case("webhooks.delete")
async def _(stage: Stage) -> Case:
    endpoint, _ = await subscriber(stage.backend)
    await tell(stage.backend, "inv_1", "inv_2")
    await webhooks.relay(stage.backend)
    return Case({"endpoint_id": endpoint.id})


@case("webhooks.rotate_secret")
async def _(stage: Stage) -> Case:
    return Case({"endpoint_id": (await subscriber(stage.backend))[0].id})


@case("webhooks.send_test")
async def _(stage: Stage) -> Case:
    return Case({"endpoint_id": (await subscriber(stage.backend))[0].id})


@case("webhooks.retry")
async def _(stage: Stage) -> Case:
    endpoint_id, deliveries = await _lost(stage)
    dead = next(each for each in deliveries if each.status == "dead")
    return Case({"endpoint_id": endpoint_id, "delivery_id": dead.id})


@case("webhooks.replay")
async def _(stage: Stage) -> Case:
    endpoint_id, _ = await _lost(stage)
    return Case({"endpoint_id": endpoint_id, "start": stage.clock.now() - HOUR, "end": stage.clock.now() + HOUR})


@case("webhooks.purge_dead")
async def _(stage: Stage) -> Case:
    await _lost(stage)
    return Case({"before": stage.clock.now() + HOUR})
