"""Bookings add up to the minor unit, whatever is sold; files of the same documents are the same bytes."""

import asyncio
import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.services.accounting import JournalInput, JournalInputLine, Kind, installed, journal, provider
from scaicontrol.services.accounting.journal_input import SETTLEMENTS
from scaicontrol.services.accounting.providers import datev_csv, load
from scaicontrol.services.accounting.providers.csv_journal import COLUMNS
from scaicontrol.services.accounting.schemas import LedgerMapping
from tests.factories.accounting import DATEV, MAPPING

CENTS = st.integers(-(10**9), 10**9)
TERMS = st.sampled_from([("S", Decimal("21.00")), ("S", Decimal("9.00")), ("AE", Decimal(0)), ("Z", Decimal(0))])


@st.composite
def documents(draw) -> JournalInput:
    kind = draw(st.sampled_from(list(Kind)))
    lines: tuple[JournalInputLine, ...] = ()
    if kind in (Kind.invoice, Kind.credit_note, Kind.void):
        lines = tuple(
            JournalInputLine(draw(st.sampled_from(["base", "usage", "manual"])), category, rate, net, tax)
            for (category, rate), net in draw(st.lists(st.tuples(TERMS, CENTS), min_size=1, max_size=6))
            for tax in [draw(CENTS) if category == "S" else 0]
        )
    total = sum(line.net_cents + line.tax_cents for line in lines) if lines else draw(st.integers(1, 10**9))
    return JournalInput(
        kind=kind,
        id=draw(st.uuids()).hex,
        partner_id="prt_northwind",
        tenant_id=draw(st.sampled_from(["tnt_acme", "tnt_globex"])),
        number=f"SCAI-2026-{draw(st.integers(1, 999999)):06d}",
        booked_on=draw(st.dates(date(2025, 1, 1), date(2027, 12, 31))),
        currency="EUR",
        exponent=2,
        total_cents=total,
        country=draw(st.sampled_from(["NL", "DE"])),
        name=draw(st.text(max_size=80)),
        lines=lines,
        method=draw(st.sampled_from(["sandbox", "manual"])),
        unapplied_cents=draw(st.integers(-total, total)) if kind in SETTLEMENTS else 0,
    )


SIGNS = {
    Kind.payment: -1,
    Kind.loss: -1,
    Kind.wallet: -1,
    Kind.credit: 0,
}  # credit that is used moves between two accounts
WITH_CREDIT = MAPPING.model_copy(update={"credit_account": "1750"})


def sign_of(document):
    """What relieves the debtor: money that came, and a loss the seller bears."""
    return SIGNS.get(document.kind, 1)


def balance(rows) -> dict[str, Decimal]:
    """What each account holds afterwards: debits less credits."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        held[row.debit] += row.amount
        held[row.credit] -= row.amount
    return held


@given(documents())
def test_a_document_charges_the_debtor_its_total_and_credits_the_same(document: JournalInput):
    assert journal.problems(document, MAPPING) == []
    rows = journal.bookings(document, MAPPING)
    held = balance(rows)
    assert sum(held.values()) == 0
    debtor = "13002" if document.tenant_id == "tnt_globex" else "1300"
    charged = {Kind.withheld: "1370", Kind.dispute_fee: "4970"}.get(document.kind, debtor)
    assert held[charged] == sign_of(document) * document.amount(document.total_cents)
    vat = {"1500", "1599"}
    assert -sum(cents for account, cents in held.items() if account in vat) == document.amount(
        sum(line.tax_cents for line in document.lines)
    )
    assert all(row.amount > 0 for row in rows)


@given(documents())
def test_what_is_too_much_goes_on_to_the_credit_account_and_comes_back_from_there(document: JournalInput):
    plain, apart = (balance(journal.bookings(document, mapping)) for mapping in (MAPPING, WITH_CREDIT))
    moved = document.amount(document.unapplied_cents)
    debtor = "13002" if document.tenant_id == "tnt_globex" else "1300"
    assert sum(apart.values()) == 0
    assert (apart["1750"], apart[debtor]) == (-moved, plain[debtor] + moved)


@given(documents())
def test_gross_bookings_add_up_to_the_total(document: JournalInput):
    booked = sum(row.cents for row in journal.gross_bookings(document, MAPPING))
    assert booked == sign_of(document) * document.total_cents


@given(st.lists(documents(), min_size=1, max_size=6, unique_by=lambda each: each.id), st.randoms())
def test_the_same_documents_in_any_order_give_the_same_bytes(read: list[JournalInput], random):
    mixed = list(read)
    random.shuffle(mixed)
    for slug, config in (("csv_journal", {}), ("datev_csv", DATEV)):
        first, second = (asyncio.run(provider(slug).export(each, MAPPING, config)) for each in (read, mixed))
        assert first == second


@given(documents())
def test_no_cell_of_a_file_begins_a_formula_and_every_row_is_whole(document: JournalInput):
    [journal_file] = asyncio.run(provider("csv_journal").export([document], MAPPING, {})).artefacts
    rows = list(csv.reader(io.StringIO(journal_file.body.decode(), newline="")))
    assert {len(row) for row in rows} == {12}
    [batch] = asyncio.run(provider("datev_csv").export([document], MAPPING, DATEV)).artefacts
    header, heads, *booked = csv.reader(io.StringIO(batch.body.decode("cp1252"), newline=""), delimiter=";")
    assert (header[0], header[2], len(header), len(heads)) == ("EXTF", "21", 31, 14)
    assert {len(row) for row in booked} <= {14}
    assert not [cell for row in rows + booked for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def an_invoice(**fields) -> JournalInput:
    line = JournalInputLine("base", "S", Decimal("21.00"), 10000, 2100)
    given: dict[str, Any] = {
        "kind": Kind.invoice,
        "id": "inv_1",
        "partner_id": "prt_northwind",
        "tenant_id": "tnt_acme",
    }
    given |= {"number": "SCAI-2026-000001", "booked_on": date(2026, 1, 15), "currency": "EUR", "exponent": 2}
    given |= {"total_cents": 12100, "country": "NL", "name": "Acme", "lines": (line,)}
    return JournalInput(**{**given, **fields})


def test_the_journal_reads_as_an_accountant_expects():
    [file] = asyncio.run(provider("csv_journal").export([an_invoice()], MAPPING, {})).artefacts
    assert file.body.decode().splitlines() == [
        ",".join(COLUMNS),
        "2026-01-15,SCAI-2026-000001,1300,8000,100.00,EUR,1,SCAI-2026-000001 Acme,tnt_acme,,,",
        "2026-01-15,SCAI-2026-000001,1300,1500,21.00,EUR,1,SCAI-2026-000001 Acme,tnt_acme,,,",
    ]


def test_the_datev_batch_is_gross_in_cp1252_with_commas():
    documents = [an_invoice(name='Müller "&" Söhne; Łódź 😀'), an_invoice(kind=Kind.credit_note, id="inv_2", lines=(
        JournalInputLine("usage", "S", Decimal("21.00"), -100, -21),), total_cents=-121)]  # fmt: skip
    [file] = asyncio.run(provider("datev_csv").export(documents, MAPPING, DATEV)).artefacts
    header, _, credit, invoice = file.body.decode("cp1252").splitlines()
    assert header.startswith('"EXTF";700;21;"Buchungsstapel";13;20260115000000000;')
    assert invoice == (
        '121,00;"S";"EUR";;;;1300;8000;"1";1501;"SCAI-2026-000001";;;"SCAI-2026-000001 Müller ""&"" Söhne; ?ódz ?"'
    )
    assert credit.startswith('1,21;"H";"EUR";;;;1300;8010;"1";1501;')
    assert file.filename == "EXTF_Buchungsstapel_2026.csv"


def test_a_batch_per_calendar_year():
    documents = [an_invoice(), an_invoice(id="inv_2", booked_on=date(2025, 12, 31))]
    made = asyncio.run(provider("datev_csv").export(documents, MAPPING, DATEV)).artefacts
    assert [(each.filename, each.ids) for each in made] == [
        ("EXTF_Buchungsstapel_2025.csv", ("inv_2",)),
        ("EXTF_Buchungsstapel_2026.csv", ("inv_1",)),
    ]


def test_everything_the_mapping_lacks_is_named_at_once():
    found = journal.problems(an_invoice(), LedgerMapping())
    assert [reason.code for reason in found] == ["no_debtor_account", "no_revenue_account", "no_vat_code"]
    assert "S 21 % in NL" in found[2].message
    without_account = MAPPING.model_copy(
        update={"vat_codes": [MAPPING.vat_codes[0].model_copy(update={"account": None})]}
    )
    assert [reason.code for reason in journal.problems(an_invoice(), without_account)] == ["no_vat_account"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"currency": "KWD", "exponent": 3}, "too_exact"), ({"tenant_id": "tnt_globex"}, None)],
)
def test_datev_refuses_what_it_cannot_hold(fields, code):
    found = datev_csv.DatevCsv().problems(an_invoice(**fields), MAPPING)
    assert [reason.code for reason in found] == ([code] if code else [])


def test_the_vat_code_that_says_most_wins_and_a_ledger_code_comes_first():
    germany = an_invoice(country="DE")
    assert [row.vat_code for row in journal.bookings(germany, MAPPING)] == ["9", "9"]
    line = JournalInputLine("base", "S", Decimal("21.00"), 100, 0, ledger_code="8888")
    [row] = journal.bookings(an_invoice(lines=(line,)), MAPPING)
    assert row.credit == "8888"


def test_an_installed_plugin_stands_beside_the_built_in_ones():
    class Plugin:
        slug = "wire"

    class Entry:
        name = "wire"

        def load(self):
            return Plugin

    assert set(installed()) == {"csv_journal", "datev_csv", "ubl_archive"}
    assert set(load([Entry()])) == {*installed(), "wire"}  # type: ignore[list-item]  # what entry_points gives, as far as it is used


DOLLARS = {"currency": "USD", "base_currency": "EUR", "exchange_rate": Decimal("1.1589")}
FOREIGN = [
    ("an invoice", {}, '121,00;"S";"USD";1,1589;104,41;"EUR";1300;8000;"1"'),
    (
        "a credit note",
        {
            "kind": Kind.credit_note,
            "total_cents": -12100,
            "lines": (JournalInputLine("base", "S", Decimal("21.00"), -10000, -2100),),
        },
        '121,00;"H";"USD";1,1589;104,41;"EUR";1300;8000;"1"',
    ),
    ("a payment", {"kind": Kind.payment, "lines": ()}, '121,00;"H";"USD";1,1589;104,41;"EUR";1300;1100'),
    ("a refund", {"kind": Kind.refund, "lines": ()}, '121,00;"S";"USD";1,1589;104,41;"EUR";1300;1100'),
    ("a reversal", {"kind": Kind.reversal, "lines": ()}, '121,00;"S";"USD";1,1589;104,41;"EUR";1300;1100'),
    ("a loss", {"kind": Kind.loss, "lines": ()}, '121,00;"H";"USD";1,1589;104,41;"EUR";1300;2400'),
    ("a wallet", {"kind": Kind.wallet, "lines": ()}, '121,00;"H";"USD";1,1589;104,41;"EUR";1300;1760'),
    ("withheld", {"kind": Kind.withheld, "lines": ()}, '121,00;"S";"USD";1,1589;104,41;"EUR";1370;1100'),
    (
        "released",
        {"kind": Kind.withheld, "lines": (), "total_cents": -12100},
        '121,00;"H";"USD";1,1589;104,41;"EUR";1370;1100',
    ),
    ("a fee", {"kind": Kind.dispute_fee, "lines": ()}, '121,00;"S";"USD";1,1589;104,41;"EUR";4970;1100'),
    (
        "yen",
        {"currency": "JPY", "exponent": 0, "exchange_rate": Decimal("181.22")},
        '12100;"S";"JPY";181,22;66,77;"EUR";1300;8000;"1"',
    ),
    (
        "its own currency",
        {"currency": "EUR", "exchange_rate": None},
        '121,00;"S";"EUR";;;;1300;8000;"1"',
    ),
]


@pytest.mark.parametrize(("fields", "row"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN])
def test_a_foreign_row_says_its_rate_and_its_amount_in_the_currency_of_the_books(fields, row):
    document = an_invoice(**DOLLARS | fields)
    assert provider("datev_csv").problems(document, MAPPING) == []
    [file] = asyncio.run(provider("datev_csv").export([document], MAPPING, DATEV)).artefacts
    header, _, booked = file.body.decode("cp1252").splitlines()
    assert booked.startswith(row)
    assert header.split(";")[21] == '"EUR"'


def test_the_journal_says_it_too():
    [file] = asyncio.run(provider("csv_journal").export([an_invoice(**DOLLARS)], MAPPING, {})).artefacts
    net, tax = list(csv.reader(io.StringIO(file.body.decode())))[1:]
    assert (net[9:], tax[9:]) == (["1.1589", "86.29", "EUR"], ["1.1589", "18.12", "EUR"])


def test_a_rate_that_is_missing_or_does_not_fit_refuses_the_row():
    unknown = an_invoice(**DOLLARS | {"exchange_rate": None})
    rupiah = an_invoice(currency="IDR", base_currency="EUR", exchange_rate=Decimal("19345.29"))
    for slug, document, code in (
        ("datev_csv", unknown, "exchange_rate_missing"),
        ("csv_journal", unknown, "exchange_rate_missing"),
        ("datev_csv", rupiah, "rate_does_not_fit"),
    ):
        assert [reason.code for reason in provider(slug).problems(document, MAPPING)] == [code]


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Kind.loss, ["no_debtor_account", "no_loss_account"]),
        (Kind.wallet, ["no_debtor_account", "no_wallet_account"]),
        (Kind.withheld, ["no_payment_account", "no_disputed_account"]),
        (Kind.dispute_fee, ["no_payment_account", "no_dispute_fee_account"]),
        (Kind.reversal, ["no_debtor_account", "no_payment_account"]),
    ],
)
def test_what_a_movement_needs_is_named(kind, codes):
    found = journal.problems(an_invoice(kind=kind, lines=()), LedgerMapping())
    assert [reason.code for reason in found] == codes
