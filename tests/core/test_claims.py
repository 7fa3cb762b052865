"""What one worker has claimed no other gets, and what a dead worker held is taken by the next."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from scaicontrol.core import claims, fact_queue
from scaicontrol.core.actor import Actor
from scaicontrol.core.outbox import Outbox
from scaicontrol.services.notifications.events import MailQueued
from tests.factories import ACME, NORTHWIND

WORKER = Actor.system("relay")
LEASE = timedelta(minutes=1)


@pytest.fixture
async def facts(backend):
    """The keys of twenty facts, all of them still to be relayed."""

    async def happen(uow):
        for number in range(20):
            about = {"mail_id": f"mel_{number}", "kind": "email_invoice", "resource_of": "inv_1"}
            uow.emit(MailQueued(**about, tenant_id=ACME, partner_id=NORTHWIND))
        await uow.session.flush()
        return set(await uow.session.scalars(select(Outbox.id)))

    return await backend.perform(WORKER, happen)


async def leased(uow, by, limit=3):
    due = (Outbox.status == "pending", Outbox.next_attempt_at <= uow.now)
    return await claims.lease(
        uow, Outbox, *due, by=by, during=LEASE, oldest=[Outbox.next_attempt_at], limit=limit, attempt_count=9
    )


async def taken(uow, by, limit=3):
    rows = await claims.take(
        uow, Outbox, Outbox.next_reaction_at <= uow.now, oldest=[Outbox.next_reaction_at], limit=limit
    )
    for row in rows:
        row.next_reaction_at = uow.now + LEASE
    return [row.id for row in rows]


both_ways = pytest.mark.parametrize("claim", [leased, taken])


@both_ways
async def test_of_many_claimants_at_once_each_row_is_one_claimants(backend, facts, claim):
    async def worker(name):
        mine = []
        while got := await backend.perform(WORKER, claim, name):
            mine += got
        return mine

    shares = await asyncio.gather(*(worker(f"worker {n}") for n in range(4)))
    everything = [key for share in shares for key in share]
    assert len(everything) == len(set(everything))
    assert set(everything) == facts


@pytest.mark.parametrize("dialect", [pytest.param("mariadb", marks=pytest.mark.mariadb)])
@both_ways
async def test_two_that_saw_the_same_rows_do_not_both_get_them(backend, facts, claim, monkeypatch):
    """SQLite lets one writer in at a time; on MariaDB both look before either takes."""
    look, both_have_looked, looks = claims.look, asyncio.Event(), []

    async def look_together(*args, **kwargs):
        seen = await look(*args, **kwargs)
        looks.append(seen)
        if len(looks) >= 2:
            both_have_looked.set()
        await both_have_looked.wait()
        return seen

    monkeypatch.setattr(claims, "look", look_together)
    one, two = await asyncio.gather(backend.perform(WORKER, claim, "one", 5), backend.perform(WORKER, claim, "two", 5))
    assert looks[0] == looks[1]
    assert one
    assert two
    assert not set(one) & set(two)


@both_ways
async def test_what_a_dead_worker_held_is_taken_again_once_its_time_is_over(backend, clock, facts, claim):
    first = await backend.perform(WORKER, claim, "the late worker", 100)
    assert set(first) == facts
    clock.advance(LEASE - timedelta(seconds=1))
    assert await backend.perform(WORKER, claim, "too early", 100) == []
    clock.advance(timedelta(seconds=1))
    assert await backend.perform(WORKER, claim, "its successor", 100) == first


async def test_a_lease_says_whose_a_row_is_and_writes_what_else_it_was_told(backend, clock, facts):
    mine = await backend.perform(WORKER, leased, "worker 1")

    async def read(uow):
        return (await uow.session.scalars(select(Outbox).where(Outbox.claimed_by == "worker 1"))).all()

    rows = await backend.ask(WORKER, read)
    assert {row.id for row in rows} == set(mine)
    assert {(row.claimed_until, row.attempt_count) for row in rows} == {(clock.now() + LEASE, 9)}


async def test_the_oldest_go_first(backend, clock, facts):
    chosen = max(facts)

    async def age(uow):
        moment = uow.now - timedelta(hours=1)
        await uow.session.execute(
            update(Outbox).where(Outbox.id == chosen).values(next_attempt_at=moment, next_reaction_at=moment)
        )

    await backend.perform(WORKER, age)
    assert (await backend.perform(WORKER, leased, "worker 1"))[0] == chosen
    assert (await backend.perform(WORKER, taken, "worker 1"))[0] == chosen


async def test_a_fact_seen_by_two_is_reacted_to_by_one(backend, facts):
    seen = await backend.ask(WORKER, fact_queue.look, 100)
    first = await backend.perform(WORKER, fact_queue.claim, seen)
    assert {fact.id for fact in first} == facts
    assert await backend.perform(WORKER, fact_queue.claim, seen) == []


async def test_each_run_of_a_worker_has_a_name_of_its_own(backend):
    assert claims.new_claimant(backend) != claims.new_claimant(backend)
    assert claims.new_claimant(backend).startswith(backend.instance)
