"""The console's payments: what became of each attempt, tried again, given back, disputed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, payments
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.payments.models import Payment, Refund
from tests.console.conftest import preview
from tests.factories import NORTHWIND, ada, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import faulty_sandbox, store_card
from tests.surfaces.console_browser import press, said

PAYMENT, REFUND = "/admin/payment", "/admin/refund"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def rows(backend: Backend, entity):
    async def read(uow: UnitOfWork):
        return list(await uow.session.scalars(select(entity).order_by(entity.created_at, entity.id)))

    return await backend.ask(ada, read)


async def with_a_card(backend: Backend) -> None:
    faulty_sandbox(backend)
    await backend.perform(ada, partners.configure, NORTHWIND, PartnerConfigurationPatch(payment_providers=["sandbox"]))
    await store_card(backend)


async def paid(backend: Backend) -> tuple[Invoice, Payment]:
    """Twelve euro and ten cents, taken from a card."""
    await with_a_card(backend)
    invoice = await sent(backend, a_line(1000))
    payment = await payments.pay(backend, petra, invoice.id)
    return await again(backend, invoice), payment


async def test_a_payment_leads_to_its_invoice_and_back(browser, backend):
    async with browser("petra") as client:
        assert "Nothing here yet" in (await client.get(f"{PAYMENT}/list")).text
        invoice, payment = await paid(backend)
        page = await client.get(f"{PAYMENT}/details/{payment.id}")
        assert f"/admin/invoice/details/{invoice.id}" in page.text
        assert "Took 12.10 EUR" in said(page)
        assert f"{PAYMENT}/details/{payment.id}" in (await client.get(f"/admin/invoice/details/{invoice.id}")).text
        assert payment.id in (await client.get(f"{PAYMENT}/list?status=succeeded")).text


async def test_what_would_go_back_is_shown_before_it_does(browser, backend):
    _, payment = await paid(backend)
    path = f"{PAYMENT}/{payment.id}/do/refund"
    async with browser("petra") as client:
        shown = said(await preview(client, path, amount="6.05", reason="Outage"))
        assert "Goes back 6.05 EUR" in shown
        assert "Credited by a new note 6.05 EUR" in shown
        assert await rows(backend, Refund) == []
        answer = await press(client, path, amount="6.05", reason="Outage")
        assert answer.status_code == 303
        note = await client.get(answer.headers["location"])
        [refund] = await rows(backend, Refund)
        assert "Refund: 12.10 EUR" in said(note)
        assert "done, exactly as it was shown" in said(note)
        assert "Paid out 6.05 EUR" in said(note)
        page = await client.get(f"{REFUND}/details/{refund.id}")
        assert f"{PAYMENT}/details/{payment.id}" in page.text
        assert refund.id in (await client.get(f"{REFUND}/list?status=succeeded")).text


async def test_a_failed_payment_is_tried_again_as_a_new_attempt(browser, backend, clock):
    await with_a_card(backend)
    invoice = await sent(backend, a_line(1654))  # the sandbox declines what ends in 01
    failed = await payments.pay(backend, petra, invoice.id)
    clock.advance(timedelta(hours=1))
    async with browser("petra") as client:
        assert "failed" in said(await client.get(f"{PAYMENT}/details/{failed.id}"))
        answer = await press(client, f"{PAYMENT}/{failed.id}/do/retry")
        page = said(await client.get(answer.headers["location"]))
        assert "Attempt 2 with sandbox is failed: The sandbox declines this payment." in page
        assert "/do/retry" not in (await client.get(f"{PAYMENT}/details/{failed.id}")).text


async def test_a_dispute_that_only_the_bank_tells_of_is_recorded(browser, backend):
    _, payment = await paid(backend)
    form = {"reason": "MD06", "reference": "RTRN-1", "fee": "3.50"}
    async with browser("petra") as client:
        answer = await press(client, f"{PAYMENT}/{payment.id}/do/open_dispute", **form)
        page = said(await client.get(answer.headers["location"]))
    assert "12.10 EUR are in dispute." in page
    assert "3.50 EUR" in page


async def test_another_partner_finds_no_payment(browser, backend):
    _, payment = await paid(backend)
    async with browser("sam") as client:
        assert (await client.get(f"{PAYMENT}/details/{payment.id}")).status_code == 404
        assert payment.id not in (await client.get(f"{PAYMENT}/list")).text
        assert (await client.get(f"{PAYMENT}/{payment.id}/do/refund")).status_code == 404
