"""PDF/A-3a with the XML inside: what can be held to without a validator of our own."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import facturx
import pikepdf
import pytest

from scaicontrol.core.errors import Invalid, Unavailable
from scaicontrol.core.ports import Attachment
from scaicontrol.integrations import pdfa
from scaicontrol.integrations.renderer import ProcessRenderer
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.transfers import epc_payload
from tests.factories.documents import CASES, carried, document, pdf_of, rows_for, title_of
from tests.pdfs import squeezed, text_of

MOMENT = datetime(2026, 11, 1, 8, 30, 15, 250_000, tzinfo=UTC)
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
RED_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4"
    "//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="
)


def render(built, target=einvoices.Format.facturx, **options):
    html = einvoices.render_html(built, **options)
    job = pdfa.PdfJob(html, title_of(built), MOMENT, carried(built, target))
    return pdfa.render(job)


@pytest.fixture(scope="module")
def pdf():
    return render(document("reverse_charge"), branding=einvoices.Branding(RED_DOT, "#0b6e4f"))


def test_the_same_document_gives_the_same_bytes(pdf):
    assert render(document("reverse_charge"), branding=einvoices.Branding(RED_DOT, "#0b6e4f")) == pdf


def test_the_structure_is_the_one_of_pdf_a_3(pdf):
    with pikepdf.open(BytesIO(pdf)) as opened:
        root = opened.Root
        assert not opened.is_encrypted
        assert opened.trailer.ID
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert root.MarkInfo.Marked
        assert root.Lang == "en"
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["dc:title"] == opened.docinfo.Title == "Invoice SCAI-2026-000042"
            assert metadata["xmp:CreateDate"] == "2026-11-01T08:30:15Z"
            assert metadata[FX + "DocumentFileName"] == "factur-x.xml"
            assert metadata[FX + "DocumentType"] == "INVOICE"
            assert metadata[FX + "ConformanceLevel"] == "EN 16931"
            assert metadata[FX + "Version"] == "1.0"
        packet = root.Metadata.read_bytes()
        assert packet.count(b"<rdf:RDF") == packet.count(b"</rdf:RDF>") == 1
        assert b"pdfaExtension:schemas" in packet


def test_every_font_is_embedded_and_no_image_is_interpolated(pdf):
    with pikepdf.open(BytesIO(pdf)) as opened:
        fonts = [thing for thing in opened.objects if is_dictionary(thing) and thing.get("/Type") == "/FontDescriptor"]
        assert fonts
        assert all(any(f"/FontFile{kind}" in font for kind in ("", "2", "3")) for font in fonts)
        images = [thing for thing in opened.objects if is_stream(thing) and thing.get("/Subtype") == "/Image"]
        assert images
        assert not any(bool(image.get("/Interpolate", False)) for image in images)
        assert not any(
            is_dictionary(thing) and ("/JS" in thing or thing.get("/S") == "/Launch") for thing in opened.objects
        )


def is_dictionary(thing):
    return isinstance(thing, pikepdf.Dictionary)


def is_stream(thing):
    return isinstance(thing, pikepdf.Stream)


def test_the_xml_is_attached_once_and_comes_back_as_it_was(pdf):
    xml = einvoices.to_xml(document("reverse_charge"), einvoices.Format.facturx)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert list(opened.attachments) == ["factur-x.xml"]
        assert len(opened.Root.AF) == 1
        spec = opened.Root.AF[0]
        assert spec.AFRelationship == "/Alternative"
        assert spec.F == spec.UF == "factur-x.xml"
        stream = spec.EF.F
        assert stream.Subtype == "/text/xml"
        assert stream.Params.ModDate
        assert stream.read_bytes() == xml
    assert facturx.get_xml_from_pdf(pdf, check_xsd=True) == ("factur-x.xml", xml)


def test_other_formats_have_no_xml_inside():
    with pikepdf.open(BytesIO(render(document(), einvoices.Format.ubl))) as opened:
        assert not list(opened.attachments)
        assert b"factur-x" not in opened.Root.Metadata.read_bytes()


@pytest.mark.parametrize("language", ["en", "nl", "de", "fr", "es", "it"])
@pytest.mark.parametrize("case", CASES)
def test_what_the_law_asks_for_is_printed(case, language):
    built = document(case, language=language)
    shown = squeezed(text_of(render(built)))
    wanted = [built.number, built.seller.name, built.seller.vat_number, built.buyer.name, built.buyer.address_line1]
    wanted += [line.name for line in built.lines]
    wanted += [built.buyer.vat_number] if case == "reverse_charge" else []
    for each in [*wanted, built.legal_note]:
        assert squeezed(each) in shown


def test_a_credit_note_names_its_invoice_and_asks_for_no_money():
    shown = text_of(render(document(credit=True)))
    assert "Credit note" in shown
    assert "SCAI-2026-000042" in shown
    assert "IBAN" not in shown


def test_a_void_document_says_so_and_asks_for_no_money():
    shown = text_of(render(document(), void=True))
    assert "VOID" in shown
    assert "IBAN" not in shown


def test_a_character_no_font_has_is_named():
    rows = rows_for("domestic")
    rows["lines"][0]["description"] = "Rune \U0010fffd"
    with pytest.raises(Invalid, match=r"\(U\+10FFFD\); remove it") as refused:
        render(einvoices.document_from(**rows))
    assert refused.value.reasons[0].code == "missing_glyph"


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/logo.png"])
def test_nothing_is_fetched(address):
    job = pdfa.PdfJob(f'<html lang="en"><title>x</title><img src="{address}" alt="">', "x", MOMENT)
    with pytest.raises(Invalid) as refused:
        pdfa.render(job)
    assert refused.value.reasons[0].code == "not_loaded"


def test_a_logo_that_would_have_to_be_fetched_is_left_out():
    assert "https://" not in einvoices.render_html(document(), einvoices.Branding("https://example.com/logo.png"))


def test_too_many_pages_are_refused(monkeypatch):
    monkeypatch.setattr(pdfa, "PAGES_MAX", 20)
    html = '<html lang="en"><title>x</title><style>p{break-after:page}</style>' + "<p>x" * (pdfa.PAGES_MAX + 1)
    with pytest.raises(Invalid, match="21 pages; at most 20"):
        pdfa.render(pdfa.PdfJob(html, "x", MOMENT))


async def test_the_process_renders_what_this_process_would(pdf):
    renderer = ProcessRenderer(processes=1)
    try:
        built = document("reverse_charge")
        html = einvoices.render_html(built, einvoices.Branding(RED_DOT, "#0b6e4f"))
        assert await pdf_of(renderer, built, html, einvoices.Format.facturx, MOMENT) == pdf
        with pytest.raises(Invalid, match="No installed font"):
            await renderer.pdf("<p>\U0010fffd", title="x", created_at=MOMENT)
        assert (await renderer.pdf("<p>x", title="x", created_at=MOMENT)).startswith(b"%PDF")
    finally:
        renderer.close()


async def test_a_document_that_takes_too_long_is_killed_and_the_next_one_served():
    renderer = ProcessRenderer(processes=1, time_limit=60)
    try:
        await renderer.pdf("<p>warm", title="x", created_at=MOMENT)
        renderer._workers.time_limit = 0.05
        with pytest.raises(Unavailable, match=r"longer than 0\.05 seconds"):
            await renderer.pdf("<table><tr><td>x" * 3000, title="x", created_at=MOMENT)
        renderer._workers.time_limit = 60
        attached = (Attachment("note.txt", "text/plain", b"kept"),)
        assert await renderer.pdf("<p>next", title="x", created_at=MOMENT, attachments=attached)
    finally:
        renderer.close()


def test_the_qr_code_is_a_sepa_transfer_of_the_amount_due():
    def qr(of):
        return einvoices.variables(of)["payment"]["qr_payload"]

    assert qr(document()).split("\n") == [
        "BCD", "002", "1", "SCT", "ABNANL2A", "ScaiLabs B.V.", "NL91ABNA0417164300", "EUR1978.69", "", "",
        "SCAI-2026-000042",
    ]  # fmt: skip
    assert not qr(document(currency="USD"))
    assert not qr(document(credit=True))


@pytest.mark.parametrize(
    ("reference", "lines"),
    [("RF18 5390 0754 7034", ["RF18539007547034"]), ("RF19 5390 0754 7034", ["", "RF19 5390 0754 7034"])],
)
def test_a_creditor_reference_is_carried_as_one_unless_a_digit_is_wrong(reference, lines):
    payment = replace(document().payment, reference=reference)
    assert epc_payload(payment, Decimal(1), "EUR").split("\n")[9:] == lines
