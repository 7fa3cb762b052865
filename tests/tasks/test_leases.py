"""One leader at a time, one run for each due moment, and nothing lost when the holder dies."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from scaicontrol.core import leases
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Disproved
from tasks import timetravel
from tasks.jobs import Job, run_job
from tasks.schedule import JOBS
from tasks.scheduler import LeasedTimetable
from tests.factories import ada
from tests.factories.subscriptions import CLOCK

TTL = timedelta(seconds=30)


async def acquire(backend, holder):
    return await backend.perform(CLOCK, leases.acquire, "scheduler", holder, TTL)


async def test_a_lease_has_one_holder_and_its_fence_only_grows(backend, clock):
    assert await acquire(backend, "one") == 1
    assert await acquire(backend, "two") is None
    clock.advance(timedelta(seconds=20))
    assert await acquire(backend, "one") == 1  # kept
    clock.advance(timedelta(seconds=31))
    assert await acquire(backend, "two") == 2  # the holder died
    assert await acquire(backend, "one") is None  # and comes back too late


async def test_whoever_let_the_lease_lapse_is_fenced_anew(backend, clock):
    await acquire(backend, "one")
    clock.advance(TTL)
    assert await acquire(backend, "one") == 2


async def test_a_released_lease_is_free_at_once(backend):
    await acquire(backend, "one")
    await backend.perform(CLOCK, leases.release, "scheduler", "two")
    assert await acquire(backend, "two") is None
    await backend.perform(CLOCK, leases.release, "scheduler", "one")
    assert await acquire(backend, "two") == 2


async def test_of_many_at_once_one_leads(backend):
    await acquire(backend, "nobody")
    await backend.perform(CLOCK, leases.release, "scheduler", "nobody")
    got = await asyncio.gather(*(acquire(backend, f"holder {n}") for n in range(6)))
    assert [fence for fence in got if fence is not None] == [2]


async def test_two_schedulers_show_one_timetable(backend, clock):
    twin = Backend(backend.settings, backend.database, clock, backend.ports)
    first, second = LeasedTimetable(backend), LeasedTimetable(twin)
    assert len(await first.get_schedules()) > 10
    assert await second.get_schedules() == []
    await first.shutdown()
    assert len(await second.get_schedules()) > 10
    assert await first.get_schedules() == []


async def test_a_scheduler_that_cannot_reach_the_database_stops_leading(backend, monkeypatch):
    timetable = LeasedTimetable(backend)
    await timetable.get_schedules()

    async def gone(*_):
        raise ConnectionError("no database")

    monkeypatch.setattr(Backend, "perform", gone)
    assert await timetable.get_schedules() == []
    assert timetable.fence is None


def counting(every=timedelta(hours=1)):
    ran = []

    async def run(backend):
        ran.append(backend.clock.now())
        await asyncio.sleep(0)
        return len(ran)

    return Job("counting", every, run), ran


async def test_a_job_runs_once_for_each_due_moment(backend, clock):
    job, _ran = counting()
    results = [await run_job(backend, job) for _ in range(3)]
    clock.advance(timedelta(hours=1))
    results += [await run_job(backend, job) for _ in range(2)]
    assert results == [1, None, None, 2, None]
    (told,) = [row for row in await backend.ask(ada, leases.jobs) if row.name == "counting"]
    assert (told.last_result, told.last_due_at) == ("ok: 2", clock.now())


async def test_many_workers_at_once_run_it_once(backend):
    job, ran = counting()
    await asyncio.gather(*(run_job(backend, job) for _ in range(6)))
    assert len(ran) == 1


async def test_a_failure_is_shown_and_tried_again_with_pauses_that_grow_until_it_succeeds(backend, clock):
    ends = [ValueError("the printer is on fire"), asyncio.CancelledError(), None]

    async def run(_):
        if (end := ends.pop(0)) is not None:
            raise end
        return "printed"

    job = Job("webhooks_daily", timedelta(days=1), run)
    with pytest.raises(ValueError, match="on fire"):
        await run_job(backend, job)
    (told,) = await backend.ask(ada, leases.jobs)
    assert (told.last_result, told.failed_runs) == ("failed: the printer is on fire", 1)
    assert await run_job(backend, job) is None
    clock.advance(leases.FIRST_RETRY)
    assert await backend.ask(CLOCK, leases.wanting_another_run) == [job.name]
    with pytest.raises(asyncio.CancelledError):
        await run_job(backend, job)
    clock.advance(leases.FIRST_RETRY)
    assert await run_job(backend, job) is None  # the second pause is twice as long
    clock.advance(leases.FIRST_RETRY)
    assert await run_job(backend, job) == "printed"
    (told,) = await backend.ask(ada, leases.jobs)
    assert (told.last_result, told.failed_runs, told.retry_at) == ("ok: printed", 0, None)
    clock.advance(leases.LAST_RETRY)
    assert await backend.ask(CLOCK, leases.wanting_another_run) == []


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
async def test_the_leading_scheduler_wakes_each_job_that_failed_before_its_next_moment(backend, clock, job):
    async def fail(_):
        raise ConnectionError("no")

    with pytest.raises(ConnectionError):
        await run_job(backend, replace(job, run=fail))
    clock.advance(leases.FIRST_RETRY)
    leader, second = LeasedTimetable(backend), LeasedTimetable(replace(backend, instance="second"))
    await leader.get_schedules()
    await second.get_schedules()
    assert backend.ports.waker.woken.count(("run_due_job", (job.name,))) == 1


async def test_a_proof_that_found_something_says_so_until_its_next_moment_and_is_not_repeated_before(backend, clock):
    job, _ran = counting(timedelta(days=7))

    async def prove(_):
        raise Disproved("invoices of 2026: a number is missing")

    with pytest.raises(Disproved):
        await run_job(backend, replace(job, run=prove))
    (told,) = await backend.ask(ada, leases.jobs)
    assert (told.last_result, told.has_failed) == ("failed: invoices of 2026: a number is missing", True)
    assert told.retry_at is None
    clock.advance(leases.LAST_RETRY)
    assert await run_job(backend, job) is None
    clock.advance(job.every)
    assert await run_job(backend, job) == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_job_is_late_by_the_time_that_was_pretended(backend, clock):
    await timetravel.run_by_lease(backend)
    clock.advance(timedelta(days=62))
    assert [job.name for job in await backend.ask(ada, leases.jobs) if job.lateness(clock.now())] != []
    await timetravel.run_by_lease(backend)
    jobs = await backend.ask(ada, leases.jobs)
    assert {job.name for job in jobs} == {job.name for job in JOBS}
    assert [(job.name, job.last_result) for job in jobs if job.lateness(clock.now()) or job.failed_runs] == []


async def test_a_run_whose_process_died_is_taken_over_when_it_is_stale(backend, clock):
    job, _ran = counting(timedelta(days=1))
    due = job.due_moment(clock.now())
    stale = timedelta(minutes=15)
    assert await backend.perform(CLOCK, leases.start_run, job.name, due, stale_after=stale) == 1
    assert await backend.perform(CLOCK, leases.start_run, job.name, due, stale_after=stale) is None
    clock.advance(stale)
    assert await backend.perform(CLOCK, leases.start_run, job.name, due, stale_after=stale) == 2


async def test_a_run_that_was_taken_for_dead_neither_keeps_up_nor_closes_the_one_after_it(backend, clock):
    stale = timedelta(minutes=15)

    async def begun():
        return await backend.perform(CLOCK, leases.start_run, "nightly", clock.now(), stale_after=stale)

    stalled = await begun()
    clock.advance(stale)
    living = await begun()
    clock.advance(stale / 2)
    await backend.perform(CLOCK, leases.renew_run, "nightly", stalled, stale)
    await backend.perform(CLOCK, leases.finish_run, "nightly", stalled, "failed: no answer", failed=True)
    (shown,) = await backend.ask(ada, leases.jobs)
    assert (shown.is_running, shown.failed_runs, shown.last_result) == (True, 0, None)
    assert shown.expires_at == clock.now() + stale / 2
    await backend.perform(CLOCK, leases.renew_run, "nightly", living, stale)
    await backend.perform(CLOCK, leases.finish_run, "nightly", living, "ok: done")
    (shown,) = await backend.ask(ada, leases.jobs)
    assert (shown.is_running, shown.last_result) == (False, "ok: done")
