"""What is kept up while a block runs is not kept up after it."""

import asyncio

import pytest

from scaicontrol.core.keeping_up import kept_up
from tests.factories import ada

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


async def test_a_keeper_that_loses_its_cancellation_ends_with_its_block_all_the_same(backend):
    begun, times = asyncio.Event(), []

    async def stubborn(_: object) -> None:
        times.append(1)
        assert len(times) == 1, "It is over."
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return  # as `asyncio.wait_for` of Python 3.11 does where its result is there, too

    async with kept_up(backend, ada, 0.001, stubborn):
        await begun.wait()
    assert times == [1]


async def test_a_keeper_that_failed_once_goes_on(backend):
    done, times = asyncio.Event(), []

    async def unlucky(_: object) -> None:
        times.append(1)
        if len(times) == 1:
            raise ConnectionError("The database is away.")
        done.set()

    async with kept_up(backend, ada, 0.001, unlucky):
        await done.wait()
    assert len(times) >= 2
