"""CSV is read as its mapping says; what cannot be believed is refused by line and column, and books nothing."""

import pytest

from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements import csv_file
from scaicontrol.services.bank_statements.schemas import CsvMappingIn
from tests.factories import ada, alice, petra, sam
from tests.factories.bank_statements import (
    ACME_IBAN,
    CSV_MAPPING,
    IBAN,
    Statement,
    bank_csv,
    bank_lines,
    camt053,
    paying,
)
from tests.factories.credits import broken_books
from tests.factories.invoices import a_line, again, sent


def mapping(**others):
    return CsvMappingIn.model_validate({**CSV_MAPPING, **others})


def columns(**others):
    return mapping(columns={**mapping().columns.model_dump(), **others})


def read(body, kept=None):
    return csv_file.read(body, IBAN, kept or mapping())


async def kept(backend, by=petra):
    return await backend.perform(by, bank_statements.keep_csv_mapping, IBAN, mapping())


async def brought(backend, body, iban=IBAN):
    return await bank_statements.import_statements(backend, petra, body, iban)


# What a bank writes, and what is read: (kind, cents, currency).
TABLE = {
    "money that came": ((12100, "GUTSCHRIFT", "x"), ("incoming", 12100)),
    "a batch in one entry": ((363000, "SAMMLER", "3 payments"), ("incoming", 363000)),
    "our own payment": ((-5000, "UEBERWEISUNG", "x"), ("outgoing", -5000)),
    "a fee": ((-250, "ENTGELT", "x"), ("charge", -250)),
    "a credit undone": ((-12100, "STORNO", "x"), ("reversal", -12100)),
    "a debit undone": ((250, "STORNO", "x"), ("reversal", 250)),
    "a debit given back": ((-12100, "RUECKLAST", "x"), ("returned", -12100)),
    "a payment of ours sent back": ((5000, "RUECKLAST", "x"), ("returned", 5000)),
}


@pytest.mark.parametrize("what", TABLE)
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_each_entry_is_read_as_what_it_is(what, currency):
    entry, wanted = TABLE[what]
    told = read(bank_csv(entry, currency=currency))
    assert [(line.kind, line.amount_cents, line.currency) for line in told.lines] == [(*wanted, currency)]
    assert [(each.currency, each.closing_cents - each.opening_cents) for each in told.balances] == [
        (currency, wanted[1])
    ]
    (line,) = told.lines
    assert (line.counterparty_name, line.counterparty_iban, line.bank_reference) == ("Müller", ACME_IBAN, "R1")


def test_the_newest_row_may_stand_first_and_currencies_are_held_apart():
    euros, dollars = bank_csv((100, "", "x"), (200, "", "y")), bank_csv((5, "", "z"), currency="USD", first=3)
    rows = [*euros.splitlines()[1:], *dollars.splitlines()[1:]]
    told = read(b"\r\n".join([euros.splitlines()[0], *reversed(rows)]))
    held = [(each.currency, each.opening_cents, each.closing_cents) for each in told.balances]
    assert held == [("USD", 100000, 100005), ("EUR", 100000, 100300)]


WRITTEN = {
    "1.234,50": (",", 123450), "1 234,5": (",", 123450), "+12": (",", 1200), "12,00-": (",", -1200),
    "-0,05": (",", -5), "1,234.50": (".", 123450), "1'234.50": (".", 123450), "12.345": (",", 1234500),
}  # fmt: skip


@pytest.mark.parametrize("said", WRITTEN)
def test_an_amount_is_read_in_the_banks_own_way(said):
    decimal, cents = WRITTEN[said]
    body = f'Date;Amount\n2026-01-15;"{said}"\n'.encode()
    plain = {"booked_on": "Date", "amount": "Amount"}
    told = read(body, checked(CsvMappingIn, currency="EUR", decimal=decimal, columns=plain))
    assert [line.amount_cents for line in told.lines] == [cents]
    assert told.balances == []


def test_two_columns_a_column_of_sides_and_a_file_without_a_heading_say_the_same():
    two = {"booked_on": "D", "credit": "In", "debit": "Out"}
    apart = checked(CsvMappingIn, currency="EUR", columns=two)
    side = {"booked_on": "1", "amount": "2", "side": "3"}
    beside = {"debit_words": ["Af"], "credit_words": ["Bij"], "date_format": "YYYYMMDD", "delimiter": ","}
    sided = checked(CsvMappingIn, currency="EUR", has_heading=False, columns=side, **beside)
    said = [
        read(b"D;In;Out\n2026-01-15;1,00;\n2026-01-15;;2,00\n", apart),
        read(b'20260115,"1,00",Bij\n20260115,"2,00",Af\n', sided),
    ]
    assert [[line.amount_cents for line in each.lines] for each in said] == [[100, -200]] * 2
    refused = {
        b"D;In;Out\n2026-01-15;1,00;2,00\n": "Line 2, columns 'In' and 'Out' both have amount.",
        b"D;In;Out\n2026-01-15;;\n": "Line 2, columns 'In' and 'Out' have no amount.",
    }
    for body, why in refused.items():
        with pytest.raises(Invalid) as refusal:
            read(body, apart)
        assert refusal.value.message == why
    with pytest.raises(Invalid, match="Line 1, column '3': 'Ja' is neither"):
        read(b'20260115,"1,00",Ja\n', sided)


GOOD = bank_csv((100, "", "x"), (200, "", "y"))
REFUSED = {
    "another account": (
        GOOD.replace(IBAN.encode(), ACME_IBAN.encode()),
        f"Line 2, column 'Konto' names the account '{ACME_IBAN}'",
    ),
    "no such day": (GOOD.replace(b"15.01.2026", b"31.02.2026"), "Line 2, column 'Buchungstag': '31.02.2026' is no day"),
    "a day of others": (GOOD.replace(b"15.01.2026", b"2026-01-15"), "is no day written as DD.MM.YYYY"),
    "a day before the books": (
        GOOD.replace(b"15.01.2026", b"15.01.1901"),
        "Line 2, column 'Buchungstag' says 1901-01-15",
    ),
    "too many decimals": (GOOD.replace(b";2,00;", b";2,005;"), "Line 3, column 'Betrag': 2.005 EUR has more decimals"),
    "a point for a comma": (
        GOOD.replace(b";2,00;", b";2.00;"),
        "Line 3, column 'Betrag': '2.00' is no amount with ','",
    ),
    "no currency": (GOOD.replace(b";EUR;", b";ZZZ;"), "Line 2, column 'Betrag': 'ZZZ' is not an ISO 4217 currency"),
    "a row is missing": (
        GOOD.replace(b";1003,00;", b";1004,00;"),
        "Line 3, column 'Saldo': the balance is 1004.00 EUR",
    ),
    "another encoding": (
        "Buchungstag;Müller\n".encode(),
        "The file is in utf-8, and its account's mapping says cp1252",
    ),
    "no column": (
        GOOD.replace(b"Saldo", b"Stand"),
        "The heading has no column 'Saldo'; it has Buchungstag, Betrag, Stand",
    ),
    "a column twice": (GOOD.replace(b"Referenz", b"Saldo"), "The heading has more than one column 'Saldo'"),
    "a short row": (GOOD + b"15.01.2026;1,00\r\n", "Line 4, column 'Saldo' is missing: the row has 2 cells."),
    "an open quote": (GOOD + b'15.01.2026;"1,00\r\n', "Line 4 is not CSV that can be read"),
    "only a heading": (GOOD.splitlines()[0], "The file has no rows behind its heading."),
    "nothing": (b"", "The file has no heading."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_believed_is_refused_by_line_and_column(what):
    body, said = REFUSED[what]
    with pytest.raises(Invalid) as refusal:
        read(body)
    assert said in refusal.value.message


def test_a_file_in_another_encoding_than_utf_8_names_the_byte():
    with pytest.raises(Invalid, match="Line 1, byte 27: the file is not in utf-8"):
        read(GOOD, mapping(encoding="utf-8"))


async def test_what_pays_is_booked_and_the_same_again_is_harmless(backend):
    await kept(backend)
    owed = await sent(backend, a_line(1000))
    body = bank_csv((1210, "", f"Rechnung {owed.number}"), (500, "", "?"), (-250, "ENTGELT", "fee"))
    for known in (0, 1):
        done = await brought(backend, body)
        assert (done.known, done.statements[0].message, done.statements[0].lines) == (
            known, "CSV", {"booked": 1, "ignored": 1, "waiting": 1},
        )  # fmt: skip
    assert (await again(backend, owed)).status == "paid"
    # The evening's file has the morning's rows, too: the bank has names for them.
    later = bank_csv((1210, "", f"Rechnung {owed.number}"), (500, "", "?"), (-250, "ENTGELT", "fee"), (700, "", "new"))
    assert (await brought(backend, later)).statements[0].lines == {"ignored": 3, "waiting": 1}
    taken = bank_csv((-1210, "STORNO", f"Rechnung {owed.number}"), opening=101460 + 700, first=5)
    await brought(backend, taken)
    waiting = [(line.amount_cents, line.waits_for) for line in await bank_lines(backend, status="waiting")]
    assert waiting == [(500, "unmatched"), (700, "unmatched"), (-1210, "taken_back")]
    assert await broken_books(backend) == []


@pytest.mark.parametrize("what", ["another account", "no such day", "too many decimals", "another encoding"])
async def test_of_a_file_that_is_refused_nothing_is_stored(backend, what):
    await kept(backend)
    body, said = REFUSED[what]
    with pytest.raises(Invalid, match=r"column|utf-8"):
        await brought(backend, body)
    shown = await bank_statements.preview_csv(backend, petra, IBAN, body)
    assert (shown.lines, said in str(shown.problem)) == ([], True)
    assert (await backend.ask(petra, bank_statements.page, PageRequest())).items == []


async def test_a_mapping_is_kept_once_for_an_account_of_ones_own(backend):
    first = await kept(backend)
    assert ((await kept(backend)).id, first.version) == (first.id, 1)
    changed = await backend.perform(petra, bank_statements.keep_csv_mapping, f"nl91 {IBAN[4:]}", mapping(decimal="."))
    assert (changed.id, changed.version, changed.mapping["decimal"]) == (first.id, 2, ".")
    with pytest.raises(Refused, match="is no seller's: nothing was kept"):
        await backend.perform(petra, bank_statements.keep_csv_mapping, ACME_IBAN, mapping())
    with pytest.raises(Forbidden):
        await kept(backend, alice)
    assert await backend.ask(sam, bank_statements.csv_mappings) == []
    assert len(await backend.ask(ada, bank_statements.csv_mappings)) == 1


async def test_a_file_is_read_by_a_mapping_only_where_it_does_not_say_itself_what_it_is(backend):
    with pytest.raises(Invalid, match="name its account"):
        await bank_statements.import_statements(backend, petra, GOOD)
    with pytest.raises(Invalid, match=f"account {IBAN} has no CSV mapping"):
        await brought(backend, GOOD)
    with pytest.raises(NotFound):
        await bank_statements.preview_csv(backend, petra, IBAN, GOOD)
    await kept(backend)
    shown = await bank_statements.preview_csv(backend, petra, IBAN, GOOD)
    assert (shown.total, [line.amount_cents for line in shown.lines], shown.problem) == (2, [100, 200], None)
    camt = camt053(Statement([paying(5, "?")]))
    with pytest.raises(Invalid, match=f"The file is of account {IBAN}, and was brought for {ACME_IBAN}"):
        await brought(backend, camt, ACME_IBAN)
    assert (await brought(backend, camt)).statements[0].message == "camt.053.001.08"


def test_a_mapping_that_says_two_things_is_refused():
    for wrong, why in (
        ({"credit": "In"}, "either the column amount"),
        ({"amount": None, "credit": "In"}, "named together"),
        ({"side": "S"}, "name the column side together"),
        ({"code": None}, "name the column code"),
    ):
        with pytest.raises(ValueError, match=why):
            columns(**wrong)
