"""What says nothing about the money changes nothing, and what names its object only is asked about once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, ControlError, Forbidden, NotFound, Refused, Unauthenticated
from scaicontrol.core.payment_ports import NormalizedEvent
from scaicontrol.services import payments
from scaicontrol.services.payments.models import InboundEvent
from scaicontrol.services.payments.service.collect import schedule
from tests.factories import ada, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card
from tests.factories.subscriptions import CLOCK
from tests.payments.test_collecting import net_for


async def charged(backend, ending=3):
    """An invoice that was charged once by an amount of this ending, and its payment."""
    await store_card(backend)
    invoice = await sent(backend, a_line(net_for(ending)))
    await backend.perform(CLOCK, schedule, invoice.id)
    await payments.charge_due(backend)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    return invoice, payment


async def attempts(backend, invoice):
    return [(each.status, each.failure_code) for each in await backend.ask(ada, payments.of_invoice, invoice.id)]


@pytest.mark.parametrize("error", [Unauthenticated("Key."), Forbidden("No."), Conflict("Key in use.")])
async def test_an_error_that_is_no_answer_leaves_a_payment_pending(backend, provider, monkeypatch, error):
    async def refuse(request):
        raise error

    monkeypatch.setattr(provider, "charge", refuse)
    invoice, _ = await charged(backend)
    assert await attempts(backend, invoice) == [("pending", None)]


async def test_an_answer_about_the_charge_fails_it(backend, provider, monkeypatch):
    async def refuse(request):
        raise Refused("This card takes no euro.")

    monkeypatch.setattr(provider, "charge", refuse)
    invoice, _ = await charged(backend)
    assert await attempts(backend, invoice) == [("failed", "bad_request")]


async def test_what_cannot_be_fetched_stays_as_it_is(backend, provider, clock, monkeypatch):
    """As with the key of another account: its payments are unknown there, and nothing is charged again."""
    invoice, payment = await charged(backend, ending=4)
    assert payment.external_id is not None

    async def unknown(external_id):
        raise NotFound("No such payment.")

    monkeypatch.setattr(provider, "fetch", unknown)
    clock.advance(timedelta(hours=1))
    await payments.charge_due(backend)
    assert await attempts(backend, invoice) == [("pending", None)]
    assert len(provider.charged) == 1


@pytest.mark.parametrize(
    ("later", "outcome"),
    [(timedelta(hours=1), ("succeeded", None)), (timedelta(hours=24), ("failed", "not_received"))],
)
async def test_a_forgotten_key_is_not_used_again(backend, provider, clock, later, outcome):
    provider.key_lifetime = timedelta(hours=24)
    provider.is_down = True
    invoice, _ = await charged(backend, ending=0)
    provider.is_down = False
    clock.advance(later)
    await payments.charge_due(backend)
    assert await attempts(backend, invoice) == [outcome]


class Nameless:
    """Webhooks that name a payment and nothing else."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    async def __call__(self, headers, raw_body) -> Sequence[NormalizedEvent]:
        return [NormalizedEvent(None, "payment", each) for each in self.ids]


async def kept(backend):
    async def read(uow):
        rows = await uow.session.scalars(select(InboundEvent).order_by(InboundEvent.id))
        return [(row.status, row.payload["times"]) for row in rows]

    return await backend.ask(ada, read)


async def test_nameless_webhooks_wait_in_one_row_and_foreign_ones_in_none(backend, provider, monkeypatch):
    invoice, payment = await charged(backend, ending=2)
    monkeypatch.setattr(provider, "verify_webhook", Nameless(payment.external_id, "tr_guessed"))
    counts = [await payments.receive(backend, "sandbox", {}, b"") for _ in range(20)]
    assert (sum(counts), await kept(backend)) == (1, [("received", 20)])
    provider.complete(payment.external_id, approved=True)
    await payments.process_inbound(backend)
    assert (await again(backend, invoice)).status == "paid"
    assert await payments.receive(backend, "sandbox", {}, b"") == 1  # what was acted upon no longer stands for it


async def test_one_that_comes_while_the_provider_is_asked_is_asked_about_again(backend, provider, monkeypatch):
    invoice, payment = await charged(backend, ending=2)
    monkeypatch.setattr(provider, "verify_webhook", Nameless(payment.external_id))
    await payments.receive(backend, "sandbox", {}, b"")
    truly = provider.fetch

    async def answers_what_was(external_id):
        told = await truly(external_id)
        monkeypatch.setattr(provider, "fetch", truly)
        provider.complete(external_id, approved=True)
        await payments.receive(backend, "sandbox", {}, b"")
        return told

    monkeypatch.setattr(provider, "fetch", answers_what_was)
    await payments.process_inbound(backend)
    assert (await again(backend, invoice)).status == "sent"
    await payments.process_inbound(backend)
    assert (await again(backend, invoice)).status == "paid"
    assert [status for status, _ in await kept(backend)] == ["processed"]


async def test_a_refund_that_cannot_be_asked_about_is_not_refused(backend, provider, clock, monkeypatch):
    invoice, _ = await charged(backend, ending=0)
    done = await payments.refund(backend, petra, invoice.id, 304, "Goodwill.")
    assert done.refunds[0].status == "pending"

    async def unknown(payment, external_id) -> ControlError:
        raise NotFound("No such refund.")

    monkeypatch.setattr(provider, "fetch_refund", unknown)
    for _ in range(8):
        clock.advance(timedelta(days=1))
        await payments.refund_due(backend)
    refund = await backend.ask(ada, payments.find_refund, done.refunds[0].id)
    assert refund.released_at is None
    monkeypatch.undo()
    clock.advance(timedelta(days=1))
    await payments.refund_due(backend)
    assert (await backend.ask(ada, payments.find_refund, refund.id)).status == "succeeded"
