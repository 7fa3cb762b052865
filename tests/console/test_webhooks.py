"""The console's pages of webhooks: who is told, what got lost, and that it is sent again."""

import re
from datetime import timedelta

import pytest

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.models import WebhookEndpoint
from tests.console.conftest import preview
from tests.factories import ada, petra
from tests.factories.ports import Answered, MemoryOutbound
from tests.factories.webhooks import URL, all_deliveries, delivered, subscriber, tell
from tests.surfaces.console_browser import OURS, press, said

SUBSCRIBER, DELIVERY = "/admin/webhook-subscriptions", "/admin/webhook-delivery"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def lost(backend: Backend, clock: FrozenClock, *names: str) -> WebhookEndpoint:
    """A subscriber of Northwind that refused these facts."""
    endpoint, _ = await subscriber(backend, petra)
    assert isinstance(backend.ports.outbound, MemoryOutbound)
    backend.ports.outbound.answers[URL] = [Answered(422, body=b"No such invoice here.")] * len(names)
    await tell(backend, *names)
    await delivered(backend, clock)
    return endpoint


async def test_the_fixed_address_leads_to_the_subscribers(browser):
    async with browser("petra") as client:
        answer = await client.get(SUBSCRIBER)
        assert answer.headers["location"].endswith(f"{SUBSCRIBER}/list")
        assert "Nothing here yet" in (await client.get(answer.headers["location"])).text


async def test_a_subscriber_is_added_and_its_secret_shown_once(browser, backend):
    form = {"name": "CRM", "target_url": URL, "topics": "invoice.* payment.*"}
    async with browser("petra") as client:
        answer = await press(client, f"{SUBSCRIBER}/do/create", **form)
        [secret] = re.findall(r"whsec_[\w+/=-]+", answer.text)
        [endpoint] = await backend.ask(petra, webhooks.listing)
        listed, page = await client.get(f"{SUBSCRIBER}/list"), await client.get(f"{SUBSCRIBER}/details/{endpoint.id}")
    assert endpoint.topics == ["invoice.*", "payment.*"]
    assert "CRM" in listed.text
    assert secret not in listed.text + page.text


async def test_lag_and_losses_stand_in_the_list(browser, backend, clock):
    endpoint = await lost(backend, clock, "inv_1", "inv_2")
    await tell(backend, "inv_3")
    await webhooks.relay(backend)
    async with browser("petra") as client:
        page = said(await client.get(f"{SUBSCRIBER}/details/{endpoint.id}"))
        listed = said(await client.get(f"{SUBSCRIBER}/list"))
    assert "Waiting 1 , the oldest since" in page
    assert "Dead 2" in page
    assert "failing" in listed


async def test_a_delivery_shows_request_and_answer_and_is_retried(browser, backend, clock):
    await lost(backend, clock, "inv_1")
    assert isinstance(backend.ports.outbound, MemoryOutbound)
    backend.ports.outbound.answers.clear()
    [row] = await all_deliveries(backend)
    async with browser("petra") as client:
        page = said(await client.get(f"{DELIVERY}/details/{row.id}"))
        assert "answered 422" in page
        assert "No such invoice here." in page
        assert '"invoice_id": "inv_1"' in page
        assert (await press(client, f"{DELIVERY}/{row.id}/do/retry")).status_code == 303
    await delivered(backend, clock)
    [again] = await all_deliveries(backend)
    assert again.status == "dispatched"


async def test_all_that_failed_since_is_counted_first_and_then_retried(browser, backend, clock):
    endpoint = await lost(backend, clock, "inv_1", "inv_2", "inv_3")
    clock.advance(timedelta(hours=1))
    path, since = f"{SUBSCRIBER}/{endpoint.id}/do/retry_failed", f"{backend.clock.now():%Y-%m-%dT00:00}"
    async with browser("petra") as client:
        counted = await preview(client, path, since=since)
        assert "Would be retried 3" in said(counted)
        assert {row.status for row in await all_deliveries(backend)} == {"dead"}
        assert (await press(client, path, since=since)).status_code == 303
    assert {row.status for row in await all_deliveries(backend)} == {"pending"}


async def test_a_range_is_replayed_by_topic_and_object(browser, backend, clock):
    endpoint, _ = await subscriber(backend, petra)
    await tell(backend, "inv_1", "inv_2")
    await delivered(backend, clock, every=timedelta(hours=1))
    path = f"{SUBSCRIBER}/{endpoint.id}/do/replay"
    form = {"start": f"{clock.now():%Y-%m-%dT00:00}", "topics": "invoice.*", "resource_id": "inv_2"}
    async with browser("petra") as client:
        assert "Would be queued 1" in said(await preview(client, path, **form))
        assert "Would be queued 0" in said(await preview(client, path, **{**form, "topics": "payment.*"}))
        assert (await press(client, path, **form)).status_code == 303
        wrong = await press(client, path, **{**form, "start": "yesterday"})
        assert wrong.status_code == 422
        assert "Moments are written as" in said(wrong)
    copies = [row for row in await all_deliveries(backend) if row.replay_of]
    assert [row.resource_id for row in copies] == ["inv_2"]


async def test_a_subscriber_is_paused_resumed_edited_and_its_secret_rotated(browser, backend):
    endpoint, first = await subscriber(backend, petra)
    at = f"{SUBSCRIBER}/{endpoint.id}/do"
    async with browser("petra") as client:
        assert (await press(client, f"{at}/pause")).status_code == 303
        assert "/do/resume" in (await client.get(f"{SUBSCRIBER}/details/{endpoint.id}")).text
        assert (await press(client, f"{at}/resume")).status_code == 303
        stale = await press(client, f"{at}/edit", name="ERP", target_url=URL, topics="*", version="1")
        assert stale.status_code == 409
        known = await backend.ask(petra, webhooks.get, endpoint.id)
        edited = await press(client, f"{at}/edit", name="ERP", target_url=URL, topics="*", version=str(known.version))
        assert edited.status_code == 303
        rotated = await press(client, f"{at}/rotate_secret")
        [secret] = re.findall(r"whsec_[\w+/=-]+", rotated.text)
        assert secret != first
        assert (await press(client, f"{at}/close_rotation")).status_code == 303
        assert "It answered 200" in said(await client.get((await press(client, f"{at}/test")).headers["location"]))
        assert (await press(client, f"{at}/delete")).status_code == 303
        assert "Nothing here yet" in (await client.get(f"{SUBSCRIBER}/list")).text


async def test_a_partner_sees_no_delivery_to_the_platforms_subscriber(browser, backend, clock):
    await subscriber(backend, ada)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [row] = await all_deliveries(backend)
    async with browser("petra") as client:
        assert row.id not in (await client.get(f"{DELIVERY}/list")).text
        assert (await client.get(f"{DELIVERY}/details/{row.id}")).status_code == 404
    async with browser("ada") as client:
        assert row.id in (await client.get(f"{DELIVERY}/list")).text


async def test_an_event_shows_what_it_says_and_who_was_told(browser, backend, clock):
    await subscriber(backend, petra)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    [row] = await all_deliveries(backend)
    async with browser("petra") as client:
        listed = await client.get("/admin/event/list?resource=inv_1&topic=invoice.paid")
        page = said(await client.get(f"/admin/event/details/{row.source_event_id}"))
    assert row.source_event_id in listed.text
    assert '"invoice_id": "inv_1"' in page
    assert row.id in page


async def test_a_word_that_is_no_id_is_looked_for_everywhere(browser):
    """Views whose objects go by names have no prefix, and do not swallow every word."""
    async with browser("petra") as client:
        assert (await client.get("/admin/search?q=nowhere")).status_code == 200


async def test_chosen_deliveries_are_sent_again_together(browser, backend, clock):
    await lost(backend, clock, "inv_1", "inv_2")
    dead = [row.id for row in await all_deliveries(backend)]
    path = f"{DELIVERY}/bulk/retry"
    async with browser("petra") as client:
        dry = await client.get(path, params={"pk": dead})
        assert "Retry: 2 of 2" in said(dry)
        form = dict(re.findall(r'name="(form_token|shown)" value="([^"]+)"', dry.text))
        done = await client.post(path, data={**form, "pk": dead, "number": "2"}, headers=OURS)
    assert "2 of 2 done" in said(done)
    assert {row.status for row in await all_deliveries(backend)} == {"pending"}


async def test_what_is_no_number_is_a_sentence_and_never_taken_for_nothing(browser, backend, clock):
    endpoint = await lost(backend, clock, "inv_1")
    form = {"name": "CRM", "target_url": URL, "topics": "invoice.*", "version": "newest"}
    async with browser("petra") as client:
        wrong = await press(client, f"{SUBSCRIBER}/{endpoint.id}/do/edit", **form)
    assert wrong.status_code == 422
    assert "&#39;newest&#39; is not a whole number." in wrong.text
