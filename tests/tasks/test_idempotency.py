"""A key means one request: its first answer is replayed, another body is refused, a twin is told to come back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scaicontrol.core import idempotency, keyed_tries
from scaicontrol.core.errors import Conflict, Invalid
from scaicontrol.core.idempotency import IdempotentRequest
from tests.factories import ada, alice, gina
from tests.factories.subscriptions import CLOCK

PAY = ("POST", "/api/v1/invoices/inv_1/pay", b"{}")


async def answered(uow, key="k1", body=b"{}"):
    row = await idempotency.claim(uow, key, *PAY[:2], body)
    if row.answer is None:
        row.status_code, row.answer = 201, b'{"n": 1}'
        return "ran"
    return row.answer


async def count(uow):
    return await uow.session.scalar(select(func.count()).select_from(IdempotentRequest))


async def test_the_first_answer_is_replayed_for_a_day(backend, clock):
    assert await backend.perform(alice, answered) == "ran"
    clock.advance(timedelta(hours=23))
    assert await backend.perform(alice, answered) == b'{"n": 1}'
    clock.advance(timedelta(hours=1))
    assert await backend.perform(alice, answered) == "ran"


async def test_another_body_or_route_is_a_conflict_and_another_person_is_not(backend):
    await backend.perform(alice, answered)
    with pytest.raises(Conflict, match="use a fresh one"):
        await backend.perform(alice, answered, body=b'{"other": 1}')
    with pytest.raises(Conflict, match="use a fresh one"):
        await backend.perform(alice, idempotency.claim, "k1", "POST", "/api/v1/elsewhere", b"{}")
    assert await backend.perform(gina, answered) == "ran"


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "ümlaut", "tab\t"])
async def test_a_bad_key_is_refused(backend, key):
    with pytest.raises(Invalid, match="1 to 128 visible ASCII"):
        await backend.perform(alice, answered, key)


async def test_a_request_that_failed_leaves_its_key_free(backend):
    async def fails(uow):
        await answered(uow)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await backend.perform(alice, fails)
    assert await backend.perform(alice, answered) == "ran"


async def test_of_twins_one_runs(backend):
    results = await asyncio.gather(*(backend.perform(alice, answered) for _ in range(6)), return_exceptions=True)
    assert results.count("ran") == 1
    assert all(result in ("ran", b'{"n": 1}') or isinstance(result, Conflict) for result in results)
    assert await backend.ask(ada, count) == 1


async def test_a_procedure_that_runs_is_not_begun_again_even_at_the_same_moment(backend, clock):
    await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    for _ in range(2):
        with pytest.raises(Conflict, match="still running") as refused:
            await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
        assert refused.value.retry_after == 1
        clock.advance(timedelta(seconds=4))


async def test_a_procedure_that_died_is_taken_over_by_one_and_has_no_more_effects(backend, clock):
    dead = await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    await backend.perform(alice, dead.keep, "begun", {"payment": "pay_1"})
    clock.advance(keyed_tries.STALE_AFTER)
    heir = await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    assert (heir.request_id, heir.reached) == (dead.request_id, {"begun": {"payment": "pay_1"}})
    with pytest.raises(Conflict, match="still running"):
        await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    with pytest.raises(Conflict, match="Another try with this Idempotency-Key goes on"):
        await backend.perform(alice, dead.keep, "called", value=True)
    for late in (dead.hand_back, dead.forget):
        await backend.perform(alice, late)
    await backend.perform(alice, dead.record, 200, b"too late")
    await backend.perform(alice, heir.record, 200, b"done")
    assert (await backend.perform(alice, keyed_tries.claim, "k1", *PAY)).answer == b"done"


async def test_a_refused_procedure_frees_its_key(backend):
    refused = await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    await backend.perform(alice, refused.forget)
    assert (await backend.perform(alice, keyed_tries.claim, "k1", *PAY)).request_id != refused.request_id


async def test_the_sweep_removes_what_expired_and_nothing_else(backend, clock):
    await backend.perform(alice, answered, "old")
    clock.advance(timedelta(hours=25))
    await backend.perform(alice, answered, "new")
    assert [await backend.perform(CLOCK, idempotency.sweep) for _ in range(2)] == [1, 0]
    assert await backend.ask(ada, count) == 1
