"""How the business goes: monthly revenue, what came in and what is open, in the scope of whoever asks."""

from datetime import timedelta

import pytest

from scaicontrol.core.errors import Forbidden
from scaicontrol.services import billing, invoices, subscriptions
from scaicontrol.services.invoices.schemas import MarkPaidIn
from tests.factories import INITECH, ada, alice, petra, sam
from tests.factories.invoices import a_draft, a_line, finalized
from tests.factories.subscriptions import subscribed


async def euros(backend, actor=petra):
    return next(each for each in await backend.ask(actor, billing.figures) if each.currency == "EUR")


async def paid(backend, invoice, cents, clock):
    money = MarkPaidIn(amount_cents=cents, paid_at=clock.now(), reference="ABN 4711", method="bank transfer")
    await backend.perform(petra, invoices.mark_paid, invoice.id, money)


async def test_monthly_revenue_is_what_runs_and_moves_when_it_ends(backend, clock):
    assert await backend.ask(petra, billing.figures) == []
    subscription = await subscribed(backend)
    figures = await euros(backend)
    assert list(figures.monthly_revenue) == [0] * 6 + [subscription.mrr_amount_cents]
    assert figures.movements[-1] == subscription.mrr_amount_cents
    await backend.perform(ada, subscriptions.cancel, subscription.id, "Asked", immediate=True)
    clock.advance(timedelta(hours=1))
    assert [each for each in await backend.ask(petra, billing.figures) if each.monthly_revenue[-1]] == []


async def test_a_year_counts_for_a_twelfth(backend):
    subscription = await subscribed(backend, "scaidrive.year")
    assert (await euros(backend)).monthly_revenue[-1] == 2000 == subscription.mrr_amount_cents


async def test_money_counts_in_the_month_it_settled_in(backend, clock):
    invoice = await finalized(backend)
    await paid(backend, invoice, 1050, clock)
    assert list((await euros(backend)).collected) == [0] * 5 + [1050]
    clock.advance(timedelta(days=31))
    await paid(backend, invoice, 249, clock)
    assert list((await euros(backend)).collected)[-2:] == [1050, 249]


async def test_what_is_open_ages(backend, clock):
    invoice = await finalized(backend)
    for days, place in ((0, "not_due"), (45, "up_to_60"), (30, "up_to_90"), (60, "older")):
        clock.advance(timedelta(days=days))
        aged = (await euros(backend)).aged
        late = (clock.now().date() - invoice.due_date).days
        assert getattr(aged, place) == invoice.amount_due_cents, late
        assert sum(aged[1:]) == invoice.amount_due_cents


async def test_everybody_sees_what_is_theirs_and_tenants_nothing(backend):
    mine = await finalized(backend)
    other = await a_draft(backend, a_line(5_000), by=ada, tenant_id=INITECH)
    other = await invoices.finalize(backend, ada, other.id)
    assert (await euros(backend)).aged.not_due == mine.amount_due_cents
    assert (await euros(backend, sam)).aged.not_due == other.amount_due_cents
    assert (await euros(backend, ada)).aged.not_due == mine.amount_due_cents + other.amount_due_cents
    with pytest.raises(Forbidden):
        await backend.ask(alice, billing.figures)
