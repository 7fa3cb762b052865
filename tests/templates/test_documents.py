"""Documents are made with the template the gate approved, and say what their XML says."""

from datetime import UTC, date, datetime

import pytest

from scaicontrol.core import i18n
from scaicontrol.core.errors import Invalid, Refused
from scaicontrol.media.page_text import text_of_pdf
from scaicontrol.services import documents, einvoices, invoices, templates
from scaicontrol.services.templates import PageJob, TemplateType, filters
from scaicontrol.services.templates.engine import rendering, samples
from scaicontrol.services.templates.engine.catalogue import known, variables_of
from scaicontrol.services.templates.engine.compiler import Source
from scaicontrol.services.templates.schemas import TemplatePut
from tests.factories import ada, petra
from tests.factories.changes import agreed
from tests.factories.documents import CASES, document, rows_for
from tests.factories.invoices import RENDERER, a_draft, a_line, finalized, rendered
from tests.factories.templates import BY_HAND, CREDIT_NOTE, INVOICE, draft, live, partner_names, tenant_names


async def files(backend, invoice):
    return {version.kind: version for version in reversed(await backend.ask(petra, documents.versions, invoice.id))}


async def page_of(backend, invoice):
    stored = await files(backend, invoice)
    return text_of_pdf(await backend.ports.objects.get(stored["pdf"].storage_key))


async def test_the_document_is_made_with_what_was_published_and_says_so(backend):
    mine = await live(backend, html_content=BY_HAND + "<p>With a smile.")
    await templates.save(backend, petra, mine.id, TemplatePut(version=1, html_content=BY_HAND + "<p>Not yet."))
    await tenant_names(backend, "fancy")
    invoice = await rendered(backend)
    assert "With a smile." in await page_of(backend, invoice)
    stored = await files(backend, invoice)
    assert (stored["pdf"].template_id, stored["pdf"].template_version) == (mine.id, 1)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_template_of_the_gate_is_the_one_it_is_made_with(backend):
    mine = await live(backend, html_content=BY_HAND + "<p>First.")
    await partner_names(backend, "fancy")
    invoice = await finalized(backend)
    await templates.save(backend, petra, mine.id, TemplatePut(version=1, html_content=BY_HAND + "<p>Second."))
    await templates.publish(backend, petra, mine.id)
    while await documents.render_due(backend, RENDERER):
        pass
    assert "First." in await page_of(backend, invoice)
    await backend.perform(petra, documents.regenerate_pdf, invoice.id, "new look")
    while await documents.render_due(backend, RENDERER):
        pass
    assert "Second." in await page_of(backend, invoice)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_void_document_keeps_its_template_and_says_void(backend):
    mine = await live(backend)
    await partner_names(backend, "fancy")
    invoice = await rendered(backend)
    await partner_names(backend, None)
    await agreed(backend, petra, invoices.void, invoice.id, "never ordered")
    while await documents.render_due(backend, RENDERER):
        pass
    stored = await files(backend, invoice)
    assert (stored["pdf"].version, stored["pdf"].template_id) == (2, mine.id)
    assert "VOID" in await page_of(backend, invoice)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_gate_names_what_the_real_document_does_not_show(backend):
    await live(backend, html_content=BY_HAND.replace("{{ line.amount | money }}", ""))
    await partner_names(backend, "fancy")
    drafted = await a_draft(backend, a_line(1900, quantity=3), a_line(2100, description="Setup"))
    report = await invoices.check(backend, petra, drafted.id)
    assert [(reason.code, reason.field) for reason in report.reasons] == [("template_error", "lines.amount")]
    with pytest.raises(Refused, match="does not show the amount of 'Pro plan'"):
        await invoices.finalize(backend, petra, drafted.id)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_template_that_fails_on_the_real_document_names_the_line(backend):
    broken = BY_HAND + "\n<p>{% if invoice.notes %}{{ invoice.notes | money }}{% endif %}"
    with pytest.raises(Invalid, match="Expected a number"):
        await draft(backend, html_content=broken)  # the sample has notes, so it is seen at once
    hidden = BY_HAND + '\n<p>{% if invoice.purchase_order_ref == "PO-1" %}{{ invoice.number | money }}{% endif %}'
    await live(backend, html_content=hidden)
    await partner_names(backend, "fancy")
    drafted = await a_draft(backend, purchase_order_ref="PO-1")
    report = await invoices.check(backend, petra, drafted.id)
    assert [reason.code for reason in report.reasons] == ["template_error"]
    assert f"Line {hidden.count(chr(10)) + 1}: Expected a number, found 'SCAI-2026-000001'" in report.reasons[0].message


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_name_nobody_published_is_a_warning(backend):
    await draft(backend)
    await tenant_names(backend, "fancy")
    drafted = await a_draft(backend)
    report = await invoices.check(backend, petra, drafted.id)
    assert report.ready
    assert report.warnings == ["No template named 'fancy' is published for it; the built-in one is used."]
    assert (await invoices.finalize(backend, petra, drafted.id)).number


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_change_of_template_between_gate_and_number_is_a_conflict(backend):
    drafted = await a_draft(backend)
    seen = await invoices.check(backend, petra, drafted.id)
    await live(backend)
    await partner_names(backend, "fancy")
    again = await invoices.check(backend, petra, drafted.id)
    assert seen.inputs_digest != again.inputs_digest


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_template_is_tried_on_a_real_document(backend):
    invoice = await finalized(backend)
    shown = await backend.ask(petra, invoices.template_variables, invoice.id)
    assert shown["invoice"]["number"] == invoice.number
    drafted = await a_draft(backend)
    assert (await backend.ask(ada, invoices.template_variables, drafted.id))["invoice"]["status"] == "finalized"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("credit", [False, True])
@pytest.mark.parametrize("case", CASES)
async def test_pdf_and_xml_say_the_same(renderer, case, credit, language):
    """The built-in documents and the designer's first one, in every case, kind and language."""
    made = document(case, credit=credit, language=language)
    source = Source(CREDIT_NOTE if credit else INVOICE, templates.starter(CREDIT_NOTE if credit else INVOICE))
    own = rendering.run(PageJob(source, language, einvoices.variables(made))).html
    for html in (einvoices.render_html(made), own):
        assert templates.absent(einvoices.variables(made), templates.text_of_html(html), language) == []
    if language in ("en", "fr"):
        await renderer.pdf(own, title="x", created_at=_noon(made.issue_date), shows=einvoices.must_show(made))


def _noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def test_a_pdf_of_another_document_is_found_out(renderer):
    made = document()
    html = einvoices.render_html(made).replace("€1,978.69", "€1,978.96").replace("1,978.69", "1,978.96")
    with pytest.raises(Invalid, match="The pages do not show the total") as refused:
        await renderer.pdf(html, title="x", created_at=_noon(made.issue_date), shows=einvoices.must_show(made))
    assert [reason.field for reason in refused.value.reasons] == ["totals.total"]


@pytest.mark.parametrize("kind", list(TemplateType))
def test_the_catalogue_the_samples_and_the_documents_agree(kind):
    shown = samples.sample(kind)
    if kind in (INVOICE, CREDIT_NOTE):
        real = einvoices.variables(document(credit=kind == CREDIT_NOTE))
        assert names(real) - names(known(kind)) - names(shown) == set()
        assert names(shown) - names(real) <= {"invoice.status", *OPTIONAL}
    offered = {variable.path for variable in variables_of(kind) if not variable.path.startswith("labels.")}
    lists = {variable.path for variable in variables_of(kind) if variable.kind == "list"}
    assert {path for path in offered - lists if path.replace("[]", "") not in names(shown)} <= OPTIONAL


OPTIONAL = {
    "totals.lines", "totals.adjustments", "totals.adjustments[].reason", "totals.adjustments[].amount",
    "totals.tax_currency", "totals.tax_in_tax_currency", "lines[].adjustments[].reason", "lines[].adjustments[].amount",
    "tax.notes.category", "tax.notes.text",
}  # fmt: skip


def names(value, path=""):
    if isinstance(value, dict):
        return set().union(*(names(item, f"{path}.{name}".lstrip(".")) for name, item in value.items()))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return set().union({path}, *(names(item, path) for item in value))
    return {path}


MIXED = {
    # what the document was decided as, the categories of its lines, and whether each gives a reason of its own
    "goods beside services": ("reverse_charge", ("AE", "K", "AE")),
    "exempt beside taxed": ("domestic", ("S", "E", "S")),
    "nothing is as decided": ("reverse_charge", ("K", "E", "K")),
    "zero beside exempt": ("domestic", ("Z", "E", "S")),
}  # fmt: skip


@pytest.mark.parametrize(("case", "categories"), MIXED.values(), ids=MIXED)
def test_every_group_carries_its_note_and_its_own_row(case, categories):
    """Art. 226(11): one document may owe several notes, and rows of 0 % are told apart."""
    rows = rows_for(case, language="de")
    reasons = {"K": "Innergemeinschaftliche Lieferung", "E": "Art. 132 (1) i", "AE": "", "S": "", "Z": ""}
    for line, category in zip(rows["lines"], categories, strict=True):
        line.update(tax_category=category, exemption_reason=reasons[category])
        line.update({} if category == "S" else {"tax_rate": "0"})
    made = einvoices.document_from(**rows)
    text = " ".join(templates.text_of_html(einvoices.render_html(made)).split())
    groups = {group.category: group for group in made.vat}
    assert set(groups) == set(categories)
    for category, group in groups.items():
        assert group.exemption_reason in text
        assert category == "S" or f"USt. 0 % {category}" in text
    assert f"Umsatzsteuer gesamt {filters.money(made.totals.tax, 'EUR', 'de')}".replace("\u00a0", " ") in text
    assert ("Steuerschuldnerschaft" in text) == ("AE" in groups)
    assert templates.absent(einvoices.variables(made), text, "de") == []


def test_days_of_supply_tax_numbers_and_the_vat_of_the_state_are_part_of_the_proof():
    rows = rows_for("domestic")
    rows["invoice"]["delivery_date"] = date(2026, 10, 20)
    rows["seller"] |= {"seller_vat_number": "", "seller_tax_number": "27/123/45678"}
    rows["decision"] |= {"tax_currency": "PLN", "tax_in_tax_currency_cents": 145678}
    made = einvoices.document_from(**rows)
    shown, html = einvoices.variables(made), einvoices.render_html(made)
    assert templates.absent(shown, templates.text_of_html(html), "en") == []
    for written, field in {
        "20 October 2026": "invoice.delivery_date",
        "1\u201331 Oct 2026": "invoice.period_end",
        "27/123/45678": "seller.seller_tax_number",
        "1,456.78": "totals.tax_in_tax_currency",
        "21%": "totals.groups.rate",
    }.items():
        lacking = templates.text_of_html(html.replace(written, ""))
        assert field in [reason.field for reason in templates.absent(shown, lacking, "en")], written
