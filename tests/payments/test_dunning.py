"""Dunning: the timetable as a table and a property, and the whole pursuit on a frozen clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scaicontrol.core.outbox import Outbox
from scaicontrol.services import invoices, payments, subscriptions
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments import StepKind, timetable
from scaicontrol.services.payments.dunning import is_retryable, next_moment, next_retry
from scaicontrol.services.payments.models import Dunning
from tasks import timetravel
from tests.factories import ada, petra
from tests.factories.payments import store_card
from tests.factories.subscriptions import show, subscribed

BEGUN = datetime(2026, 1, 15, 9, tzinfo=UTC)
A_DAY = timedelta(days=1)  # the timetable of a pursuit knows days, and its moments are this hour of theirs
DAYS = st.lists(st.integers(0, 60), max_size=6)
PURSUED = (
    "invoice.past_due",
    "invoice.paid",
    "payment.failed",
    "payment.succeeded",
    "dunning.reminder_due",
    "dunning.ended",
    "subscription.payment_failed",
    "subscription.suspended",
    "subscription.resumed",
    "subscription.changed",
)


def test_the_contracts_timetable():
    steps = timetable([1, 3, 5, 7], [1, 7, 14], 21)
    assert [(step.day, str(step.kind), step.number) for step in steps] == [
        (1, "retry", 1),
        (1, "remind", 1),
        (3, "retry", 2),
        (5, "retry", 3),
        (7, "retry", 4),
        (7, "remind", 2),
        (14, "remind", 3),
        (21, "suspend", 1),
    ]
    assert [(s.day, str(s.kind)) for s in timetable([1, 3], [1], 21, skips_retries=True)] == [
        (1, "remind"),
        (21, "suspend"),
    ]


@given(DAYS, DAYS, st.integers(0, 90), st.booleans())
def test_a_timetable_holds_each_step_once_in_order(retries, reminders, suspend, skips):
    steps = timetable(retries, reminders, suspend, skips_retries=skips)
    assert steps == sorted(steps, key=lambda step: step.day)
    assert sorted(step.day for step in steps if step.kind is StepKind.retry) == ([] if skips else sorted(retries))
    assert sorted(step.day for step in steps if step.kind is StepKind.remind) == sorted(reminders)
    assert [step.day for step in steps if step.kind is StepKind.suspend] == [suspend]
    moments = [next_moment(steps, stage, BEGUN) for stage in range(len(steps) + 1)]
    assert moments[-1] is None
    assert moments[:-1] == [BEGUN + timedelta(days=step.day) for step in steps]
    assert next_retry(steps, len(steps), BEGUN) is None


@pytest.mark.parametrize(
    ("code", "again"),
    [(None, True), ("card_declined", True), ("insufficient_funds", True), ("stolen_card", False),
     ("mandate_revoked", False), ("authentication_required", False)],
)  # fmt: skip
def test_only_what_repetition_may_turn_is_repeated(code, again):
    assert is_retryable(code) is again


async def story(backend, since=BEGUN):
    """The facts of a pursuit as (day, topic), in the order they were told."""

    async def read(uow):
        rows = select(Outbox).where(Outbox.event_type.in_(PURSUED)).order_by(Outbox.id)
        return [((row.occurred_at - since).days, row.event_type) for row in await uow.session.scalars(rows)]

    return await backend.ask(ada, read)


async def test_an_unpaid_invoice_is_retried_reminded_suspended_and_forgiven_when_paid(backend, clock, provider):
    await store_card(backend)
    provider.declines = ["card_declined"] * 5
    subscription = await subscribed(backend)
    await timetravel.settle(backend)
    assert (await show(backend, subscription.id)).status == "past_due"
    await timetravel.live(backend, clock, BEGUN + timedelta(days=22), step=A_DAY)
    assert (await show(backend, subscription.id)).status == "suspended"
    (invoice,) = await invoices_of(backend)
    await payments.pay(backend, petra, invoice.id)
    await timetravel.settle(backend)
    assert (await show(backend, subscription.id)).status == "active"
    failed = ["payment.failed", "subscription.payment_failed"]
    assert await story(backend) == [
        (0, "invoice.past_due"),
        *((0, topic) for topic in failed),
        (1, "dunning.reminder_due"),
        *((1, topic) for topic in failed),
        *((3, topic) for topic in failed),
        *((5, topic) for topic in failed),
        (7, "dunning.reminder_due"),
        *((7, topic) for topic in failed),
        (14, "dunning.reminder_due"),
        (21, "subscription.suspended"),
        (22, "invoice.paid"),
        (22, "payment.succeeded"),
        (22, "dunning.ended"),
        (22, "subscription.resumed"),
    ]
    assert provider.charged == [f"{invoice.id}:{attempt}" for attempt in range(1, 7)]
    assert provider.taken() == [1210]
    assert len(backend.ports.mail.sent) == 1 + 5 + 3 + 1  # the invoice, each failure, each reminder, the suspension


async def invoices_of(backend):
    async def read(uow):
        return list(await uow.session.scalars(invoices.visible(uow)))

    return await backend.ask(ada, read)


async def test_a_retry_that_succeeds_ends_the_pursuit(backend, clock, provider):
    await store_card(backend)
    provider.declines = ["card_declined"]
    subscription = await subscribed(backend)
    await timetravel.settle(backend)
    await timetravel.live(backend, clock, BEGUN + timedelta(days=25), step=A_DAY)
    assert (await show(backend, subscription.id)).status == "active"
    topics = [topic for _, topic in await story(backend)]
    assert topics.count("payment.failed") == 1
    assert topics.count("dunning.ended") == 1
    assert "subscription.suspended" not in topics


async def test_a_hard_decline_is_not_repeated_but_reminded(backend, clock, provider):
    await store_card(backend)
    provider.declines = ["stolen_card"] * 9
    await subscribed(backend)
    await timetravel.settle(backend)
    await timetravel.live(backend, clock, BEGUN + timedelta(days=22), step=A_DAY)
    assert len(provider.charged) == 1
    topics = [topic for _, topic in await story(backend)]
    assert topics.count("dunning.reminder_due") == 3
    assert topics.count("subscription.suspended") == 1


async def test_an_operators_pause_outlives_the_payment(backend, clock, provider):
    await store_card(backend)
    provider.declines = ["card_declined"] * 9
    subscription = await subscribed(backend)
    await timetravel.settle(backend)
    await backend.perform(petra, subscriptions.suspend, subscription.id, "Abuse.")
    (invoice,) = await invoices_of(backend)
    await backend.perform(
        petra, invoices.mark_paid, invoice.id, MarkPaidIn(paid_at=clock.now(), method="bank_transfer", reference="T1")
    )
    await timetravel.settle(backend)
    assert (await show(backend, subscription.id)).status == "suspended"
    dunning = await backend.ask(ada, lambda uow: uow.session.get_one(Dunning, invoice.id))
    assert dunning.ended_at is not None
