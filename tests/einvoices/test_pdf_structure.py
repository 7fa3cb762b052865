"""Every built-in template, language, image and length is PDF/A-3a in all that can be seen without a validator."""

import base64
import itertools
import random
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from scaicontrol.core import i18n
from scaicontrol.integrations import pdfa
from scaicontrol.services import einvoices, templates
from tests.factories.account_documents import reminder_variables, statement_variables
from tests.factories.documents import carried, rows_for, title_of

MOMENT = datetime(2026, 11, 1, 8, 30, 15, tzinfo=UTC)
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
KINDS = ("invoice", "credit_note", "payment_reminder", "statement")
LENGTHS = (1, 5, 40, 400)


def picture(kind, mode):
    body = BytesIO()
    Image.new(mode, (60, 20), (12, 90, 160, 120)[: len(mode)]).save(body, kind.upper())
    return f"data:image/{kind};base64,{base64.b64encode(body.getvalue()).decode()}"


SVG = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='60' height='20'>"
    "<rect width='60' height='20' fill='navy' opacity='0.5'/></svg>"
)
IMAGES = {
    "none": None,
    "png": picture("png", "RGB"),
    "jpg": picture("jpeg", "RGB"),
    "rgba": picture("png", "RGBA"),
    "svg": SVG,
    "cmyk": picture("jpeg", "CMYK"),
}
EVERY = list(itertools.product(KINDS, i18n.LANGUAGES, IMAGES, LENGTHS))


def written(kind, language, image, length):
    """Give HTML, title and what travels inside."""
    if kind in {"payment_reminder", "statement"}:
        shown = statement_variables(length, language=language) if kind == "statement" else reminder_variables(
            1 + length % 3, language=language
        )  # fmt: skip
        shown["brand"] |= {"logo_url": IMAGES[image]}
        return templates.render_html(shown, language, kind), "A paper", ()
    rows = rows_for("reverse_charge", credit=kind == "credit_note", language=language)
    some = rows["lines"][:2]
    rows["lines"] = [deepcopy(some[at % 2]) for at in range(length)]
    built = einvoices.document_from(**rows)
    html = einvoices.render_html(built, einvoices.Branding(IMAGES[image], "#0b6e4f"))
    return html, title_of(built), carried(built, einvoices.Format.facturx)


def hold(kind, language, image, length):
    html, title, inside = written(kind, language, image, length)
    pdf = pdfa.render(pdfa.PdfJob(html, title, MOMENT, inside))
    with pikepdf.open(BytesIO(pdf)) as opened:
        dictionaries = [each for each in opened.objects if isinstance(each, (pikepdf.Dictionary, pikepdf.Stream))]
        hold_file(opened, title)
        hold_objects(dictionaries)
        hold_tags(opened, dictionaries, language)
        hold_attachments(opened, inside)
        images = [each for each in dictionaries if each.get("/Subtype") == "/Image"]
        assert bool(images) == (image in {"png", "jpg", "rgba", "cmyk"})
        assert len(opened.pages) > 1 or length < 40 or kind == "payment_reminder"


def hold_file(opened, title):
    assert len(opened.trailer.ID) == 2
    assert not opened.is_encrypted
    assert [str(each.S) for each in opened.Root.OutputIntents] == ["/GTS_PDFA1"]
    packet = opened.Root.Metadata.read_bytes()
    assert packet.count(b"<rdf:RDF") == 1
    with opened.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["dc:title"] == str(opened.docinfo.Title) == title
        assert metadata["xmp:CreateDate"] == metadata["xmp:ModifyDate"] == "2026-11-01T08:30:15Z"


def hold_objects(dictionaries):
    fonts = [each for each in dictionaries if each.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert all(any(f"/FontFile{kind}" in font for kind in ("", "2", "3")) for font in fonts)
    for each in dictionaries:
        assert not bool(each.get("/Interpolate", False))
        assert each.get("/ColorSpace") != "/DeviceCMYK"
        assert "/JS" not in each
        assert each.get("/S") not in {"/Launch", "/JavaScript"}
        if each.get("/Type") == "/Annot":
            assert int(each.F) & 4  # Print
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") != "/Image":
            assert "/LZWDecode" not in str(each.get("/Filter", ""))


def hold_tags(opened, dictionaries, language):
    assert bool(opened.Root.MarkInfo.Marked)
    assert opened.Root.Lang == language
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
    elements = [each for each in dictionaries if each.get("/Type") == "/StructElem"]
    found = {str(each.S) for each in elements}
    assert {"/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD"} <= found
    assert all(str(each.get("/Alt", "")) for each in elements if each.S == "/Figure")
    assert sum(each.S == "/H1" for each in elements) == 1


def hold_attachments(opened, inside):
    assert list(opened.attachments) == [file.filename for file in inside]
    if not inside:
        return
    assert len(opened.Root.AF) == 1
    spec, file = opened.Root.AF[0], inside[0]
    assert spec.F == spec.UF == file.filename
    assert spec.AFRelationship == "/Alternative"
    assert spec.EF.F.Subtype == "/text/xml"
    assert spec.EF.F.Params.ModDate
    assert spec.EF.F.read_bytes() == file.body
    with opened.open_metadata() as metadata:
        assert metadata[FX + "DocumentType"] == "INVOICE"
        assert metadata[FX + "DocumentFileName"] == file.filename
        assert metadata[FX + "ConformanceLevel"] == "EN 16931"
        assert metadata[FX + "Version"] == "1.0"


SLICE = [
    *((kind, language, image, 1) for (kind, language), image in zip(
        [("invoice", "en"), ("credit_note", "nl"), ("payment_reminder", "de"), ("statement", "fr"), ("invoice", "es"),
            ("credit_note", "it"),
        ],
        IMAGES, strict=True,
    )),
    ("credit_note", "it", "svg", 5), ("statement", "it", "jpg", 40), ("invoice", "de", "rgba", 40),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "language", "image", "length"), SLICE)
def test_a_document_is_pdf_a_3a(kind, language, image, length):
    hold(kind, language, image, length)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", LENGTHS)
def test_every_document_is_pdf_a_3a(kind, length):
    chosen = [each for each in EVERY if each[0] == kind and each[3] == length]
    for each in chosen if length < 400 else random.Random(3).sample(chosen, 8):
        hold(*each)


_PROGRAM = """
import sys
from hashlib import sha256
from scaicontrol.integrations import pdfa
from tests.einvoices.test_pdf_structure import MOMENT, written
html, title, inside = written("invoice", "fr", "rgba", 5)
sys.stdout.write(sha256(pdfa.render(pdfa.PdfJob(html, title, MOMENT, inside))).hexdigest())
"""


def test_another_process_with_another_order_of_sets_gives_the_same_bytes():
    html, title, inside = written("invoice", "fr", "rgba", 5)
    here = sha256(pdfa.render(pdfa.PdfJob(html, title, MOMENT, inside))).hexdigest()
    there = subprocess.run(  # our own words
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": ":".join(sys.path), "HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout == here
