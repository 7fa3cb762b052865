"""The console's documents, whole: drafts mended where they fail, credit in part, files, seals, pursuit."""

import re
from datetime import date, timedelta
from urllib.parse import unquote_plus

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.services import invoices
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn, InvoicePatch
from tests.console.conftest import preview
from tests.factories import ACME, petra
from tests.factories.invoices import a_draft, a_line, again, finalized, rendered, sent
from tests.surfaces.console_browser import press, said, shown

AT = "/admin/invoice"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


def page_of(invoice: Invoice) -> str:
    return f"{AT}/details/{invoice.id}"


async def test_each_reason_of_the_gate_leads_to_what_mends_it(browser, backend):
    draft = await a_draft(backend)
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(lines=[], due_date=date(2020, 1, 1)))
    async with browser("petra") as client:
        page = await client.get(page_of(draft))
        links = re.findall(r'href="https://localhost:8000([^"]+)">Mend it', page.text)
        assert links
        assert {f"{AT}/{draft.id}/do/add_line", f"{AT}/{draft.id}/do/update"} <= set(links)
        for link in links:
            assert (await client.get(link)).status_code == 200
        await press(client, f"{AT}/{draft.id}/do/add_line", description="Advice", quantity="2", price="50.00")
        await press(client, f"{AT}/{draft.id}/do/update", due_date="", notes="Thank you.", version="")
        mended = said(await client.get(page_of(draft)))
    assert "Nothing keeps it from being finalized: it would come to 121.00 EUR" in mended
    assert "Thank you." in mended


async def test_the_lines_of_a_draft_are_edited_one_by_one(browser, backend):
    draft = await a_draft(backend, a_line(1000, description="First"), a_line(2000, description="Second"))
    async with browser("petra") as client:
        page = await client.get(page_of(draft))
        [form] = [each for each in re.findall(r'do/edit_line\?([^"]+)"', page.text) if "Second" in each]
        assert "price=20.00" in form
        opened = await client.get(f"{AT}/{draft.id}/do/edit_line?{form.replace('&amp;', '&')}")
        assert 'value="20.00"' in opened.text
        line = re.search(r"line=(\w+)", unquote_plus(form))
        assert line
        changed = {"line": line[1], "description": "Third", "quantity": "1.5", "price": "30"}
        assert (await press(client, f"{AT}/{draft.id}/do/edit_line", **changed)).status_code == 303
        wrong = await press(client, f"{AT}/{draft.id}/do/edit_line", **{**changed, "price": "1.234"})
        assert wrong.status_code == 422
        first = (await again(backend, draft)).lines[0].id
        gone = await press(client, f"{AT}/{draft.id}/do/remove_line", line=first)
        assert gone.status_code == 303, said(gone)
    left = await again(backend, draft)
    assert [(each.description, each.amount_cents) for each in left.lines] == [("Third", 4500)]


async def test_a_colleagues_edit_is_noticed(browser, backend):
    draft = await a_draft(backend)
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(notes="Hers"))
    async with browser("petra") as client:
        answer = await press(client, f"{AT}/{draft.id}/do/update", notes="Mine", version="1")
    assert answer.status_code == 409
    assert (await again(backend, draft)).notes == "Hers"


async def test_a_draft_is_deleted(browser, backend):
    draft = await a_draft(backend)
    async with browser("petra") as client:
        answer = await press(client, f"{AT}/{draft.id}/do/delete")
        assert answer.headers["location"].endswith(f"{AT}/list")
        assert (await client.get(page_of(draft))).status_code == 404


async def test_a_line_is_credited_in_part_and_shown_before(browser, backend):
    invoice = await finalized(backend, a_line(1000, description="First"), a_line(2000, description="Second"))
    path = f"{AT}/{invoice.id}/do/credit"
    form = {"line": invoice.lines[1].id, "amount": "5.00", "reason": "Outage"}
    async with browser("petra") as client:
        assert f"do/credit?line={invoice.lines[1].id}" in (await client.get(page_of(invoice))).text
        shown = said(await preview(client, path, **form))
        assert "Net -5.00 EUR" in shown
        assert "Total -6.05 EUR" in shown
        assert (await again(backend, invoice)).amount_credited_cents == 0
        answer = await press(client, path, **form, finalize="on")
        note = said(await client.get(answer.headers["location"]))
        assert "gives back 6.05 EUR" in note
        assert "Second" in note
        back = await client.get(page_of(invoice))
        assert "6.05 EUR" in said(back)


async def test_an_amount_is_credited_with_or_without_vat(browser, backend):
    invoice = await finalized(backend, a_line(10_000))
    path = f"{AT}/{invoice.id}/do/credit"
    async with browser("petra") as client:
        gross = said(await preview(client, path, amount="12.10", basis="gross", reason="x"))
        net = said(await preview(client, path, amount="10.00", basis="net", reason="x"))
        more = await preview(client, path, amount="1000.00", basis="net", reason="x")
    assert "Net -10.00 EUR" in gross
    assert "Total -12.10 EUR" in net
    assert more.status_code == 400


async def test_what_mirrors_an_invoice_has_no_lines_to_edit(browser, backend):
    invoice = await finalized(backend)
    note = await invoices.credit(backend, petra, invoice.id, CreditIn(reason="Outage"))
    async with browser("petra") as client:
        page = await client.get(page_of(note))
        assert "do/edit_line" not in page.text
        assert page_of(invoice) in page.text
        refused = await press(client, f"{AT}/{note.id}/do/add_line", description="More", quantity="1", price="1")
        assert refused.status_code == 400
        assert page_of(note) in (await client.get(page_of(invoice))).text


async def test_what_needs_another_person_leads_to_its_change_plan(browser, backend):
    invoice = await finalized(backend)
    async with browser("petra") as client:
        told = await shown(client, f"{AT}/{invoice.id}/do/void", reason="Never sold")
        assert "Another person has to agree before this is done (voids)" in said(told)
        answer = await press(client, f"{AT}/{invoice.id}/do/void", reason="Never sold")
        assert "/admin/change-plan/details/cpl_" in answer.headers["location"]
        assert "Invoices void pending approval" in said(await client.get(answer.headers["location"]))
    assert (await again(backend, invoice)).status == "finalized"


async def test_files_are_shown_and_the_seal_is_verified(browser, backend):
    invoice = await rendered(backend)
    async with browser("petra") as client:
        page = await client.get(page_of(invoice))
        assert str(invoice.canonical_digest) in page.text
        [pdf, *others] = re.findall(r'href="https://localhost:8000(/admin/invoice/[^"]+/show/[^"]+)"', page.text)
        shown = await client.get(pdf)
        assert shown.content.startswith(b"%PDF")
        assert shown.headers["content-disposition"].startswith("inline")
        for other in others:
            assert "&lt;" in (await client.get(other)).text
        answer = await press(client, f"{AT}/{invoice.id}/do/verify")
        assert "The series of 1 documents and all its files are as they were sealed." in said(
            await client.get(answer.headers["location"])
        )


async def test_an_overdue_invoice_is_reminded_of(browser, backend, clock):
    invoice = await sent(backend)
    clock.advance(timedelta(days=40))
    await backend.perform(Actor.system("age"), invoices.mark_overdue)
    async with browser("petra") as client:
        answer = await press(client, f"{AT}/{invoice.id}/do/remind")
        page = said(await client.get(answer.headers["location"]))
    assert "Reminder 1 is made and mailed to the billing contact." in page
    assert "Past due since" in page
    assert "Day 21: what it pays for is suspended" in page


async def test_an_invoice_names_its_tenant_and_leads_to_its_run(browser, backend):
    invoice = await finalized(backend)
    async with browser("petra") as client:
        page = said(await client.get(page_of(invoice)))
    assert "Acme" in page
    assert ACME not in page.split("Tax decision")[0].split("Document ")[-1]
