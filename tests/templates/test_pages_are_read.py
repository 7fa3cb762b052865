"""What came out of the PDF is compared, line by line, with what was meant: before it goes live, is sealed, is kept."""

from datetime import date

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Invalid, Refused
from scaicontrol.core.ports import PageContent
from scaicontrol.media.page_text import ReadText
from scaicontrol.services import documents, invoices, statements, templates
from scaicontrol.services.invoices import document_source, page_rendering
from scaicontrol.services.invoices.models import DocumentRender
from scaicontrol.services.templates import TemplateType
from tests.factories import ACME, alice, petra
from tests.factories.invoices import RENDERER, a_draft, a_line, finalized, sent
from tests.factories.templates import BY_HAND, STATEMENT, draft, live, partner_names

FLOAT = f'<div style="float: left">{BY_HAND}</div>'  # layout drops what of it is higher than a page
MANY = [a_line(1000 + number, description=f"Seat number {number}") for number in range(90)]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_style_that_loses_lines_is_refused_with_its_line(backend):
    for box in ("inline-block", "inline-table", "table-header-group"):
        with pytest.raises(Invalid, match=f"Line 2: 'display: {box}' loses what is higher than a page"):
            await draft(backend, html_content=BY_HAND, css_content=f"p {{ color: red }}\n.all {{ display: {box} }}")
        with pytest.raises(Invalid, match="Line 1: 'display: "):
            await draft(backend, html_content=f'<div style="display: {box}">{BY_HAND}</div>')


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_template_that_loses_lines_of_a_long_document_does_not_go_live(backend):
    floating = await draft(backend, html_content=FLOAT)
    with pytest.raises(Invalid, match="The pages do not show the line of 'Service no") as refused:
        await templates.publish(backend, petra, floating.id)
    assert "totals.total" in {reason.field for reason in refused.value.reasons}
    account = await draft(
        backend, TemplateType.statement, html_content=f'<div style="float: left">{STATEMENT}</div>', name="account"
    )
    with pytest.raises(Invalid, match="The pages do not show the entry 'SCAI-2026-"):
        await templates.publish(backend, petra, account.id)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_number_is_drawn_for_pages_that_lose_lines(backend):
    await live(backend, html_content=FLOAT)  # as one that was published before anybody looked
    await partner_names(backend, "fancy")
    short, long = await a_draft(backend), await a_draft(backend, *MANY)
    assert (await invoices.check(backend, petra, short.id)).ready
    report = await invoices.check(backend, petra, long.id)
    lost = {reason.field for reason in report.reasons}
    assert {"lines.description", "lines.amount", "totals.total"} <= lost
    with pytest.raises(Refused, match="The pages do not show the line of 'Seat number"):
        await invoices.finalize(backend, petra, long.id)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_files_that_lack_a_line_are_not_kept(backend, monkeypatch):
    """Whatever takes a line away between what was sealed and the paper."""
    invoice = await finalized(backend, a_line(1900, description="Kept"), a_line(2100, description="Gone"))
    whole = backend.ports.renderer.pdf

    async def losing(html, **said):
        return await whole(html.replace("Gone", ""), **said)

    monkeypatch.setattr(backend.ports.renderer, "pdf", losing)
    assert await documents.render_due(backend, RENDERER) == 0
    (wanted,) = await backend.ask(RENDERER, _waiting)
    assert wanted.last_error.startswith("The pages do not show the line of 'Gone' (Art. 226(6)): 'Gone'.")
    assert await backend.ask(petra, documents.versions, invoice.id) == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_an_earlier_gate_let_pass_is_still_made(backend):
    """Two rates and no total VAT: today's gate refuses it, and what was sealed before gets its files."""
    source = await _source(backend, await finalized(backend, a_line(1900), a_line(2100, tax_rate="9")))
    html = f"<p>{source.invoice['number']}</p>"
    asked = [content.field for content in await page_rendering.must_show(source)]
    assert "totals.tax" in asked
    assert [content.field for content in await page_rendering.must_show(source, html)] == ["invoice.number"]


async def _source(backend, invoice):
    async def read(uow):
        return await document_source.source_of(uow, await invoices.get(uow, invoice.id))

    return await backend.ask(petra, read)


async def _waiting(uow):
    uow.authorize("invoices:render")
    return list(await uow.session.scalars(select(DocumentRender)))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_statement_that_loses_an_entry_is_not_made(backend, monkeypatch):
    invoice = await sent(backend)
    whole = backend.ports.renderer.pdf

    async def losing(html, **said):
        return await whole(html.replace(invoice.number, ""), **said)

    monkeypatch.setattr(backend.ports.renderer, "pdf", losing)
    with pytest.raises(Refused, match=f"The pages do not show the entry '{invoice.number}'"):
        await statements.statement_pdf(backend, alice, ACME, date(2026, 1, 1), date(2026, 1, 31))


LONG = "Zusammenstellung der im Berichtszeitraum erbrachten Leistungen nach Kostenstellen"
READ = {
    # what the page says, what it must say, how often, and whether it does
    "twice": ("Seat 10.00 Seat 10.00", "Seat", False, 2, True),
    "only once": ("Seat 10.00", "Seat", False, 2, False),
    "amounts are counted": ("10.00 and 10.00", "10.00", True, 2, True),
    "not within another number": ("1,110.00 and 10.00", "10.00", True, 2, False),
    "hyphens of line ends": ("Zusammen\x02\nstellung der", "Zusammenstellung der", False, 1, True),
    "over the end of a page": (LONG[:40] + "\nScaiLabs B.V. page 1 of 2\n" + LONG[40:], LONG, False, 1, True),
    "cut at the end of a page": (LONG[:40] + "\nScaiLabs B.V. page 1 of 2", LONG, False, 1, False),
    "another order of glyphs": ("(שלום) Acme 42", "Acme שלום 42", False, 1, True),
    "its Latin part is another": ("(שלום) Acne 42", "Acme שלום 42", False, 1, False),
    "spaces of French": ("1\u202f234,50\u00a0€", "1 234,50", True, 1, True),
    "per cent": ("25,5 %", "25,5\u00a0%", True, 1, True),
}  # fmt: skip


@pytest.mark.parametrize(("text", "form", "is_number", "times", "shown"), READ.values(), ids=READ)
def test_what_is_read_out_of_a_pdf(text, form, is_number, times, shown):
    content = PageContent("lines", "it", "us", (form,), is_number, times)
    assert ReadText(text, from_pdf=True).shows(content) is shown
