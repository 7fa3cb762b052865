"""What is bought once stands in nobody's way: it is bought again, and beside whatever runs."""

import pytest
from pydantic import BaseModel

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.services import subscriptions, usage
from scaicontrol.services.catalog.schemas import PlanIn, PriceOverrideIn
from scaicontrol.services.invoices.schemas import DraftIn
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.provisioning.plan import ProvisioningAction
from scaicontrol.services.provisioning.service import starting
from tests.factories import ACME, ada, alice, scaidrive
from tests.factories.catalog import store_plan
from tests.factories.subscriptions import PROVISIONING_URL, market, subscribed

BOUGHT = [
    ("once", "once"),
    ("once", "pro"),
    ("pro", "once"),
    ("once", "once", "once", "pro", "once"),
    ("try", "once"),
    ("once", "try"),
    ("tested", "once", "once"),
    ("term", "once"),
    ("year", "once"),
    ("once", "term"),
    ("once", "year"),
]


@pytest.mark.by_turns
@pytest.mark.parametrize("plans", BOUGHT, ids=" then ".join)
async def test_a_one_time_plan_blocks_nothing(backend, plans):
    await market(backend)
    for plan in plans:
        assert (await subscribed(backend, f"scaidrive.{plan}")).is_entitled


@pytest.mark.parametrize("plans", [("pro", "pro"), ("pro", "once", "team"), ("once", "pro", "once", "pro")])
async def test_of_what_recurs_there_is_one(backend, plans):
    await market(backend)
    for plan in plans[:-1]:
        await subscribed(backend, f"scaidrive.{plan}")
    with pytest.raises(Conflict, match="has scaidrive already"):
        await subscribed(backend, f"scaidrive.{plans[-1]}")


async def test_what_recurs_answers_for_a_tenant_and_what_was_bought_adds_up(backend):
    await market(backend)
    await store_plan(backend, "more", base_price_cents=500, billing_period="one_time", quotas={"api_calls": 10})
    for plan in ("more", "more", "pro"):
        await subscribed(backend, f"scaidrive.{plan}")
    assert (await backend.ask(scaidrive, subscriptions.entitlements, ACME)).plan_key == "scaidrive.pro"
    quota = await backend.ask(scaidrive, usage.quota, ACME, "scaidrive", "api_calls")
    assert (quota.limit, quota.period_end is not None) == (1000 + 10 + 10, True)


async def test_a_service_is_closed_with_the_last_that_entitles_to_it(backend):
    await market(backend, provisioning_url=PROVISIONING_URL)
    held = []
    for plan in ("pro", "once"):
        waiting = await subscribed(backend, f"scaidrive.{plan}")
        held.append((await backend.perform(ada, subscriptions.activate, waiting.id)).id)
    for subscription_id, is_told in zip(reversed(held), (False, True), strict=True):
        await backend.perform(ada, subscriptions.cancel, subscription_id, immediate=True)
        action = ProvisioningAction.deprovision
        told = await backend.perform(ada, starting.follow, subscription_id, action, f"end of {subscription_id}")
        assert (told is not None) is is_told


_NOW = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("currency", ["KWD", "TND", "BHD", "IQD", "JOD", "LYD", "OMR"])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_nobody_could_be_invoiced_in_is_sold_at_no_door(backend, currency):
    sentence = f"{currency} has 3 decimals, and an e-invoice carries 2: choose another currency"
    plan = {"service_id": "svc_scaidrive", "slug": "dear", "name": "Dear", "billing_period": "monthly"}
    bodies: list[tuple[type[BaseModel], dict[str, object]]] = [
        (PlanIn, {**plan, "base_price_cents": 1000, "currency": currency}),
        (PriceOverrideIn, {"plan_id": "pln_pro", "price_cents": 1, "currency": currency, "valid_from": _NOW}),
        (PartnerConfigurationPatch, {"default_currency": currency}),
        (DraftIn, {"tenant_id": ACME, "currency": currency, "lines": [{"description": "Pro", "unit_price_cents": 1}]}),
    ]  # fmt: skip
    for body, given in bodies:
        with pytest.raises(ValueError, match=sentence):
            body.model_validate(given)
    await market(backend)
    await store_plan(backend, "dear", currency=currency)  # priced before it was refused
    with pytest.raises(Refused, match=sentence):
        await subscribed(backend, "scaidrive.dear", actor=alice)
