"""Processes that can be killed: what survives a crash, a hang, a caller that went away."""

import asyncio
import os
import signal
import time

import pytest
import pytest_asyncio

from scaicontrol.core.errors import Reason, Refused, Unavailable
from scaicontrol.core.processes import Workers


def perform(order):
    """What the worker is told to do; it runs in the spawned process."""
    match order:
        case "pid":
            return os.getpid()
        case "crash":
            os._exit(7)
        case "hang":
            time.sleep(3600)  # longer than anybody waits
        case "refuse":
            raise Refused("No.", reasons=[Reason("no", "Because.", "field")], retry_after=3)
        case _:
            raise KeyError(order)
    return None


@pytest_asyncio.fixture
async def workers():
    pool = Workers(perform, "test worker", count=1, time_limit=20, recycle_after=3)
    yield pool
    pool.close()


async def test_a_process_stays_warm_and_is_replaced_after_its_share(workers):
    pids = [await workers.call("pid") for _ in range(5)]
    assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4]
    assert os.getpid() not in pids


async def test_our_errors_come_through_whole_and_others_in_words(workers):
    with pytest.raises(Refused) as refused:
        await workers.call("refuse")
    assert (refused.value.message, refused.value.retry_after) == ("No.", 3)
    assert refused.value.reasons == (Reason("no", "Because.", "field"),)
    with pytest.raises(RuntimeError, match="KeyError: 'other'"):
        await workers.call("other")


async def test_after_a_crash_the_next_call_is_served(workers):
    with pytest.raises(Unavailable, match="The test worker ended unexpectedly"):
        await workers.call("crash")
    assert await workers.call("pid")


async def test_a_process_that_was_killed_while_idle_is_replaced_unnoticed(workers):
    before = await workers.call("pid")
    os.kill(before, signal.SIGKILL)
    for _ in range(1000):
        if not any(worker.process.is_alive() for worker in workers._idle):
            break
        await asyncio.sleep(0.01)
    assert await workers.call("pid") != before


async def test_a_hanging_process_is_killed(workers):
    before = await workers.call("pid")
    workers.time_limit = 0.2
    with pytest.raises(Unavailable, match=r"longer than 0\.2 seconds"):
        await workers.call("hang")
    workers.time_limit = 20
    assert await workers.call("pid") != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


async def test_a_caller_that_goes_away_takes_the_process_along(workers):
    before = await workers.call("pid")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(workers.call("hang"), 0.3)
    assert await workers.call("pid") != before


async def test_calls_beyond_the_count_wait_their_turn(workers):
    assert len(set(await asyncio.gather(*(workers.call("pid") for _ in range(3))))) == 1
