"""Filters by another object take its name: what it is called leads to the rows, and an id still does."""

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.services import billing
from scaicontrol.services.billing.models import QuarantineItem
from tests.factories import ACME, NORTHWIND, ada
from tests.factories.bank_statements import Statement, bank_lines, camt053, paying
from tests.factories.invoices import a_line, sent
from tests.surfaces.console_browser import said

from .test_bank_statements import brought


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def offered(client, kind, words):
    return [each["name"] for each in (await client.get(f"/admin/names/{kind}", params={"q": words})).json()]


async def rows(client, view, **asked):
    page = await client.get(f"/admin/{view}/list", params=asked)
    assert page.status_code == 200, said(page)
    return page.text.count("data-row")


async def test_lines_are_found_by_their_statement_and_their_payer(browser, backend):
    invoice = await sent(backend, a_line(1000))
    async with browser("petra") as client:
        await brought(client, camt053(Statement([paying(1210, f"{invoice.number}"), paying(2420, "for the seats")])))
        line, *_ = await bank_lines(backend)
        assert await offered(client, "bank-statement", "026-0") == ["2026-015"]
        for statement in ("2026-015", line.statement_id):
            assert await rows(client, "bank-line", statement=statement) == 2
        assert "No bank statement is called 1999-001." in said(
            await client.get("/admin/bank-line/list?statement=1999-001")
        )
        assert await rows(client, "bank-line", search=str(line.counterparty_name)[:4]) == 2
        assert await rows(client, "bank-line", search=str(line.counterparty_name)[1:]) == 0
    async with browser("sam") as client:
        assert await offered(client, "bank-statement", "2026") == []


async def test_what_was_set_aside_is_found_by_its_run(browser, backend):
    run = await billing.plan(backend, ada, NORTHWIND, backend.clock.now())

    async def set_aside(uow):
        uow.session.add(
            QuarantineItem(
                id="qtn_1", tenant_id=ACME, partner_id=NORTHWIND, run_id=run.id, subject_id="sub_1", charge_kind="base",
                period_start=uow.now, reason_code="price_missing", detail="It has no price.",
            )
        )  # fmt: skip

    await backend.perform(Actor.system("test"), set_aside)
    async with browser("petra") as client:
        [name] = await offered(client, "billing-run", "northw")
        assert name == f"Northwind · {run.as_of:%Y-%m-%d %H:%M}"
        assert await offered(client, "billing-run", f"{run.as_of:%Y-%m-%d}") == [name]
        assert await rows(client, "quarantine-item", run=name) == await rows(client, "quarantine-item", run=run.id) == 1


async def test_payments_are_found_by_the_number_of_their_invoice(browser, backend):
    invoice = await sent(backend, a_line(1000))
    async with browser("petra") as client:
        assert await offered(client, "invoice", str(invoice.number)[:-2]) == [invoice.number]
        assert await rows(client, "payment", invoice=invoice.number) == 0
        assert (await client.get("/admin/payment/list?invoice=NW-1")).status_code == 400
