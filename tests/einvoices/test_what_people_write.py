"""What people are called arrives in PDF and XML, or is refused by name and field before a number is drawn."""

import random
import unicodedata
from datetime import UTC, datetime

import pytest
from lxml import etree

from scaicontrol.integrations import pdfa
from scaicontrol.media import fonts
from scaicontrol.services import einvoices
from tests.factories.documents import carried, rows_for
from tests.pdfs import squeezed, text_of

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = {
    "latin": "Škoda Łódź Ærø ẞ Đỗ İ & Söhne <GmbH>",
    "greek": "Ελληνική Εταιρεία Α.Ε.",
    "cyrillic": "ООО «Ромашка» Ќ Ґ",
    "armenian": "Օրինակ ՍՊԸ",
    "georgian": "მაგალითი შპს",
    "arabic": "شركة المثال المحدودة",
    "hebrew": "חברה לדוגמה",
    "both directions": "Acme חברה Ltd",
    "japanese": "株式会社サンプル",
    "chinese": "北京示例有限公司",
    "korean": "주식회사 예시",
    "combining": "Zoe\u0301 n\u0303 a\u0323\u0302",
    "emoji": "Pizza 🍕 Rocket 🚀 👍🏽 🇳🇱",
    "symbols": "m² CO₂ → ✓ ★ ™ € ₿ № ℮ ≤ ∑ 𝐀 𝄞 ＡＣＭＥ",
}  # fmt: skip
# A glyph stands for several letters at once: the page is right, text copied out of it follows the glyphs.
JOINED = {
    "pointed arabic": "مُحَمَّد",
    "thai": "บริษัท ตัวอย่าง จำกัด",
    "hindi": "उदाहरण कंपनी",
    "joined emoji": "👩‍💻 ❤️",
    "broken where one may": "Donau\u00addampf\u200cschiff\u200e",
}
REFUSED = {
    "control": ("A\u0007B", "U+0007"),
    "c1 control": ("A\u009fB", "U+009F (a control character), which nobody would see in the PDF"),
    "line separator": ("A\u2028B", "U+2028 (LINE SEPARATOR), which nobody would see"),
    "override": ("A\u202eB", "U+202E (RIGHT-TO-LEFT OVERRIDE), which nobody would see"),
    "isolate": ("A\u2067B", "U+2067 (RIGHT-TO-LEFT ISOLATE)"),
    "zero width space": ("A\u200bB", "U+200B (ZERO WIDTH SPACE)"),
    "byte order mark": ("A\ufeffB", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
    "tag": ("A\U000e0041B", "U+E0041 (TAG LATIN CAPITAL LETTER A)"),
    "private": ("A\ue000B", "'\ue000' (U+E000), which no font has"),
    "rare han": ("𠮷野家", "'𠮷' (U+20BB7), which no font has; remove it or write it in other letters"),
    "new emoji": ("Melting 🫠", "'🫠' (U+1FAE0), which no font has"),
}  # fmt: skip


def named(name):
    rows = rows_for("domestic")
    rows["buyer"]["company_name"] = name
    rows["lines"][0]["description"] = name
    return einvoices.document_from(**rows)


def printed(document):
    html = einvoices.render_html(document)
    return pdfa.render(pdfa.PdfJob(html, "x", MOMENT, carried(document, einvoices.Format.facturx)))


def texts_of(xml):
    return [element.text for element in etree.fromstring(xml).iter() if element.text]


@pytest.mark.parametrize("name", [pytest.param(name, id=what) for what, name in NAMES.items()])
def test_a_name_arrives_in_pdf_and_xml(name):
    document = named(name)
    assert einvoices.unprintable(document) == []
    shown = unicodedata.normalize("NFKC", squeezed(text_of(printed(document))))
    assert shown.count(unicodedata.normalize("NFKC", squeezed(name))) >= 2
    for target in (einvoices.Format.facturx, einvoices.Format.ubl):
        assert texts_of(einvoices.to_xml(document, target)).count(name) >= 2


@pytest.mark.parametrize("name", [pytest.param(name, id=what) for what, name in JOINED.items()])
def test_a_name_whose_letters_join_is_drawn_and_is_whole_in_the_xml(name):
    document = named(name)
    assert einvoices.unprintable(document) == []
    assert printed(document)
    assert texts_of(einvoices.to_xml(document, einvoices.Format.facturx)).count(name) >= 2


@pytest.mark.parametrize(("name", "said"), [pytest.param(*each, id=what) for what, each in REFUSED.items()])
def test_what_cannot_be_shown_is_refused_by_name_and_field(name, said):
    reasons = einvoices.unprintable(named(name))
    assert {(reason.code, reason.field) for reason in reasons} == {("missing_glyph", "lines[1].description")}
    assert said in " ".join(reason.message for reason in reasons)


def test_where_a_character_stands_is_said():
    rows = rows_for("domestic")
    rows["lines"][1]["description"] = "Rune \U0010fffd"
    rows["invoice"]["notes"] = "Melting 🫠"
    reasons = einvoices.unprintable(einvoices.document_from(**rows))
    assert {reason.field for reason in reasons} == {"lines[2].description", "invoice.notes"}


def test_the_gate_and_the_renderer_agree():
    drawn = random.Random(20261101).sample(range(0x20, 0x20000), 3000)
    characters = [chr(code) for code in drawn if unicodedata.category(chr(code)) not in {"Cs", "Cn"}]
    printable = [character for character in characters if not fonts.unprintable(character)]
    assert len(printable) > len(characters) // 2
    text = "".join(f"<p>{character}</p>" for character in printable if character not in "<&")
    assert pdfa.render(pdfa.PdfJob(f'<html lang="en"><title>x</title>{text}', "x", MOMENT))
