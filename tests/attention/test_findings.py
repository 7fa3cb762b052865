"""What needs a person now: each asks only what they may read, and sees only what is theirs."""

import importlib
import inspect
import re
from datetime import timedelta

from scaicontrol.core import leases
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import attention, invoices, payments
from scaicontrol.services.attention.found import ONE
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments.lifecycle import PaymentState
from scaicontrol.services.payments.schemas import PaymentFilter
from tests.factories import ada, alice, petra, pim, sam
from tests.factories.invoices import sent
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.subscriptions import market

questions = importlib.import_module(
    "scaicontrol.services.attention.findings"
)  # its front door exports a function of that name


def test_each_question_has_words_for_one_and_for_many():
    asked = re.findall(r'(?:Finding|_subscriptions)\(\s*"(\w+)"', inspect.getsource(questions))
    assert len(asked) > 10
    assert set(asked) == set(ONE)


async def found(backend, actor):
    return {finding.key: finding for finding in await backend.ask(actor, attention.findings)}


async def test_what_is_late_is_found_with_its_money_by_whoever_it_concerns(backend, clock):
    await market(backend)
    invoice = await sent(backend)
    assert await found(backend, petra) == {}
    clock.advance(timedelta(days=60))
    await backend.perform(ada, invoices.mark_overdue)
    for actor in (petra, ada, pim):
        late = (await found(backend, actor))["past_due"]
        assert late.count == 1
        (example,) = late.examples
        assert (example.kind, example.id, example.tenant_id) == ("invoice", invoice.id, invoice.tenant_id)
        assert (example.amount_cents, example.currency) == (2299, "EUR")
    assert await found(backend, sam) == {}


async def test_a_charge_that_failed_is_found_until_its_invoice_is_paid_or_another_is_under_way(backend):
    await market(backend, payment_providers=["sandbox"])
    provider = faulty_sandbox(backend)
    await store_card(backend)
    charged, transferred = await sent(backend), await sent(backend)
    provider.declines = ["card_declined"] * 3
    for invoice in (charged, charged, transferred):
        assert (await payments.pay(backend, petra, invoice.id)).status == "failed"
    assert (await found(backend, petra))["failed_payments"].count == 2
    assert (await payments.pay(backend, petra, charged.id)).status == "succeeded"
    (left,) = (await found(backend, petra))["failed_payments"].examples
    assert str(transferred.number) in left.said
    by_hand = MarkPaidIn(paid_at=backend.clock.now(), reference="ABN 4711", method="transfer")
    await backend.perform(petra, invoices.mark_paid, transferred.id, by_hand)
    assert "failed_payments" not in await found(backend, petra)
    failed = await backend.ask(petra, payments.page, PageRequest(), PaymentFilter(status=PaymentState.failed))
    assert failed.total == 3


async def test_a_job_that_nobody_ran_in_time_is_found(backend, clock):
    async def begin_and_end(uow: UnitOfWork) -> None:
        pace = timedelta(minutes=15)
        number = await leases.start_run(uow, "dunning", uow.now, stale_after=timedelta(hours=1), every=pace)
        assert number == 1
        await leases.finish_run(uow, "dunning", number, "ok: 0 steps")

    await market(backend)
    await backend.perform(ada, begin_and_end)
    clock.advance(timedelta(minutes=29))
    assert "jobs" not in await found(backend, ada)
    clock.advance(timedelta(minutes=2))
    late = (await found(backend, ada))["jobs"]
    assert [example.said for example in late.examples] == ["dunning was due and did not run"]


async def test_a_job_that_fails_or_does_not_end_is_found_by_the_platform_only(backend, clock):
    await market(backend)

    async def begin(uow: UnitOfWork) -> None:
        for name in ("stuck", "broken", "fine"):
            assert await leases.start_run(uow, name, uow.now, stale_after=timedelta(hours=1)) == 1

    async def end(uow: UnitOfWork) -> None:
        await leases.finish_run(uow, "broken", 1, "failed: no answer")
        await leases.finish_run(uow, "fine", 1, "ok")

    await backend.perform(ada, begin)
    assert "jobs" not in await found(backend, ada)
    clock.advance(timedelta(minutes=20))
    await backend.perform(ada, end)
    jobs = (await found(backend, ada))["jobs"]
    assert sorted(example.said for example in jobs.examples) == [
        "broken failed: no answer",
        "stuck began and has not ended",
    ]
    for actor in (petra, alice):
        assert "jobs" not in await found(backend, actor)
