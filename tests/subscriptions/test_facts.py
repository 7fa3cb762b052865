"""Payloads and steps are what subscribers were promised (contract §23.8), to the field."""

from datetime import timedelta

from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions import PaymentFailure
from tests.factories import alice, petra
from tests.factories.subscriptions import CLOCK, facts, market, subscribed

_WHOSE = "subscription_id, tenant_id, partner_id, "
PROMISED = {
    "subscription.activated": _WHOSE
    + "scaicontrol_customer_id, service_id, service_slug, plan_id, plan_key, plan_name, "
    "tier, state, quantity, currency, base_price_cents, billing_period, mrr_amount_cents, activated_at, trial_ends_at, "
    "current_period_end",
    "subscription.changed": _WHOSE + "service_slug, change_kind, state, previous_state, plan_key, previous_plan_key, "
    "quantity, previous_quantity, currency, mrr_amount_cents, previous_mrr_amount_cents, changed_at, "
    "pending_cancellation_at",
    "subscription.cancelled": _WHOSE
    + "service_slug, plan_key, cancelled_at, effective_immediately, terminal_state, reason",
    "subscription.suspended": _WHOSE + "service_slug, plan_key, suspended_at, reason",
    "subscription.resumed": _WHOSE + "service_slug, plan_key, resumed_at, mrr_amount_cents",
    "subscription.trial_ending": _WHOSE + "service_slug, plan_key, trial_ends_at, days_remaining",
    "subscription.payment_failed": _WHOSE + "plan_key, invoice_id, amount_cents, currency, attempt, failure_code, "
    "failed_at, next_retry_at",
}


async def test_a_life_tells_exactly_the_promised_fields(backend, clock):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.tested")
    clock.advance(timedelta(days=8))
    await backend.perform(CLOCK, subscriptions.notice_trial_ending)
    await backend.perform(alice, subscriptions.convert, trial.id)
    await backend.perform(CLOCK, subscriptions.mark_past_due, trial.id, PaymentFailure("inv_1", 2000, "EUR", 1))
    await backend.perform(CLOCK, subscriptions.suspend, trial.id, "dunning")
    await backend.perform(CLOCK, subscriptions.recover, trial.id)
    await backend.perform(petra, subscriptions.resume, trial.id)
    await backend.perform(petra, subscriptions.cancel, trial.id, "fraud", immediate=True)
    told = {fact.topic: fact.payload for fact in await facts(backend)}
    assert {topic: sorted(payload) for topic, payload in told.items()} == {
        topic: sorted(fields.split(", ")) for topic, fields in PROMISED.items()
    }


async def test_activation_is_told_once_and_says_what_it_brings_in(backend, clock):
    await market(backend)
    year = await subscribed(backend, "scaidrive.year", quantity=2)
    (fact,) = await facts(backend, "subscription.activated")
    assert fact.key == f"subscription:{year.id}:activated:initial"
    wanted = {
        "plan_key": "scaidrive.year",
        "state": "active",
        "quantity": 2,
        "base_price_cents": 24_000,
        "mrr_amount_cents": 4000,
        "billing_period": "yearly",
        "scaicontrol_customer_id": "tnt_acme",
        "activated_at": "2026-01-15T09:00:00Z",
        "current_period_end": "2027-01-14T23:00:00Z",
        "trial_ends_at": None,
    }
    assert {name: fact.payload[name] for name in wanted} == wanted


async def test_a_scheduled_cancellation_names_its_moment(backend):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.cancel, pro.id)
    (fact,) = await facts(backend, "subscription.changed")
    assert (fact.payload["change_kind"], fact.payload["state"]) == ("scheduled_cancellation", "cancelling")
    assert fact.payload["pending_cancellation_at"] == "2026-02-14T23:00:00Z"
    assert fact.key == f"subscription:{pro.id}:changed:scheduled:2026-02-15"


async def test_the_end_says_whether_it_was_sudden(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.cancel, pro.id, "moving on")
    clock.advance(timedelta(days=40))
    await backend.perform(CLOCK, subscriptions.reap)
    fixed = await subscribed(backend, "scaidrive.term")
    clock.advance(timedelta(days=100))
    await backend.perform(CLOCK, subscriptions.renew)
    await backend.perform(CLOCK, subscriptions.expire_terms)
    reaped, expired = (fact.payload for fact in await facts(backend, "subscription.cancelled"))
    assert (reaped["effective_immediately"], reaped["terminal_state"], reaped["reason"]) == (
        False, "cancelled", "moving on",
    )  # fmt: skip
    assert (expired["subscription_id"], expired["effective_immediately"], expired["terminal_state"]) == (
        fixed.id, False, "expired",
    )  # fmt: skip


async def test_a_renewal_of_a_changed_plan_brings_in_the_new_price(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team")
    clock.advance(timedelta(days=32))
    await backend.perform(CLOCK, subscriptions.renew)
    changed, renewed = (fact.payload for fact in await facts(backend, "subscription.changed"))
    assert (changed["previous_mrr_amount_cents"], changed["mrr_amount_cents"]) == (1000, 3000)
    assert (renewed["change_kind"], renewed["mrr_amount_cents"]) == ("renewal", 3000)


async def test_the_timeline_is_the_audit_log_for_operators_and_the_rows_own_memory_for_tenants(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    clock.advance(timedelta(days=1))
    await backend.perform(petra, subscriptions.suspend, pro.id, "abuse report")

    async def story(uow):
        return [(e.action, e.actor_id) for e in await subscriptions.timeline(uow, await subscriptions.get(uow, pro.id))]

    assert await backend.ask(petra, story) == [
        ("subscription.suspended", "usr_petra"),
        ("subscription.activated", "usr_alice"),
        ("subscription.requested", "usr_alice"),
    ]
    assert [action for action, _ in await backend.ask(alice, story)] == [
        "subscription.suspended", "subscription.requested", "subscription.activated",
    ]  # fmt: skip


async def test_a_tenant_reads_all_that_happened_in_codes_with_values(backend, clock):
    await market(backend)
    pro = await subscribed(backend)

    async def do(actor, verb, **given):
        clock.advance(timedelta(hours=1))
        await backend.perform(actor, verb, pro.id, **given)

    await do(alice, subscriptions.cancel, reason="moving on")
    await do(alice, subscriptions.resume)
    await do(alice, subscriptions.change_plan, plan="scaidrive.team", quantity=3, when="period_end")
    await do(alice, subscriptions.undo_change)
    await do(alice, subscriptions.change_plan, quantity=2)
    await do(petra, subscriptions.suspend, reason="abuse report")
    await do(petra, subscriptions.resume, reason="They explained it.")
    await do(CLOCK, subscriptions.mark_past_due, failure=PaymentFailure("inv_1", 1000, "EUR"))
    await do(CLOCK, subscriptions.mark_past_due, failure=PaymentFailure("inv_1", 1000, "EUR", attempt=1))
    await do(CLOCK, subscriptions.recover)

    async def story(uow):
        return await subscriptions.timeline(uow, await subscriptions.get(uow, pro.id))

    told = list(reversed(await backend.ask(alice, story)))
    assert [each.action.removeprefix("subscription.") for each in told[2:]] == [
        "cancellation_scheduled", "cancellation_undone", "change_scheduled", "change_undone", "changed",
        "suspended", "resumed", "payment_failed", "recovered",
    ]  # fmt: skip
    cancelled, _, scheduled, *_ = told[2:]
    assert (cancelled.reason, cancelled.after) == ("moving on", {"day": "2026-02-14"})
    assert scheduled.after == {
        "plan": "Team", "quantity": 3, "unit_price_cents": 3000, "currency": "EUR", "day": "2026-02-14",
    }  # fmt: skip
    assert "They explained it." not in [each.reason for each in told]  # of operators, to operators
    agreed = subscriptions.Override("Between us.", status="past_due")
    await backend.perform(petra, subscriptions.override, pro.id, agreed)
    assert "Between us." not in [each.reason for each in await backend.ask(alice, story)]


async def test_a_trial_remembers_its_changes_and_that_it_was_paid_for(backend, clock):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.tested")
    clock.advance(timedelta(days=1))
    await backend.perform(alice, subscriptions.change_plan, trial.id, quantity=4)
    clock.advance(timedelta(days=1))
    await backend.perform(alice, subscriptions.convert, trial.id)

    async def story(uow):
        return await subscriptions.timeline(uow, await subscriptions.get(uow, trial.id))

    converted, changed, *_ = await backend.ask(alice, story)
    assert (converted.action, changed.action) == ("subscription.converted", "subscription.changed")
    assert (changed.before["quantity"], changed.after["quantity"]) == (1, 4)


async def test_a_tenant_reads_what_was_changed_and_renewed(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    clock.advance(timedelta(days=1))
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team")
    clock.advance(timedelta(days=31))
    await backend.perform(CLOCK, subscriptions.renew)

    async def story(uow):
        return await subscriptions.timeline(uow, await subscriptions.get(uow, pro.id))

    renewed, changed, *begun = await backend.ask(alice, story)
    assert (renewed.action, changed.action) == ("subscription.renewed", "subscription.changed")
    assert [each.action for each in begun] == ["subscription.requested", "subscription.activated"]
    assert changed.before
    assert changed.after
    assert (changed.before["unit_price_cents"], changed.after["unit_price_cents"]) == (1000, 3000)
    assert renewed.before == renewed.after == changed.after


async def test_a_change_of_interval_is_told_once(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    clock.advance(timedelta(days=3))
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.year")

    async def story(uow):
        return [e.action for e in await subscriptions.timeline(uow, await subscriptions.get(uow, pro.id))]

    assert await backend.ask(alice, story) == [
        "subscription.changed", "subscription.requested", "subscription.activated",
    ]  # fmt: skip
