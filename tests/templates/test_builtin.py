"""The built-in documents: words, formats and what is refused."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest
from jinja2 import UndefinedError

from scaicontrol.services import einvoices, tax, templates
from scaicontrol.services.templates import filters
from tests.factories.documents import document, rows_for


@pytest.mark.parametrize("language", tax.LANGUAGES)
def test_every_label_has_words_in_every_language(language):
    words = templates.labels(language)
    assert all(getattr(words, each.name).strip() for each in fields(words))
    for needed, label in [("{base}", words.vat_on), ("{amount}", words.pay_by), ("{date}", words.pay_by)]:
        assert needed in label
    assert words.page.index("{page}") < words.page.index("{pages}")


def test_an_unknown_language_is_english():
    assert templates.labels("pl") == templates.labels("en") == templates.labels(None)


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("en", "1234.50", "EUR", "€1,234.50"),
        ("nl", "1234.50", "EUR", "€\u00a01.234,50"),
        ("de", "1234.50", "EUR", "1.234,50\u00a0€"),
        ("fr", "1234.50", "EUR", "1\u202f234,50\u00a0€"),
        ("en", "1234", "JPY", "JP¥1,234"),
        ("en", "0.0012", "EUR", "€0.0012"),
    ],
)
def test_money_looks_like_its_language(language, amount, currency, written):
    assert filters.money(Decimal(amount), currency, language) == written


def test_days_numbers_and_rates_look_like_their_language():
    assert filters.day(date(2026, 11, 1), "de") == "1. November 2026"
    assert filters.interval(date(2026, 10, 1), date(2026, 10, 31), "en") == "1\u201331 Oct 2026"
    assert filters.number(Decimal("1234.500"), "nl") == "1.234,5"
    assert filters.number(Decimal(100), "en") == "100"
    assert filters.percent(Decimal("25.50"), "fr") == "25,5\u00a0%"
    assert filters.percent(Decimal("21.00"), "en") == "21%"


def test_what_people_typed_is_escaped():
    rows = rows_for("domestic")
    rows["buyer"]["company_name"] = "<script>alert(1)</script>"
    html = einvoices.render_html(einvoices.document_from(**rows))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_missing_variable_is_an_error_and_not_a_blank():
    shown = einvoices.variables(document())
    del shown["totals"]["due"]
    with pytest.raises(UndefinedError, match="due"):
        templates.render_html(shown, "en")


@pytest.mark.parametrize("color", [None, "", "red", "#fff", "#ffee00", "#0b6e4f;} body{display:none", "url(x)"])
def test_a_color_that_cannot_be_read_on_white_gives_way_to_ours(color):
    assert templates.usable_color(color) == templates.DEFAULT_COLOR


def test_a_dark_brand_color_is_used():
    assert templates.usable_color("#0b6e4f") == "#0b6e4f"
    assert "--brand: #0b6e4f" in einvoices.render_html(document(), einvoices.Look(brand_color="#0b6e4f"))


def test_addresses_follow_their_country():
    def lines(case, **changes):
        rows = rows_for(case, language="de")
        rows["buyer"] |= changes
        return einvoices.variables(einvoices.document_from(**rows))["buyer"]["address_lines"]

    assert lines("domestic") == ["Coolsingel 40", "4e verdieping", "3011 AD Rotterdam"]
    assert lines("export", address_line2="")[1:] == ["Austin, TX 78744", "Vereinigte Staaten"]
    assert lines("export", address_line2="", country_code="GB", city="London", postal_code="N1 9GU", state="")[1:] == [
        "London", "N1 9GU", "Vereinigtes Königreich",
    ]  # fmt: skip
