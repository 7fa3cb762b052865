"""Facts reach their reactions at least once, and a second time does no harm."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scaicontrol.core import fact_queue
from scaicontrol.core.actor import Actor
from scaicontrol.core.outbox import Outbox
from scaicontrol.services.billing.models import BillingCharge
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.payments.models import Payment
from tasks import processes, queue_tasks, relay, schedule, timetravel
from tasks.broker import TASKS
from tasks.reactions import REACTIONS
from tests.factories import ada
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.subscriptions import market, subscribed
from tests.factories.webhooks import tell

RELAY = Actor.system("relay")


async def unsettled(backend):
    async def read(uow):
        return await uow.session.scalar(select(func.count()).where(Outbox.next_reaction_at.is_not(None)))

    return await backend.ask(ada, read)


async def counted(backend):
    async def read(uow):
        tables = (Outbox, Invoice, BillingCharge, Payment)
        return [await uow.session.scalar(select(func.count()).select_from(table)) for table in tables]

    return await backend.ask(ada, read)


async def test_a_reaction_that_failed_is_shown_its_fact_again_and_the_others_go_on(backend, clock, monkeypatch):
    await market(backend)
    seen = []

    async def fail_once(_, fact):
        seen.append(fact.event_type)
        if len(seen) == 1:
            raise ConnectionError("the process is gone")

    monkeypatch.setitem(REACTIONS, "subscription.activated", (fail_once,))
    await subscribed(backend)
    await relay.react(backend)
    assert await unsettled(backend) == 1
    assert await relay.react(backend) == 0  # leased
    clock.advance(timedelta(minutes=2))
    assert await relay.react(backend) == 1
    assert seen == ["subscription.activated"] * 2
    assert await unsettled(backend) == 0


async def test_what_a_dead_process_was_at_is_shown_again_within_ten_seconds_and_what_a_living_one_is_at_is_not(
    backend, clock
):
    await market(backend)
    await subscribed(backend)
    seen = await backend.ask(RELAY, fact_queue.look, 100)
    claimed = await backend.perform(RELAY, fact_queue.claim, seen)
    clock.advance(fact_queue.LEASE * 0.9)
    await backend.perform(RELAY, fact_queue.keep_up, claimed)
    clock.advance(fact_queue.LEASE * 0.9)
    assert await relay.react(backend) == 0
    clock.advance(fact_queue.LEASE * 0.1)
    assert await relay.react(backend) >= len(claimed)
    assert fact_queue.LEASE.total_seconds() + processes.LOOK_AGAIN_SECONDS <= 10


async def test_who_stalled_longer_than_its_claim_leaves_the_facts_to_whoever_claimed_them_after_it(backend, clock):
    await market(backend)
    await subscribed(backend)
    seen = await backend.ask(RELAY, fact_queue.look, 100)
    stalled = await backend.perform(RELAY, fact_queue.claim, seen)
    clock.advance(fact_queue.LEASE)
    living = await backend.perform(RELAY, fact_queue.claim, seen)
    assert [fact.id for fact in living] == [fact.id for fact in stalled]
    assert await backend.perform(RELAY, fact_queue.keep_up, stalled) == set()
    await backend.perform(RELAY, fact_queue.put_off, stalled)
    assert await backend.perform(RELAY, fact_queue.keep_up, living) == set(seen)
    clock.advance(fact_queue.LEASE)  # what the stalled one said prolonged nothing
    assert set(await backend.ask(RELAY, fact_queue.look, 100)) == set(seen)


async def test_a_worker_that_stalls_between_two_facts_does_not_react_to_what_another_took_over(
    backend, clock, monkeypatch
):
    await tell(backend, "inv_1", "inv_2", "inv_3")
    reacted = []

    async def react(_, fact):
        reacted.append(fact.resource_id)
        if len(reacted) == 1:  # the machine stood still, and another worker went through all of it
            clock.advance(fact_queue.LEASE)
            await relay.react(backend)

    monkeypatch.setitem(REACTIONS, "invoice.paid", (react,))
    await relay.react(backend)
    assert reacted == ["inv_1", "inv_1", "inv_2", "inv_3"]
    assert await unsettled(backend) == 0


async def test_every_reaction_shown_its_fact_a_second_time_changes_nothing(backend, clock):
    await market(backend, payment_providers=["sandbox"])
    provider = faulty_sandbox(backend)
    provider.declines = ["card_declined"]
    await store_card(backend)
    await subscribed(backend)
    await timetravel.settle(backend)
    await timetravel.live(backend, clock, clock.now() + timedelta(days=2), step=timedelta(days=1))
    before, mails, charged = await counted(backend), len(backend.ports.mail.sent), list(provider.charged)

    async def all_again(uow):
        facts = list(await uow.session.scalars(select(Outbox).order_by(Outbox.id)))
        return [fact for fact in facts if fact.event_type in REACTIONS]

    told = await backend.ask(ada, all_again)
    assert {fact.event_type for fact in told} > {"subscription.activated", "invoice.sent", "payment.failed"}
    for fact in told:
        for reaction in REACTIONS[fact.event_type]:
            await reaction(backend, fact)
    await timetravel.settle(backend)
    assert await counted(backend) == before
    assert (len(backend.ports.mail.sent), provider.charged) == (mails, charged)


def test_every_wake_up_the_product_sends_has_a_task():
    assert {"relay", "process_inbound", "provision", "run_due_job", "run_job_now"} <= set(TASKS)
    assert queue_tasks.relay is TASKS["relay"]


def test_the_timetable_names_each_job_once():
    names = [job.name for job in schedule.JOBS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("job", schedule.JOBS, ids=lambda job: job.name)
async def test_every_job_runs_on_an_empty_installation_and_again(backend, job):
    for _ in range(2):
        await job.run(backend)
