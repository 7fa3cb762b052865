"""VAT in the currency of the seller's state: which one, at which rate, and what happens when nobody knows it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, Refused
from scaicontrol.services import documents, invoices, partners, tax
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.tax import exchange
from scaicontrol.services.tax.ecb import read
from scaicontrol.services.tax.exchange import ReferenceRate, convert, convert_again, vat_currency
from scaicontrol.services.tax.places import EU_MEMBER_STATES
from tests.factories import NORTHWIND, ada, bert, petra
from tests.factories.invoices import a_draft, a_line, finalized
from tests.factories.tenants import store_cast

DAY = date(2026, 1, 15)
USD, SEK = ReferenceRate("USD", Decimal("1.25"), DAY), ReferenceRate("SEK", Decimal("11.0000"), DAY)
WITHOUT_EURO = {"CZ": "CZK", "DK": "DKK", "HU": "HUF", "PL": "PLN", "RO": "RON", "SE": "SEK"}


@pytest.mark.parametrize("country", sorted(EU_MEMBER_STATES))
def test_each_of_the_27_states_has_its_currency(country):
    assert vat_currency(country, DAY) == WITHOUT_EURO.get(country, "EUR")


@pytest.mark.parametrize(
    ("country", "day", "currency"),
    [
        ("BG", date(2025, 12, 31), "BGN"), ("BG", date(2026, 1, 1), "EUR"), ("HR", date(2022, 12, 31), "HRK"),
        ("HR", date(2023, 1, 1), "EUR"), ("MC", DAY, "EUR"), ("EL", DAY, "EUR"), ("GB", DAY, None), ("XI", DAY, None),
        ("US", DAY, None),
    ],
)  # fmt: skip
def test_joining_the_euro_and_lying_outside(country, day, currency):
    assert vat_currency(country, day) == currency


@pytest.mark.parametrize(
    ("cents", "currency", "tax_currency", "rates", "converted"),
    [
        (2100, "USD", "EUR", [USD], 1680),
        (1680, "EUR", "SEK", [SEK], 18480),
        (2100, "USD", "SEK", [USD, SEK], 18480),
        (-2100, "USD", "EUR", [USD], -1680),
        (1, "USD", "EUR", [ReferenceRate("USD", Decimal(2), DAY)], 1),  # half a cent, away from zero
        (-1, "USD", "EUR", [ReferenceRate("USD", Decimal(2), DAY)], -1),
        (1813, "JPY", "EUR", [ReferenceRate("JPY", Decimal("181.3"), DAY)], 1000),
        (1000, "EUR", "HUF", [ReferenceRate("HUF", Decimal("383.15"), DAY)], 383150),
    ],
)
def test_converting_through_the_euro(cents, currency, tax_currency, rates, converted):
    conversion = convert(cents, currency, tax_currency, rates)
    assert (conversion.tax_currency, conversion.tax_in_tax_currency_cents) == (tax_currency, converted)


@given(st.integers(-(10**12), 10**12), st.decimals("0.0001", "9999", places=4), st.sampled_from(["USD", "JPY", "GBP"]))
def test_a_conversion_is_exact_to_half_a_cent_mirrors_and_replays(cents, rate, currency):
    rates = [ReferenceRate(currency, rate, DAY)]
    conversion = convert(cents, currency, "EUR", rates)
    scale = 100 if currency != "JPY" else 1
    off = Decimal(conversion.tax_in_tax_currency_cents) / 100 * rate - Decimal(cents) / scale
    assert abs(off) <= rate * Decimal("0.005") + Decimal("1e-9")
    mirrored = convert(-cents, currency, "EUR", rates)
    assert mirrored.tax_in_tax_currency_cents == -conversion.tax_in_tax_currency_cents
    assert convert_again(conversion.as_columns(), cents, currency) == conversion.as_columns()


XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
 <Cube><Cube time="2026-01-15"><Cube currency="USD" rate="1.25"/><Cube currency="SEK" rate="11.0000"/></Cube>
 <Cube time="2026-01-14"><Cube currency="USD" rate="1.2400"/></Cube></Cube></gesmes:Envelope>"""
HISTORY = b"Date,USD,SEK,CYP,\n2026-01-15,1.25,11.0000,N/A,\n2026-01-14,1.2400,N/A,N/A,\n"
TODAY = b"Date, USD, SEK, \n15 January 2026, 1.25, 11.0000, \n"


@pytest.mark.parametrize(("file", "count"), [(XML, 3), (HISTORY, 3), (TODAY, 2)])
def test_files_of_the_central_bank_are_read(file, count):
    rates = read(file)
    assert rates[:2] == [USD, SEK]
    assert len(rates) == count


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"<Envelope>", "not XML"), (b"<Envelope/>", "no exchange rates"), (b"Day,USD\n", "must name its columns"),
        (b"Date,USD\nyesterday,1.25\n", "'yesterday' is not a day"),
        (b"Date,USD\n2026-01-15,x\n", "'x' is not the rate"),
        (b"\xff\xfe", "neither XML nor text"), (b"", "must name its columns"),
    ],
)  # fmt: skip
def test_other_files_are_refused_with_what_is_wrong(file, said):
    with pytest.raises(Invalid, match=said):
        read(file)


async def test_importing_twice_adds_nothing_and_changes_nothing(backend):
    rates = read(HISTORY)
    assert await backend.perform(ada, tax.import_exchange_rates, rates) == 3
    assert await backend.perform(ada, tax.import_exchange_rates, read(XML)) == 0
    stored = await backend.ask(ada, tax.exchange_rates, "USD")
    assert [(row.valid_on, row.rate) for row in stored] == [
        (DAY, Decimal("1.25")),
        (date(2026, 1, 14), Decimal("1.24")),
    ]


async def test_a_rate_is_entered_once_and_corrected_only_on_purpose(backend):
    await backend.perform(ada, tax.add_exchange_rate, USD)
    await backend.perform(ada, tax.add_exchange_rate, USD)
    other = ReferenceRate("USD", Decimal("1.52"), DAY)
    with pytest.raises(Conflict, match=r"already is 1.25 USD on 2026-01-15"):
        await backend.perform(ada, tax.add_exchange_rate, other)
    await backend.perform(ada, tax.add_exchange_rate, other, replace=True)
    assert (await backend.ask(ada, tax.exchange_rates, "USD"))[0].rate == Decimal("1.52")
    with pytest.raises(Forbidden):
        await backend.perform(bert, tax.add_exchange_rate, SEK)


@pytest.mark.parametrize(
    "rate", [ReferenceRate("EUR", Decimal(1), DAY), ReferenceRate("XXQ", Decimal(1), DAY),
             ReferenceRate("USD", Decimal(0), DAY), ReferenceRate("USD", Decimal(-1), DAY)],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_cannot_be_a_rate_is_invalid(backend, rate):
    with pytest.raises(Invalid):
        await backend.perform(ada, tax.add_exchange_rate, rate)


async def test_a_dollar_document_of_a_dutch_seller_also_states_its_vat_in_euro(backend):
    await store_cast(backend)
    await backend.perform(ada, tax.add_exchange_rate, ReferenceRate("USD", Decimal("1.25"), date(2026, 1, 14)))
    invoice = await finalized(backend, a_line(10000), currency="USD")
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert (invoice.tax_cents, decision.tax_currency, decision.tax_in_tax_currency_cents) == (2100, "EUR", 1680)
    assert decision.exchange_rates == [
        {"currency": "USD", "rate": "1.25", "valid_on": "2026-01-14", "source": exchange.ECB}
    ]
    assert "one euro was 1.25 USD on 2026-01-14" in " ".join(tax.explain(decision))


async def test_its_credit_note_is_converted_at_the_same_rate(backend):
    await store_cast(backend)
    await backend.perform(ada, tax.add_exchange_rate, ReferenceRate("USD", Decimal("1.25"), date(2026, 1, 14)))
    invoice = await finalized(backend, a_line(10000), currency="USD")
    backend.clock.advance(timedelta(days=1))
    await backend.perform(ada, tax.add_exchange_rate, ReferenceRate("USD", Decimal("1.50"), date(2026, 1, 16)))
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
    note = await invoices.finalize(backend, petra, note.id)
    decision = await backend.ask(petra, tax.get, note.id)
    assert (note.tax_cents, decision.tax_in_tax_currency_cents) == (-2100, -1680)
    verified = await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.credit_note, 2026)
    assert verified.violations == []


async def test_without_a_rate_the_gate_names_currency_and_day_and_no_number_is_taken(backend):
    await store_cast(backend)
    await backend.perform(ada, tax.add_exchange_rate, ReferenceRate("USD", Decimal("1.25"), date(2026, 1, 7)))
    draft = await a_draft(backend, currency="USD")
    with pytest.raises(Refused) as refused:
        await invoices.finalize(backend, petra, draft.id)
    assert [reason.code for reason in refused.value.reasons] == ["exchange_rate_missing"]
    assert "no exchange rate of USD is known for 2026-01-15" in refused.value.reasons[0].message
    # A rate that is a week old may still be the latest that was published.
    await backend.perform(ada, tax.add_exchange_rate, ReferenceRate("USD", Decimal("1.26"), date(2026, 1, 8)))
    assert (await invoices.finalize(backend, petra, draft.id)).serial == 1


async def test_no_vat_and_no_second_currency_need_no_rate(backend):
    await store_cast(backend)
    zero = {"tax_rate": Decimal(0), "tax_category": "Z", "exemption_reason": "Art. 98 (2) of Directive 2006/112/EC"}
    exempt = await finalized(backend, a_line(10000, **zero), currency="USD")
    euro = await finalized(backend, a_line(10000))
    american = PartnerConfigurationPatch(seller_country_code="US", seller_vat_number=None)
    await backend.perform(ada, partners.configure, NORTHWIND, american)
    outside = await finalized(backend, a_line(10000), currency="GBP")
    for invoice in (exempt, euro, outside):
        assert (await backend.ask(petra, tax.get, invoice.id)).tax_currency is None
