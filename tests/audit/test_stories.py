"""One story of a tenant: acts, mails and deliveries in one order, and what nobody did by hand folded."""

from datetime import UTC, datetime, timedelta

import pytest

from scaicontrol.services import audit, documents
from scaicontrol.services.audit import Told
from scaicontrol.services.audit.stories import Medium
from scaicontrol.services.documents.schemas import SendIn
from tests.factories import ACME, GLOBEX, ada, petra, pim
from tests.factories.invoices import rendered
from tests.factories.subscriptions import market
from tests.factories.webhooks import delivered, subscriber, tell


@pytest.fixture
def dialect() -> str:
    """A story is three plain questions."""
    return "sqlite"


def told(minute: int, *, is_automatic: bool) -> Told:
    at = datetime(2026, 1, 15, 9, tzinfo=UTC) - timedelta(minutes=minute)
    return Told(at, Medium.act, f"act {minute}", "invoice", "inv_1", is_automatic=is_automatic)


def test_what_is_automatic_and_follows_each_other_is_folded():
    kinds = (False, True, True, False, True)
    folded = list(audit.folded([told(minute, is_automatic=kind) for minute, kind in enumerate(kinds)]))
    assert [len(part) for part in folded] == [1, 2, 1, 1]
    assert [one.title for part in folded for one in part] == [f"act {minute}" for minute in range(5)]
    assert list(audit.folded([])) == []


async def test_acts_and_mails_stand_in_one_order(backend):
    await market(backend)
    invoice = await rendered(backend)
    await backend.perform(petra, documents.send, invoice.id, SendIn())
    story = await backend.ask(petra, audit.story, ACME)
    assert [one.at for one in story] == sorted((one.at for one in story), reverse=True)
    assert "invoice.finalized" in {one.title for one in story if one.medium == "act"}
    assert await backend.ask(petra, audit.story, GLOBEX) == []


async def test_whoever_may_not_read_the_log_is_told_of_mails_only(backend):
    await market(backend)
    await rendered(backend)
    assert {one.medium for one in await backend.ask(pim, audit.story, ACME)} <= {"mail"}


async def test_deliveries_are_told_quietly_until_one_is_dead(backend, clock):
    await market(backend)
    await subscriber(backend)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    (one,) = [each for each in await backend.ask(ada, audit.story, ACME) if each.medium == "delivery"]
    assert (one.title, one.resource_id, one.status, one.is_automatic) == ("invoice.paid", "inv_1", "dispatched", True)
