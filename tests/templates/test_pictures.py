"""Templates show what their partner uploaded: inside a document, by a link in a mail, and nothing of anybody else."""

import base64
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Invalid
from scaicontrol.services import documents, invoices, partners, statements, templates, uploads
from scaicontrol.services.documents.models import DocumentVersion
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.templates import Letter, Letterhead, PageJob, Source, TemplateType
from scaicontrol.services.templates.engine import rendering, samples
from scaicontrol.services.templates.schemas import TemplatePreviewIn
from tests.einvoices.test_pdf_structure import hold_objects
from tests.factories import ACME, NORTHWIND, ada, bert, petra, sam
from tests.factories.invoices import RENDERER, a_draft, again, finalized, sent
from tests.factories.templates import BY_HAND, draft, live, partner_names
from tests.factories.uploads import SVG, picture, uploaded

INVOICE = TemplateType.invoice
GONE = f"{uploads.ROOT}template-images/{NORTHWIND}/{'0' * 64}.png"
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"])


def showing(address):
    return f'{BY_HAND}\n<p><img src="{address}" alt="Northwind"></p>'


def stored(backend, address):
    body = backend.ports.objects.stored[address.removeprefix(uploads.ROOT)]
    return base64.b64encode(body).decode()


async def pdfs_of(backend, invoice):
    async def read(uow):
        rows = await uow.session.scalars(select(DocumentVersion).where(DocumentVersion.invoice_id == invoice.id))
        return [row.storage_key for row in rows if row.kind != "xml"]

    return [backend.ports.objects.stored[key] for key in await backend.ask(ada, read)]


def hold(pdf):
    """Look at a PDF as its structure tests do, and give its pictures."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        dictionaries = [each for each in opened.objects if isinstance(each, (pikepdf.Dictionary, pikepdf.Stream))]
        hold_objects(dictionaries)
        assert [str(each.S) for each in opened.Root.OutputIntents] == ["/GTS_PDFA1"]
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        images = [each for each in dictionaries if each.get("/Subtype") == "/Image"]
        return sorted((int(each.Width), "/SMask" in each) for each in images)


async def test_a_document_carries_the_pictures_of_its_template_and_its_seller(backend):
    shown = await uploaded(backend, picture("PNG", "RGBA"))
    logo = await uploaded(backend, picture("JPEG", "CMYK", (80, 20)))
    await backend.perform(petra, partners.configure, NORTHWIND, PartnerConfigurationPatch(logo_url=logo))
    worn = '{% if brand.logo_url %}<img src="{{ brand.logo_url }}" alt="Northwind">{% endif %}'
    made = await draft(backend, html_content=f"{showing(shown)}<p>{worn}</p>")
    await templates.publish(backend, petra, made.id)
    await partner_names(backend, "fancy")
    invoice = await finalized(backend)
    while await documents.render_due(backend, RENDERER):
        pass
    (pdf,) = await pdfs_of(backend, invoice)
    assert hold(pdf) == [(60, False), (60, True), (80, False)]  # a transparent one is two: colours and mask


@only_sqlite
async def test_our_own_documents_wear_the_uploaded_logo(backend, clock):
    logo = await uploaded(backend, picture("PNG", "RGBA"))
    await backend.perform(petra, partners.configure, NORTHWIND, PartnerConfigurationPatch(logo_url=logo))
    invoice = await sent(backend)
    while await documents.render_due(backend, RENDERER):
        pass
    clock.advance(timedelta(days=60))
    reminder = await statements.make_reminder(backend, petra, invoice.id)
    days = (date(2026, 1, 1), date(2026, 1, 31))
    papers = [
        *await pdfs_of(backend, invoice),
        backend.ports.objects.stored[reminder.storage_key],
        (await statements.statement_pdf(backend, petra, ACME, *days)).body,
    ]
    assert [hold(pdf) for pdf in papers] == [[(60, False), (60, True)]] * 3


@only_sqlite
@pytest.mark.parametrize(
    ("html", "css"),
    [
        ('<p><img src="{}" alt="x">', ""),
        ("<p style='background-image: url({})'>x", ""),
        ("<p style='background: url(\"{}\")'>x", ""),
        ("<p class='x'>x", ".x { background-image: url({}) }"),
        ("<p class='x'>x", ".x { background: #fff url('{}') no-repeat }"),
        ("<p class='x'>x", '@media print { .x { content: url("{}") } }'),
        ("<p class='x'>x", r".x { background-image: url(/api\2f v1/uploads/{name}) } /* {} */"),
        ('<div data-inv="lines"></div><p><img src="{}">', ""),
    ],
)
async def test_wherever_a_picture_may_stand_an_upload_may(backend, html, css):
    address = await uploaded(backend, SVG)
    name = address.removeprefix(uploads.ROOT)
    source = Source(INVOICE, html.format(address), css.replace("{name}", name).replace("{}", address))
    pictures = await uploads.embedded(backend.ports.objects, NORTHWIND, source.texts)
    page = rendering.run(PageJob(source, "en", samples.sample(INVOICE), pictures=pictures)).html
    assert page.count(f"data:image/svg+xml;base64,{stored(backend, address)}") == 1
    assert "api/v1/uploads" not in page
    assert not {"\ue000", "\ue001"} & set(page)


@only_sqlite
@pytest.mark.parametrize("text", ["{}", 'src="{}"', "url({})"])
async def test_what_only_speaks_of_an_upload_stays_as_it_is(backend, text):
    address = await uploaded(backend)
    said = text.format(address)
    source = Source(INVOICE, f'<p>{said}</p><p>{{{{ invoice.notes }}}}</p><p><img src="{address}">')
    sample = samples.sample(INVOICE)
    variables = sample | {"invoice": sample["invoice"] | {"notes": said}}
    pictures = await uploads.embedded(backend.ports.objects, NORTHWIND, source.texts)
    page = rendering.run(PageJob(source, "en", variables, pictures=pictures)).html
    assert page.count("data:image/png;base64,") == 1
    assert page.count(address) == 2


@only_sqlite
@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/uploads/documents/prt_northwind/2026/x.png",
        "/api/v1/uploads/template-images/logo.png",
        f"/api/v1/uploads/icons/../{'0' * 64}.png",
        f"/api/v1/uploads/icons/{'0' * 64}.gif",
        f"//evil.example/api/v1/uploads/icons/{'0' * 64}.png",
        f"https://evil.example/api/v1/uploads/icons/{'0' * 64}.png",
        f"/api/v1/uploads/icons/{'0' * 64}.png?x",
        f"/api/v1/uploads/icons/{'0' * 64}.png#x",
        "/logo.png",
    ],
)
async def test_any_other_address_is_refused_with_its_line(backend, address):
    with pytest.raises(Invalid, match=f"Line {BY_HAND.count(chr(10)) + 2}: The image .* is not allowed"):
        await draft(backend, html_content=showing(address))
    with pytest.raises(Invalid, match="Line 2: url"):
        await draft(backend, html_content=BY_HAND, css_content=f"p {{}}\n.x {{ background: url({address}) }}")


async def test_a_picture_that_is_not_there_is_named_with_its_line(backend):
    with pytest.raises(Invalid, match=f"Line {BY_HAND.count(chr(10)) + 2}: There is no upload template-images/"):
        await draft(backend, html_content=showing(GONE))
    address = await uploaded(backend)
    await live(backend, html_content=showing(address))
    await partner_names(backend, "fancy")
    drafted = await a_draft(backend)
    del backend.ports.objects.stored[address.removeprefix(uploads.ROOT)]
    report = await invoices.check(backend, petra, drafted.id)
    assert [reason.code for reason in report.reasons] == ["template_error"]
    assert f"There is no upload {address.removeprefix(uploads.ROOT)} of this partner" in report.reasons[0].message
    (verdict,) = await templates.validate(backend, petra, name="fancy")
    assert "There is no upload" in verdict.problems[0]


@only_sqlite
async def test_a_logo_that_is_not_there_keeps_a_document_from_being_finalized(backend):
    logo = await uploaded(backend)
    await backend.perform(petra, partners.configure, NORTHWIND, PartnerConfigurationPatch(logo_url=logo))
    drafted = await a_draft(backend)
    del backend.ports.objects.stored[logo.removeprefix(uploads.ROOT)]
    report = await invoices.check(backend, petra, drafted.id)
    assert "The logo cannot be shown. There is no upload" in report.reasons[0].message


@only_sqlite
async def test_the_command_line_gives_no_number_to_what_the_gate_refuses(backend, command_line):
    logo = await uploaded(backend)
    await backend.perform(petra, partners.configure, NORTHWIND, PartnerConfigurationPatch(logo_url=logo))
    draft = await a_draft(backend)
    del backend.ports.objects.stored[logo.removeprefix(uploads.ROOT)]
    answer = await command_line("admin", "invoices", "finalize", draft.id, "--yes")
    assert answer.exit_code == 1
    assert "The logo cannot be shown. There is no upload" in answer.stderr
    assert (await again(backend, draft)).number is None


@only_sqlite
async def test_nobody_shows_what_another_partner_uploaded(backend):
    theirs, everybodys = await uploaded(backend, by=sam), await uploaded(backend, SVG, by=bert)
    writers: list[tuple[Actor, dict[str, Any]]] = [(petra, {}), (ada, {"owner_partner_id": NORTHWIND}), (ada, {})]
    for by, fields in writers:
        with pytest.raises(Invalid, match="There is no upload"):
            await draft(backend, by=by, html_content=showing(theirs), **fields)
    with pytest.raises(Invalid, match="There is no upload"):
        await templates.preview(
            backend, petra, TemplatePreviewIn(document_type=INVOICE, html_content=showing(theirs), output="html")
        )
    assert await draft(backend, html_content=showing(everybodys))
    assert await draft(backend, by=sam, html_content=showing(theirs))


@only_sqlite
async def test_a_mail_links_to_its_pictures(backend):
    address, logo = await uploaded(backend), await uploaded(backend, SVG)
    html = (
        f'<p><img src="{address}" alt="x"></p>' + '{% if brand.logo_url %}<img src="{{ brand.logo_url }}">{% endif %}'
    )
    await live(backend, TemplateType.email_invoice, "fancy", html_content=html)

    async def found(uow):
        wish = templates.TemplateSelection(NORTHWIND, TemplateType.email_invoice, "en", "fancy")
        return await templates.resolve(uow, wish)

    template = await backend.ask(petra, found)
    assert template is not None
    variables = samples.sample(TemplateType.email_invoice)
    variables["brand"] = variables["brand"] | {"logo_url": logo}
    pictures = uploads.linked("https://www.scailabs.ai/", NORTHWIND, (*template.source.texts, logo))
    letter = Letter(
        "email_invoice", "en", {}, "Acme", "https://x", Letterhead("Northwind"), variables, template, pictures
    )
    _, page = await templates.write_mail(letter)
    assert f'src="https://www.scailabs.ai{address}"' in page
    assert f'src="https://www.scailabs.ai{logo}"' in page
    assert "base64" not in page
