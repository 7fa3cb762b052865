from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions import PaymentFailure
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from tests.factories import ACME, ada, alice, gina, ian, petra
from tests.factories.catalog import store_plan
from tests.factories.subscriptions import (
    CLOCK,
    everybody_pays,
    market,
    nobody_pays,
    periods,
    show,
    subscribed,
    told,
)

DAY = timedelta(days=1)
UNPAID = PaymentFailure("inv_1", 1000, "EUR", attempt=1, failure_code="card_declined")


async def spans(backend, subscription_id):
    """Give the civil days of each period: its first, and the first that is not its own any more."""
    return [
        (f"{p.first_day}", p.period_end and f"{p.first_day + DAY * p.days}")
        for p in await periods(backend, subscription_id)
    ]


async def test_a_trial_that_can_pay_is_paid_from_the_moment_it_ended(backend, clock):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.tested")
    clock.advance(14 * DAY + timedelta(minutes=40))
    ended = await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    assert [each.id for each in ended.converted] == [trial.id]
    paid = await show(backend, trial.id)
    (period,) = await periods(backend, trial.id)
    assert (paid.status, period.usage_from) == (SubscriptionStatus.active, paid.trial_ends_at)
    assert (period.first_day, paid.current_period_start) == (date(2026, 1, 29), period.period_start)
    assert await spans(backend, trial.id) == [("2026-01-29", "2026-02-28")]
    assert (await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)).count == 0
    assert await told(backend) == ["subscription.activated initial", f"subscription.changed status:v{paid.version}"]


@pytest.mark.parametrize(
    ("terms", "status", "reason"),
    [
        ({}, "cancelled", "trial_ended_unpaid"),
        ({"allow_pay_by_invoice": True}, "active", None),
        ({"trial_end_without_payment_method": "activate"}, "active", None),
    ],
)
async def test_a_trial_that_cannot_pay_ends_as_its_partner_says(backend, clock, terms, status, reason):
    await market(backend, **terms)
    trial = await subscribed(backend, "scaidrive.tested")
    clock.advance(15 * DAY)
    await backend.perform(CLOCK, subscriptions.expire_trials, nobody_pays)
    ended = await show(backend, trial.id)
    assert (ended.status, ended.cancellation_reason) == (status, reason)


async def test_a_free_trial_turns_into_the_plan_it_names(backend, clock):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.try")
    clock.advance(14 * DAY)
    await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    paid = await show(backend, trial.id)
    assert (paid.status, paid.plan_key, paid.unit_price_cents) == ("active", "scaidrive.pro", 1000)


async def test_a_free_trial_that_names_no_plan_is_over(backend, clock):
    await market(backend)
    await store_plan(backend, "dead_end", base_price_cents=0, trial_days=7)
    trial = await subscribed(backend, "scaidrive.dead_end")
    clock.advance(7 * DAY)
    await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    assert (await show(backend, trial.id)).cancellation_reason == "trial_ended"


async def test_an_ending_trial_is_told_at_seven_three_and_one_day(backend, clock):
    await market(backend)
    await subscribed(backend, "scaidrive.tested")
    for _ in range(14):
        clock.advance(DAY)
        await backend.perform(CLOCK, subscriptions.notice_trial_ending)
    assert await told(backend, "subscription.trial_ending") == [f"subscription.trial_ending d{n}" for n in (7, 3, 1)]


async def test_a_late_notice_says_what_is_left_and_skips_what_passed(backend, clock):
    await market(backend)
    await subscribed(backend, "scaidrive.tested")
    clock.advance(12 * DAY)
    await backend.perform(CLOCK, subscriptions.notice_trial_ending)
    assert await backend.perform(CLOCK, subscriptions.notice_trial_ending) == 0
    assert await told(backend, "subscription.trial_ending") == ["subscription.trial_ending d3"]


async def test_a_cancelled_subscription_works_until_its_period_ends(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.cancel, pro.id, "too dear")
    leaving = await show(backend, pro.id)
    assert (leaving.status, leaving.is_entitled) == (SubscriptionStatus.cancelling, True)
    assert leaving.pending_cancellation_at == leaving.current_period_end
    clock.advance(30 * DAY)
    assert await backend.perform(CLOCK, subscriptions.reap) == 0
    clock.advance(2 * DAY)
    assert await backend.perform(CLOCK, subscriptions.renew) == 0
    assert await backend.perform(CLOCK, subscriptions.reap) == 1
    assert await backend.perform(CLOCK, subscriptions.reap) == 0
    gone = await show(backend, pro.id)
    assert (gone.status, gone.cancelled_at, gone.cancellation_reason) == (
        "cancelled", leaving.pending_cancellation_at, "too dear",
    )  # fmt: skip


async def test_a_cancellation_can_be_undone_and_made_again_for_the_same_day(backend):
    await market(backend)
    pro = await subscribed(backend)
    for _ in range(3):
        await backend.perform(alice, subscriptions.cancel, pro.id)
        await backend.perform(alice, subscriptions.resume, pro.id)
    kept = await show(backend, pro.id)
    assert (kept.status, kept.pending_cancellation_at, kept.cancellation_reason) == ("active", None, None)
    steps = [each.removeprefix("subscription.changed ") for each in await told(backend, "subscription.changed")]
    assert steps == [
        "scheduled:2026-02-15", "undone:v4",
        "scheduled:2026-02-15:v5", "undone:v6",
        "scheduled:2026-02-15:v7", "undone:v8",
    ]  # fmt: skip


async def test_what_cannot_be_cancelled(backend):
    await market(backend, provisioning_url="https://scaidrive.example.com/provision")
    pending = await subscribed(backend)
    with pytest.raises(Refused, match="its provisioning must end first"):
        await backend.perform(alice, subscriptions.cancel, pending.id)


async def test_renewals_keep_the_anchor_and_leave_a_row_each_however_late(backend, clock):
    clock.set(datetime(2026, 1, 31, 22, 0, tzinfo=UTC))
    await market(backend)
    pro = await subscribed(backend)
    clock.set(datetime(2026, 5, 3, tzinfo=UTC))
    assert await backend.perform(CLOCK, subscriptions.renew) == 1
    assert await backend.perform(CLOCK, subscriptions.renew) == 0
    rows = await periods(backend, pro.id)
    # Midnight in Amsterdam, also after the clocks go forward on 29 March.
    assert [f"{row.period_start:%F %H}" for row in rows] == [
        "2026-01-30 23", "2026-02-27 23", "2026-03-30 22", "2026-04-29 22",
    ]  # fmt: skip
    assert all(one.period_end == following.period_start for one, following in pairwise(rows))
    assert all(one.usage_until == following.usage_from for one, following in pairwise(rows))
    assert rows[0].usage_from == datetime(2026, 1, 31, 22, 0, tzinfo=UTC)  # when it was activated
    renewed = await show(backend, pro.id)
    assert renewed.renewed_through == renewed.current_period_end == rows[-1].period_end
    assert [each.split()[-1] for each in await told(backend, "subscription.changed")] == [
        "period:2026-02-28", "period:2026-03-31", "period:2026-04-30",
    ]  # fmt: skip


async def test_a_batch_is_bounded_and_the_rest_follows(backend, clock):
    await market(backend)
    for actor in (alice, gina, ian):
        await subscribed(backend, actor=actor)
    clock.advance(32 * DAY)
    assert [await backend.perform(CLOCK, subscriptions.renew, limit=2) for _ in range(3)] == [2, 1, 0]


async def test_a_fixed_term_ends_and_is_not_renewed_across(backend, clock):
    await market(backend)
    fixed = await subscribed(backend, "scaidrive.term")
    clock.set(datetime(2026, 4, 20, tzinfo=UTC))
    await backend.perform(CLOCK, subscriptions.renew)
    assert await spans(backend, fixed.id) == [
        ("2026-01-15", "2026-02-15"), ("2026-02-15", "2026-03-15"), ("2026-03-15", "2026-04-15"),
    ]  # fmt: skip
    assert await backend.perform(CLOCK, subscriptions.expire_terms) == 1
    over = await show(backend, fixed.id)
    assert (over.status, over.cancelled_at) == ("expired", over.term_ends_at)


async def test_a_term_that_ends_before_the_renewal_job_came_leaves_no_period_out(backend, clock):
    await market(backend)
    fixed = await subscribed(backend, "scaidrive.term")
    clock.set(datetime(2026, 4, 20, tzinfo=UTC))
    await backend.perform(CLOCK, subscriptions.expire_terms)
    rows = await periods(backend, fixed.id)
    assert [row.usage_due_at for row in rows] == [row.period_end for row in rows]
    assert rows[-1].period_end == (await show(backend, fixed.id)).term_ends_at


async def test_a_period_that_began_is_charged_although_it_is_suspended_before_the_job_comes(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    clock.advance(32 * DAY)
    await backend.perform(petra, subscriptions.suspend, pro.id, "abuse report")
    assert await spans(backend, pro.id) == [("2026-01-15", "2026-02-15"), ("2026-02-15", "2026-03-15")]


async def test_a_free_trial_that_names_no_plan_cannot_be_converted(backend):
    await market(backend)
    await store_plan(backend, "dead_end", base_price_cents=0, trial_days=7)
    trial = await subscribed(backend, "scaidrive.dead_end")
    with pytest.raises(Refused, match="names no plan to pay for"):
        await backend.perform(alice, subscriptions.convert, trial.id)


async def test_a_one_time_plan_is_charged_once_and_ends_when_told(backend, clock):
    await market(backend)
    once = await subscribed(backend, "scaidrive.once")
    clock.advance(400 * DAY)
    assert await backend.perform(CLOCK, subscriptions.renew) == 0
    assert await spans(backend, once.id) == [("2026-01-15", None)]
    await backend.perform(alice, subscriptions.cancel, once.id)
    assert (await show(backend, once.id)).status == "cancelled"


async def test_suspended_time_is_not_charged(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(petra, subscriptions.suspend, pro.id, "abuse report")
    assert (await show(backend, pro.id)).is_entitled is False
    clock.set(datetime(2026, 4, 20, tzinfo=UTC))
    assert await backend.perform(CLOCK, subscriptions.renew) == 0
    await backend.perform(petra, subscriptions.resume, pro.id)
    back = await show(backend, pro.id)
    assert (back.status, back.suspended_at, back.suspended_reason) == ("active", None, None)
    assert await spans(backend, pro.id) == [("2026-01-15", "2026-02-15"), ("2026-04-15", "2026-05-15")]


async def test_a_tenant_cannot_end_its_own_suspension(backend):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(petra, subscriptions.suspend, pro.id, "abuse report")
    with pytest.raises(Exception, match="may not administer subscriptions"):
        await backend.perform(alice, subscriptions.resume, pro.id)


async def test_unpaid_then_suspended_then_caught_up(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(CLOCK, subscriptions.mark_past_due, pro.id, UNPAID)
    await backend.perform(CLOCK, subscriptions.mark_past_due, pro.id, UNPAID)
    behind = await show(backend, pro.id)
    assert (behind.status, behind.past_due_since, behind.is_entitled) == ("past_due", clock.now(), True)
    await backend.perform(CLOCK, subscriptions.suspend, pro.id, "dunning")
    with pytest.raises(Refused, match="past due since 15 January 2026"):
        await backend.perform(petra, subscriptions.resume, pro.id)
    with pytest.raises(Refused, match="without a reason"):
        await backend.perform(petra, subscriptions.resume, pro.id, override_arrears=True)
    await backend.perform(CLOCK, subscriptions.recover, pro.id)
    await backend.perform(petra, subscriptions.resume, pro.id)
    assert (await show(backend, pro.id)).status == "active"
    assert [each.split(" ")[0].removeprefix("subscription.") for each in await told(backend)] == [
        "activated", "payment_failed", "suspended", "resumed",
    ]  # fmt: skip


async def test_a_payment_retry_that_succeeds_makes_it_active_again(backend):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(CLOCK, subscriptions.mark_past_due, pro.id, UNPAID)
    await backend.perform(CLOCK, subscriptions.recover, pro.id)
    await backend.perform(CLOCK, subscriptions.recover, pro.id)
    healed = await show(backend, pro.id)
    assert (healed.status, healed.past_due_since) == ("active", None)


async def test_ended_at_once_its_usage_is_due_at_once(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    clock.advance(10 * DAY)
    await backend.perform(petra, subscriptions.cancel, pro.id, "fraud", immediate=True)
    (period,) = await periods(backend, pro.id)
    assert (period.usage_due_at, period.period_end > clock.now()) == (clock.now(), True)


async def test_override_moves_along_the_map_only(backend):
    await market(backend)
    pro = await subscribed(backend)
    move = subscriptions.Override
    await backend.perform(ada, subscriptions.override, pro.id, move("as agreed", plan="pln_team", quantity=2))
    await backend.perform(ada, subscriptions.override, pro.id, move("as agreed", status="past_due"))
    with pytest.raises(Refused, match=r"from past_due to cancelling.*active, cancelled, suspended"):
        await backend.perform(ada, subscriptions.override, pro.id, move("no", status="cancelling"))
    now = await show(backend, pro.id)
    assert (now.plan_key, now.quantity, now.status) == ("scaidrive.team", 2, "past_due")


async def test_in_bulk_one_refusal_does_not_stop_the_others(backend):
    await market(backend)
    pro, other = await subscribed(backend), await subscribed(backend, actor=gina)
    await backend.perform(petra, subscriptions.suspend, other.id, "pause")
    done = await subscriptions.bulk(backend, petra, "suspend", [pro.id, other.id, "sub_gone"], "dunning")
    assert done.succeeded == [pro.id]
    assert [failure.id for failure in done.failed] == [other.id, "sub_gone"]
    assert "it is suspended, which allows cancel now, resume" in done.failed[0].error.replace("_", " ")
    assert (await show(backend, pro.id)).tenant_id == ACME
