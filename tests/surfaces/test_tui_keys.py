"""Keys that only the terminal has in this shape, each on the real service."""

from datetime import timedelta

import pytest

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.ports import ServiceReply
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, credits, payments, provisioning, webhooks
from scaicontrol.services.payments.models import Refund
from tests.factories import NORTHWIND, ada, alice, gina
from tests.factories.credits import credited, open_credits
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.subscriptions import PROVISIONING_URL, market, subscribed
from tests.factories.webhooks import all_deliveries, delivered, subscriber, tell

from .terminal import LARGE, SMALL, Driver, dashboard

_PAGE = PageRequest(page_size=50)


@pytest.fixture
def dialect() -> str:
    """Keys do the same on either database; the verbs behind them are tested on both."""
    return "sqlite"


async def press(screen: Driver, keys: str) -> None:
    for key in keys.split():
        await screen.press_and_wait(key)


async def test_a_billing_run_is_planned_shown_and_applied(backend: Backend):
    await market(backend)
    await subscribed(backend, actor=alice)
    await subscribed(backend, "scaidrive.team", actor=gina)
    async with dashboard(backend, write=True, size=LARGE) as screen:
        typed = " ".join(NORTHWIND).replace("_", "underscore")
        await press(screen, f"5 n {typed} enter y")
        (run,) = (await backend.ask(ada, billing.page_runs, _PAGE)).items
        assert (run.status, run.documents, screen.cells[0][1]) == ("planned", 2, "◌ planned")
        await press(screen, "enter a")
        assert "planned invoices" in screen.text
        await press(screen, "y")
        assert "████████████████████ 2 of 2" in screen.text
        (done,) = (await backend.ask(ada, billing.page_runs, _PAGE)).items
        assert done.status == "applied"


async def test_a_subscriber_is_tested_paused_resumed_and_told_again(backend: Backend, clock: FrozenClock):
    await market(backend)
    endpoint, _ = await subscriber(backend)
    await tell(backend, "inv_1")
    await delivered(backend, clock)
    clock.advance(timedelta(minutes=10))
    async with dashboard(backend, write=True, size=SMALL) as screen:
        await press(screen, "colon w h s enter t y")
        assert "It answered 200" in screen.text
        await press(screen, "enter s y")
        assert not (await backend.ask(ada, webhooks.get, endpoint.id)).is_active
        await press(screen, "e y")
        assert (await backend.ask(ada, webhooks.get, endpoint.id)).is_active
        before = len(await all_deliveries(backend))
        await press(screen, "R 2 1 h enter y")
        assert len(await all_deliveries(backend)) == before + 1
        await press(screen, "R 2 x enter")
        assert "say 90m, 2h or 3d" in screen.said


async def test_a_failed_workflow_is_rolled_back_or_completed_by_force(backend: Backend):
    await market(backend, provisioning_url=PROVISIONING_URL)
    for number, (actor, keys, state) in enumerate(
        ((alice, "u y", "rolled_back"), (gina, "f b y space h a n d enter y", "completed"))
    ):
        backend.ports.services.replies[PROVISIONING_URL] = [ServiceReply(400, {})]  # type: ignore[attr-defined]  # in memory
        await subscribed(backend, actor=actor)
        await provisioning.run_due(backend)
        async with dashboard(backend, write=True, size=SMALL) as screen:
            await press(screen, f"7 {keys}")
        flows = (await backend.ask(ada, provisioning.page, _PAGE)).items
        assert len(flows) == number + 1
        assert state in {str(flow.status) for flow in flows}


async def test_a_refund_that_was_given_up_is_paid_back_as_a_transfer(backend: Backend):
    await market(backend, payment_providers=["sandbox"])
    faulty_sandbox(backend)
    await store_card(backend)
    invoice = await sent(backend, a_line(1000))
    payment = await payments.pay(backend, ada, invoice.id)
    await credited(backend, await again(backend, invoice, by=ada), 605)
    (credit_id,) = [each.id for each in await open_credits(backend)]

    async def give_up(uow: UnitOfWork) -> None:
        uow.session.add(
            Refund(
                id="rfn_1", payment_id=payment.id, amount_cents=605, status="failed", attempts=5, credit_id=credit_id,
                idempotency_key="r", released_at=uow.now, tenant_id=invoice.tenant_id, partner_id=invoice.partner_id,
            )
        )  # fmt: skip

    await backend.perform(ada, give_up)
    async with dashboard(backend, write=True, size=SMALL) as screen:
        await press(screen, "colon r f n enter w 1 A B N enter y")
        assert (await backend.ask(ada, credits.get, credit_id)).remaining_cents == 0, screen.said
