"""Reminders and statements wear the template that is published for them, by the order of all documents."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.media.page_text import text_of_pdf
from scaicontrol.services import invoices, statements, templates
from scaicontrol.services.statements.models import AccountDocument
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.schemas import TemplatePreviewIn, TemplatePut
from tests.factories import ACME, NORTHWIND, SOUTHBAY, ada, alice, petra, sam
from tests.factories.invoices import a_draft, a_line, sent
from tests.factories.templates import REMINDER, STATEMENT, draft, live, partner_names, tenant_names

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
KINDS = {TemplateType.payment_reminder: REMINDER, TemplateType.statement: STATEMENT}


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    return request.param


async def overdue(backend, clock, **fields):
    """An invoice of Acme over 12.10 EUR that was due six days ago."""
    invoice = await sent(backend, a_line(1000), **fields)
    clock.advance(timedelta(days=20))
    return invoice


async def made(backend, kind, invoice):
    """Make the paper of a kind, and give its row with what a reader sees of it."""
    if kind == TemplateType.payment_reminder:
        await statements.make_reminder(backend, petra, invoice.id)
    else:
        await statements.statement_pdf(backend, alice, ACME, *JANUARY)
    row = (await papers(backend))[-1]
    return row, text_of_pdf(await backend.ports.objects.get(row.storage_key))


async def papers(backend):
    async def read(uow):
        return list(await uow.session.scalars(select(AccountDocument).order_by(AccountDocument.id)))

    return await backend.ask(petra, read)


def worn(row):
    return row.template_id, row.template_version


async def test_what_a_partner_published_is_on_the_paper_and_recorded(backend, clock, kind):
    mine = await live(backend, kind, html_content=KINDS[kind] + "<p>Northwind's own.")
    await templates.save(backend, petra, mine.id, TemplatePut(version=1, html_content="<p>Not yet."))
    await partner_names(backend, "fancy")
    row, text = await made(backend, kind, await overdue(backend, clock))
    assert "Northwind's own." in text
    assert "€12.10" in text
    assert "Not yet." not in text
    assert worn(row) == (mine.id, 1)


async def test_the_tenants_name_comes_before_the_partners(backend, clock, kind):
    await live(backend, kind, "partners", html_content="<p>The partner's choice.")
    chosen = await live(backend, kind, "tenants", html_content="<p>The tenant's choice.")
    await partner_names(backend, "partners")
    await tenant_names(backend, "tenants")
    row, text = await made(backend, kind, await overdue(backend, clock))
    assert "The tenant's choice." in text
    assert worn(row) == (chosen.id, 1)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_its_language_comes_before_any_and_the_partners_own_before_the_platforms(backend, clock, kind):
    await live(backend, kind, by=ada, language="en", html_content="<p>The platform's, in English.")
    anyhow = await live(backend, kind, html_content="<p>In any language.")
    await partner_names(backend, "fancy")
    invoice = await overdue(backend, clock)
    english = await live(backend, kind, language="en", html_content="<p>In English.")
    row, text = await made(backend, kind, invoice)
    assert ("In English." in text, worn(row)) == (True, (english.id, 1))
    await backend.perform(petra, templates.delete, english.id)
    await tenant_names(backend, None, preferred_language="de")
    if kind == TemplateType.statement:  # an invoice keeps the language it was sealed in
        row, text = await made(backend, kind, invoice)
        assert ("In any language." in text, worn(row)) == (True, (anyhow.id, 1))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_draft_and_what_another_partner_published_are_never_used(backend, clock, kind):
    await draft(backend, kind, html_content="<p>Not published.")
    await live(backend, kind, by=sam, html_content="<p>Southbay's.")
    for partner_id in (NORTHWIND, SOUTHBAY):
        await partner_names(backend, "fancy", partner_id)
    row, text = await made(backend, kind, await overdue(backend, clock))
    assert worn(row) == (None, None)
    assert "Not published." not in text
    assert "Southbay's." not in text
    assert templates.labels("en").statement in text or "reminder" in text.lower()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_paper_made_before_keeps_its_template(backend, clock, kind):
    invoice = await overdue(backend, clock)
    before, _ = await made(backend, kind, invoice)
    await live(backend, kind)
    await tenant_names(backend, "fancy")
    assert worn(before) == worn((await papers(backend))[0]) == (None, None)
    if kind == TemplateType.payment_reminder:  # the same level is made once, whatever was published since
        again = await statements.make_reminder(backend, petra, invoice.id, 1)
        assert again.id == before.id


BROKEN = {
    TemplateType.payment_reminder: "\n<p>{% if reminder.days_overdue == 6 %}{{ invoice.number | money }}{% endif %}",
    TemplateType.statement: "\n<p>{% if statement.opening == 0 %}{{ buyer.company_name | money }}{% endif %}",
}
LEGAL = '\n<p>{% if invoice.purchase_order_ref == "PO-1" %}{{ invoice.number | money }}{% endif %}'


async def test_a_template_that_fails_refuses_in_the_words_of_the_gate_and_leaves_nothing(backend, clock, kind):
    broken = KINDS[kind] + BROKEN[kind]
    mine = await live(backend, kind, html_content=broken)
    await partner_names(backend, "fancy")
    invoice = await overdue(backend, clock)
    before = dict(backend.ports.objects.stored)
    with pytest.raises(Refused) as refused:
        await made(backend, kind, invoice)
    line = broken.count(chr(10)) + 1
    (reason,) = refused.value.reasons
    assert (reason.code, reason.field) == ("template_error", "template")
    assert reason.message.startswith(
        f"The template does not render: The template is refused. Line {line}: Expected a number, found '"
    )
    deed = f"remind of {invoice}" if kind == TemplateType.payment_reminder else "make the statement of Acme"
    assert refused.value.message == f"Cannot {deed}: {reason.message}"
    assert (await papers(backend), backend.ports.objects.stored) == ([], before)
    await templates.save(backend, petra, mine.id, TemplatePut(version=1, html_content=KINDS[kind]))
    await templates.publish(backend, petra, mine.id)
    row, _ = await made(backend, kind, invoice)
    assert worn(row) == (mine.id, 2)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_gate_of_an_invoice_says_the_same_of_the_same_fault(backend):
    await live(backend, html_content=LEGAL)
    await partner_names(backend, "fancy")
    report = await invoices.check(backend, petra, (await a_draft(backend, purchase_order_ref="PO-1")).id)
    (reason,) = report.reasons
    assert (reason.code, reason.field) == ("template_error", "template")
    assert reason.message.startswith(
        "The template does not render: The template is refused. Line 2: Expected a number, found '"
    )


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_template_that_runs_away_is_stopped(backend, clock, kind):
    loop = "{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}{% endif %}"
    await live(backend, kind, html_content=BROKEN[kind].partition("{{")[0] + loop)
    await partner_names(backend, "fancy")
    with pytest.raises(Refused, match=r"The template does not render: .*[Ll]oop iteration limit"):
        await made(backend, kind, await overdue(backend, clock))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_preview_shows_them_with_sample_data(backend, kind):
    asked = TemplatePreviewIn(document_type=kind, html_content=KINDS[kind], output="pdf")
    shown = await templates.preview(backend, petra, asked)
    expected = {TemplateType.payment_reminder: "€2,040.00, 7 days late", TemplateType.statement: "Open: €2,044.09"}
    assert expected[kind] in templates.text_of_html(shown.html)
    assert shown.pdf is not None
    assert expected[kind] in text_of_pdf(shown.pdf)
    assert shown.missing == []
