"""The console's bank statements: a file is brought, what waits is seen with what it may pay, and decided."""

import io
import json
import re

import pytest
from rich.console import Console

from tests.factories import petra
from tests.factories.bank_statements import (
    ACME_IBAN,
    CSV_MAPPING,
    IBAN,
    Statement,
    bank_csv,
    bank_lines,
    camt053,
    paying,
)
from tests.factories.invoices import a_line, again, sent
from tests.surfaces.console_browser import OURS, press, said
from tui.screens.bank_statements import BankLineScreen

BRING = "/admin/bank-statement/bring"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def brought(client, body: bytes):
    """Choose a file on the page and send it."""
    token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(BRING)).text)
    assert token
    files = {"file": ("statement.xml", body, "application/xml")}
    return await client.post(BRING, data={"form_token": token[1]}, files=files, headers=OURS)


async def test_a_statement_is_brought_and_what_waits_is_booked_from_its_page(browser, backend):
    paid, open_ = [await sent(backend, a_line(cents)) for cents in (1000, 2000)]
    body = camt053(Statement([paying(1210, f"{paid.number}"), paying(2420, "for the seats")]))
    async with browser("petra") as client:
        assert "Nothing here yet" in (await client.get("/admin/bank-statement/list")).text
        refused = await brought(client, body[:-30])
        assert (refused.status_code, "is not XML that can be read" in said(refused)) == (422, True)
        answer = await brought(client, body)
        page = await client.get(answer.headers["location"])
        assert "2026-015: 1 booked, 1 waiting." in said(page)
        assert "for the seats" in said(page)
        (line,) = await bank_lines(backend, status="waiting")
        home = await client.get("/admin/")
        assert "bank line waits for somebody" in said(home)
        assert f"/admin/bank-line/details/{line.id}" in home.text
        assert "for the seats" in said(await client.get("/admin/bank-line/list?open=yes"))
        page = await client.get(f"/admin/bank-line/details/{line.id}")
        assert (str(open_.number) in said(page), "amount" in said(page)) == (True, True)
        answer = await press(client, f"/admin/bank-line/{line.id}/do/book", invoice=str(open_.number))
        shown = await client.get(answer.headers["location"])
        assert "24.20 EUR are booked." in said(shown)
        assert f"/admin/invoice/details/{open_.id}" in shown.text
    assert (await again(backend, open_)).status == "paid"


async def test_what_is_booked_on_a_paid_invoice_is_told_as_credit(browser, backend):
    paid, open_ = [await sent(backend, a_line(cents)) for cents in (1000, 2000)]
    body = camt053(
        Statement([paying(1210, f"{paid.number}"), paying(1000, "once more"), paying(2520, "for the seats")])
    )
    async with browser("petra") as client:
        await brought(client, body)
        lines = {line.amount_cents: line for line in await bank_lines(backend, status="waiting")}
        for cents, invoice, credited, told in (
            (1000, paid, "10.00", "The invoice asks for nothing more: 10.00 EUR became credit of its tenant."),
            (2520, open_, "1.00", "25.20 EUR are booked; of it 1.00 EUR became credit."),
        ):
            answer = await press(client, f"/admin/bank-line/{lines[cents].id}/do/book", invoice=str(invoice.number))
            shown = said(await client.get(answer.headers["location"]))
            assert told in shown
            assert f"{invoice.number} {cents / 100:.2f} EUR {credited} EUR" in shown

    def text(part) -> str:
        console = Console(width=120, record=True, file=io.StringIO())
        console.print(part)
        return console.export_text()

    _, sections = await backend.ask(petra, BankLineScreen.read, lines[2520].id)
    screen = {section[0]: text(section[1]) for section in sections}
    assert re.search(rf"{open_.number} +25\.20 EUR +1\.00 EUR", screen["What it booked"])
    assert "What it may pay" not in screen


async def sent_to(client, page: str, body: bytes, **fields: str):
    """Send a file by the form of a page."""
    token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(page)).text)
    assert token
    files = {"file": ("statement.csv", body, "text/csv")}
    return await client.post(page, data={"form_token": token[1], **fields}, files=files, headers=OURS)


async def test_a_csv_mapping_is_made_and_tried_before_a_file_is_brought(browser, backend):
    paid = await sent(backend, a_line(1000))
    body = bank_csv((1210, "", f"Rechnung {paid.number}"), (-250, "ENTGELT", "fee"))
    async with browser("petra") as client:
        assert 'id="f-account"' not in (await client.get(BRING)).text
        add = "/admin/bank-csv-mapping/do/add"
        answer = await press(client, add, iban=IBAN, mapping=json.dumps(CSV_MAPPING))
        page = await client.get(answer.headers["location"])
        assert f"CSV files of {IBAN} are read so." in said(page)
        (tried,) = re.findall(r'href="https://localhost:8000([^"]+/preview)"', page.text)
        refused = await sent_to(client, tried, body.replace(b"15.01.2026", b"31.02.2026", 1))
        assert "Line 2, column 'Buchungstag': '31.02.2026' is no day written as DD.MM.YYYY." in said(refused)
        shown = said(await sent_to(client, tried, body))
        assert "The first 2 of 2 rows" in shown
        assert re.search(rf"12\.10 EUR incoming Müller {ACME_IBAN} Rechnung {paid.number} R1", shown)
        assert await bank_lines(backend) == []
        answer = await sent_to(client, BRING, body, account=IBAN)
        assert "1 booked, 1 ignored." in said(await client.get(answer.headers["location"]))
    assert (await again(backend, paid)).status == "paid"
