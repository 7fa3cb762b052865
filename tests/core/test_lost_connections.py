"""A connection that breaks at COMMIT: the answer says that nobody knows, and the same key tells what was done."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from scaicontrol.api import door, errors
from scaicontrol.api import invoices as routes
from scaicontrol.core import keyed_tries
from scaicontrol.core.errors import Conflict, OutcomeUnknown, Unavailable
from scaicontrol.services.invoices.models import Invoice
from tests.factories import ACME, ada, alice, petra
from tests.factories.tenants import store_cast
from tests.tasks.test_idempotency import PAY

DRAFT = {
    "tenant_id": ACME,
    "currency": "EUR",
    "lines": [{"description": "Seat", "quantity": "2", "unit_price_cents": 500}],
}
ADMIN = "/api/v1/admin/billing/invoices"


def lost(code: int) -> OperationalError:
    return OperationalError("COMMIT", None, Exception(code, "Lost connection to MySQL server during query"))


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("code", [0, 1053, 1180, 2003, 2006, 2013])
async def test_a_change_says_that_its_outcome_is_unknown_and_a_question_that_it_may_be_asked_again(backend, code):
    async def verb(_: object) -> None:
        raise lost(code)

    with pytest.raises(OutcomeUnknown, match="unknown whether this was done") as told:
        await backend.perform(ada, verb)
    assert told.value.retry_after == 2
    for ask in (backend.ask, backend.fast_read):
        with pytest.raises(Unavailable, match="does not answer; ask again") as asked:
            await ask(ada, verb)
        assert type(asked.value) is Unavailable


async def test_an_unknown_outcome_is_taken_over_at_once_by_one(backend):
    first = await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    await backend.perform(alice, first.hand_back)
    assert (await backend.perform(alice, keyed_tries.claim, "k1", *PAY)).request_id == first.request_id
    with pytest.raises(Conflict, match="still running"):
        await backend.perform(alice, keyed_tries.claim, "k1", *PAY)


async def test_a_procedure_that_says_it_runs_keeps_its_key(backend, clock):
    first = await backend.perform(alice, keyed_tries.claim, "k1", *PAY)
    for _ in range(3):
        clock.advance(keyed_tries.STALE_AFTER * 0.9)
        await backend.perform(alice, first.renew)
    with pytest.raises(Conflict, match="still running"):
        await backend.perform(alice, keyed_tries.claim, "k1", *PAY)


@pytest_asyncio.fixture
async def post(backend, monkeypatch):
    async def authenticate(*_):
        return petra

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = FastAPI()
    errors.install(app)
    app.include_router(routes.router.api, prefix="/api/v1")
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def call(path, json, key):
            return await client.post(path, json=json, headers={"Idempotency-Key": key})

        yield call


async def test_the_same_key_answers_what_was_done_before_the_connection_broke(backend, post, monkeypatch):
    await store_cast(backend)
    draft = (await post(ADMIN, DRAFT, "draft")).json()["data"]
    path = f"{ADMIN}/{draft['id']}/finalize"
    perform, cuts = type(backend).perform, [2013]

    async def cut_behind_the_seal(self, actor, verb, *args, **kwargs):
        result = await perform(self, actor, verb, *args, **kwargs)
        if isinstance(result, Invoice) and cuts:

            async def broken(_: object) -> None:
                raise lost(cuts.pop())

            await perform(self, actor, broken)
        return result

    monkeypatch.setattr(type(backend), "perform", cut_behind_the_seal)
    unknown = await post(path, {}, "seal")
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "2")
    assert "unknown whether this was done" in unknown.json()["error"]["message"]
    told = [await post(path, {}, "seal") for _ in range(2)]
    assert [each.status_code for each in told] == [200, 200]
    assert told[1].headers["idempotent-replay"] == "true"
    for each in told:
        assert (each.json()["data"]["number"], each.json()["data"]["status"]) == ("SCAI-2026-000001", "finalized")
