from scaicontrol.services import billing, invoices
from tests.factories import ACME, alice, petra
from tests.factories.invoices import a_line, sent


async def paid(backend, invoice, cents):
    await backend.perform(
        petra, invoices.record_payment, invoice.id, payment_id="pay_1", amount_cents=cents, paid_at=backend.clock.now()
    )


async def test_a_tenant_sees_what_it_owes(backend):
    await sent(backend, a_line(1000))
    shown = await backend.ask(alice, billing.overview, ACME)
    assert (shown.open_cents, shown.overdue_cents, shown.credit_cents, shown.standing) == (1210, 0, 0, "good")


async def test_a_tenant_sees_what_it_paid_too_much(backend):
    await paid(backend, await sent(backend, a_line(1000)), 1300)
    shown = await backend.ask(alice, billing.overview, ACME)
    assert (shown.open_cents, shown.credit_cents) == (0, 90)
