import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, ControlError, Forbidden, Invalid, NotFound, Refused
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from tests.factories import ACME, NORTHWIND, ada, alice, gina, petra, sam, tom
from tests.factories.catalog import store_override, store_plan
from tests.factories.registry import store_service
from tests.factories.subscriptions import market, show, subscribed


async def test_a_paid_plan_is_live_at_once_for_the_price_of_that_moment(backend, clock):
    await market(backend)
    pro = await subscribed(backend, quantity=3)
    pro = await show(backend, pro.id)
    assert (pro.status, pro.tenant_id, pro.partner_id) == (SubscriptionStatus.active, ACME, NORTHWIND)
    assert (pro.unit_price_cents, pro.currency, pro.mrr_amount_cents) == (1000, "EUR", 3000)
    assert (pro.activated_at, f"{pro.current_period_end:%F %T}") == (clock.now(), "2026-02-14 23:00:00")
    assert pro.anchor_day == 15


async def test_the_partners_own_price_is_frozen(backend):
    await market(backend)
    await store_override(backend, price_cents=800)
    pro = await subscribed(backend)
    assert (await show(backend, pro.id)).unit_price_cents == 800


async def test_one_live_subscription_per_tenant_and_service(backend):
    await market(backend)
    await subscribed(backend)
    with pytest.raises(Conflict, match="tnt_acme has scaidrive already"):
        await subscribed(backend, "scaidrive.team")
    await subscribed(backend, actor=gina)


async def test_two_at_once_leave_one(backend):
    await market(backend)
    twice = await asyncio.gather(
        *(backend.perform(alice, provisioning.subscribe, "scaidrive.pro") for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(each) is Conflict for each in twice) == [False, True, True, True]

    async def live(uow):
        return (await uow.session.scalars(select(Subscription.status))).all()

    assert await backend.ask(ada, live) == [SubscriptionStatus.active]


async def test_the_database_itself_keeps_a_second_live_one_out(backend):
    await market(backend)
    pro = await subscribed(backend)

    async def add_twin(uow):
        twin = await subscriptions.get(uow, pro.id)
        row = Subscription(
            id="sub_twin", tenant_id=twin.tenant_id, partner_id=twin.partner_id, service_id=twin.service_id,
            plan_id=twin.plan_id, currency="EUR", status=SubscriptionStatus.pending,
        )  # fmt: skip
        uow.session.add(row)

    with pytest.raises(Conflict):
        await backend.perform(ada, add_twin)
    await backend.perform(ada, subscriptions.cancel, pro.id, immediate=True)
    await backend.perform(ada, add_twin)


async def test_a_trial_once_per_tenant_and_service_ever(backend):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.tested")
    assert (await show(backend, trial.id)).status == SubscriptionStatus.trialing
    await backend.perform(alice, subscriptions.cancel, trial.id)
    again = await subscribed(backend, "scaidrive.tested")
    assert (await show(backend, again.id)).status == SubscriptionStatus.active


async def test_a_free_trial_plan_is_not_free_a_second_time(backend):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.try")
    await backend.perform(alice, subscriptions.cancel, trial.id)
    with pytest.raises(Refused, match="had its trial"):
        await subscribed(backend, "scaidrive.try")


@pytest.mark.parametrize(
    ("plan", "terms", "error", "sentence"),
    [
        ("scaidrive.secret", {}, NotFound, "No plan scaidrive.secret"),
        ("scaidrive.gone", {}, NotFound, "No plan"),
        ("scaidrive.pro", {"quantity": 0}, Invalid, "quantity"),
        ("scaidrive.pro", {"trial_days": 30}, Refused, "Only an operator"),
        ("scaidrive.pro", {"unit_price_cents": 1}, Refused, "Only an operator"),
        ("scaidrive.pro", {"tenant_id": "tnt_globex"}, NotFound, "tnt_globex"),
    ],
)
async def test_what_a_tenant_cannot_have(backend, plan, terms, error, sentence):
    await market(backend)
    with pytest.raises(error, match=sentence):
        await subscribed(backend, plan, **terms)


async def test_a_tenant_user_may_look_but_not_buy(backend):
    await market(backend)
    with pytest.raises(Forbidden):
        await subscribed(backend, actor=tom)


async def test_without_a_billing_profile_nothing_is_sold(backend):
    await market(backend)
    with pytest.raises(ControlError, match=r"(?i)billing"):
        await subscribed(backend, actor=petra, tenant_id="tnt_unbilled")


async def test_a_service_that_is_not_active_is_not_sold(backend):
    await market(backend)
    await store_service(backend, "scaimail", status=ServiceStatus.suspended)
    await store_plan(backend, "mail", service_id="svc_scaimail")
    with pytest.raises(Refused, match="not active"):
        await subscribed(backend, "scaimail.mail", actor=ada, tenant_id=ACME)


async def test_an_operator_agrees_on_trial_and_price_of_a_hidden_plan(backend, clock):
    await market(backend)
    deal = await subscribed(
        backend, "scaidrive.secret", actor=petra, tenant_id=ACME, trial_days=30, unit_price_cents=500
    )
    deal = await show(backend, deal.id)
    assert (deal.status, deal.unit_price_cents) == (SubscriptionStatus.trialing, 500)
    assert deal.trial_ends_at == clock.now() + timedelta(days=30)


async def test_nobody_sees_or_touches_a_strangers_subscription(backend):
    await market(backend)
    pro = await subscribed(backend)
    for stranger in (gina, sam):
        with pytest.raises(NotFound):
            await show(backend, pro.id, stranger)
        with pytest.raises(NotFound):
            await backend.perform(stranger, subscriptions.cancel, pro.id)
    assert (await show(backend, pro.id, petra)).id == pro.id
    assert (await show(backend, pro.id, tom)).id == pro.id
