"""The built-in documents: words, formats and what is refused."""

import re
from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest

from scaicontrol.core import i18n
from scaicontrol.core.errors import Invalid
from scaicontrol.core.money import CIRCULATING, exponent
from scaicontrol.services import einvoices, templates
from scaicontrol.services.templates import filters
from scaicontrol.services.templates.builtin.documents import DEFAULT_COLOR, usable_color
from tests.factories.account_documents import reminder_variables, statement_variables
from tests.factories.documents import document, rows_for

_REQUEST = "{number} {date} {due_date}"
_FILLED = {
    "vat_on": "{base}",
    "pay_by": "{amount} {date} {reference}",
    "pay_now": "{amount} {reference}",
    "pay_balance": "{amount} {reference}",
    "tax_in": "{currency}",
    "collect": "{amount}",
    "charge_card": "{amount}",
    "request_first": _REQUEST,
    "request_second": _REQUEST,
    "request_final": _REQUEST,
    "days_range": "{first} {last}",
    "days_over": "{days}",
    "page": "{page} {pages}",
}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_label_has_words_in_every_language(language):
    words = templates.labels(language)
    assert all(getattr(words, each.name).strip() for each in fields(words))
    for label, needed in _FILLED.items():
        assert set(re.findall(r"{\w+}", getattr(words, label))) == set(needed.split())
    assert not [each.name for each in fields(words) if "{" in getattr(words, each.name) and each.name not in _FILLED]
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


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_currency_is_printed_with_the_digits_of_iso_4217(language):
    """CLDR prints thirteen of them without the decimals that the books have: 1234.56 RSD as RSD 1,235."""
    for currency in CIRCULATING:
        cents = 123456
        written = filters.money(Decimal(cents).scaleb(-exponent(currency)), currency, language)
        assert re.sub(r"\D", "", written) == str(cents), written
        whole = filters.money(Decimal(7), currency, language)
        assert re.sub(r"\D", "", whole) == "7" + "0" * exponent(currency), whole


def test_days_numbers_and_rates_look_like_their_language():
    assert filters.day(date(2026, 11, 1), "de") == "1. November 2026"
    assert filters.interval(date(2026, 10, 1), date(2026, 10, 31), "en") == "1\u201331 Oct 2026"
    assert filters.number(Decimal("1234.500"), "nl") == "1.234,5"
    assert filters.number(Decimal(100), "en") == "100"
    assert filters.percent(Decimal("25.50"), "fr") == "25,5\u00a0%"
    assert filters.percent(Decimal("21.00"), "en") == "21%"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_reminder_grows_firmer_and_asks_for_what_is_open(language):
    words = templates.labels(language)
    titles = [words.reminder_first, words.reminder_second, words.reminder_final, words.reminder_final]
    for level, title in enumerate(titles, start=1):
        html = templates.render_html(
            reminder_variables(level, language=language, fee="12.50"), language, "payment_reminder"
        )
        assert f"<h1>{title}</h1>" in html
        assert filters.money(Decimal("1991.19"), "EUR", language) in html
        assert words.reminder_fee in html
        assert "SCAI-2026-000042" in html
    assert words.reminder_fee not in templates.render_html(reminder_variables(), language, "payment_reminder")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_statement_runs_from_opening_to_closing_balance(language):
    words, shown = templates.labels(language), statement_variables(5, language=language)
    html = templates.render_html(shown, language, "statement")
    for amount in (shown["statement"]["opening"], shown["statement"]["closing"], Decimal("1978.69")):
        assert filters.money(amount, "EUR", language) in html
    for word in (words.statement, words.opening, words.closing, words.aging, words.not_due, "PAY-1"):
        assert word in html
    assert words.pay in html


def test_a_statement_in_the_customers_favour_asks_for_nothing():
    shown = statement_variables(2)
    shown["statement"]["closing"] = Decimal("-40.00")
    html = templates.render_html(shown, "en", "statement")
    assert "in your favour" in html
    assert "IBAN" not in html


def test_a_copy_says_so_and_can_still_be_paid():
    html = templates.render_html(einvoices.variables(document()), "en", copy=True)
    assert ">COPY</div>" in html
    assert "IBAN" in html


def test_what_people_typed_is_escaped():
    rows = rows_for("domestic")
    rows["buyer"]["company_name"] = "<script>alert(1)</script>"
    html = einvoices.render_html(einvoices.document_from(**rows))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_missing_variable_is_an_error_and_not_a_blank():
    shown = einvoices.variables(document())
    del shown["totals"]["due"]
    for line in shown["lines"]:
        del line["amount"]
    with pytest.raises(Invalid, match=r"without lines\[\]\.amount, totals\.due\.") as refused:
        templates.render_html(shown, "en")
    assert [reason.field for reason in refused.value.reasons] == ["lines[].amount", "totals.due"]


@pytest.mark.parametrize("color", [None, "", "red", "#fff", "#ffee00", "#0b6e4f;} body{display:none", "url(x)"])
def test_a_color_that_cannot_be_read_on_white_gives_way_to_ours(color):
    assert usable_color(color) == DEFAULT_COLOR


def test_a_dark_brand_color_is_used():
    assert usable_color("#0b6e4f") == "#0b6e4f"
    assert "--brand: #0b6e4f" in einvoices.render_html(document(), einvoices.Branding(brand_color="#0b6e4f"))


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
