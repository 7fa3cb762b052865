"""A bank's file is read as it is meant, in each version, or refused in a sentence that names what and where."""

import pytest

from scaicontrol.core.errors import Invalid
from scaicontrol.services.bank_statements.statement_files import FILE_MAX, LINES_MAX, read
from tests.factories.bank_statements import ACME_IBAN, Entry, Statement, Tx, camt053, paying

ENTRIES = [
    paying(12100, "Invoice NW-2026-000001", ref="A1"),
    Entry(20000, [Tx(11900, "2026-1"), Tx(8100, "2026-2")], ref="A2"),
    Entry(19950, [Tx(11900, "2026-3"), Tx(8100, "2026-4")], ref="A3", charges=50),
    Entry(300, [Tx(100, "2026-5"), Tx(100, "2026-6")], ref="A4"),
    Entry(-3000, [Tx(-3000, "2026-7")], ref="A5", reversal="1"),
    Entry(-1500, [Tx(-1500, "2026-8", returned="MD06")], ref="A6", code="IDDT-UPDD"),
    Entry(-250, ref="A7", code="ICDT-CHRG"),
    Entry(-4000, [Tx(-4000, "Rent")], ref="A8", code="ICDT-ESCT"),
    Entry(9900, [Tx(9900, "soon")], status="PDNG"),
    paying(5000, "dollars", currency="USD"),
]
MEANT = [
    ("incoming", 12100, "EUR"),
    ("incoming", 11900, "EUR"), ("incoming", 8100, "EUR"),
    ("incoming", 11900, "EUR"), ("incoming", 8100, "EUR"), ("charge", -50, "EUR"),
    ("incoming", 300, "EUR"),  # what does not add up stays whole
    ("reversal", -3000, "EUR"), ("returned", -1500, "EUR"), ("charge", -250, "EUR"), ("outgoing", -4000, "EUR"),
    ("incoming", 5000, "USD"),
]  # fmt: skip


@pytest.mark.parametrize("version", [2, 4, 8, 13])
def test_each_version_says_the_same(version):
    (told,) = read(camt053(Statement(ENTRIES, others=[("USD", 100)]), version=version))
    assert [(line.kind, line.amount_cents, line.currency) for line in told.lines] == MEANT
    assert told.message == f"camt.053.001.{version:02}"
    assert (told.pending, told.iban) == (1, "NL91ABNA0417164300")
    assert [(b.currency, b.opening_cents, b.closing_cents) for b in told.balances] == [
        ("EUR", 100000, 143600), ("USD", 100, 5100),
    ]  # fmt: skip
    first = told.lines[0]
    assert (first.counterparty_name, first.counterparty_iban) == ("Acme B.V.", ACME_IBAN)
    assert (first.remittance, first.end_to_end_id, first.bank_reference) == ("Invoice NW-2026-000001", None, "A1")
    assert [line.part for line in told.lines[3:6]] == [1, 2, 3]
    assert "do not make up the entry" in str(told.lines[6].note)


_LAUGHS = camt053(Statement()).replace(b"<Document", b"<!DOCTYPE d [<!ENTITY a 'x'>]><Document", 1)
REFUSED = {
    "sums": (
        camt053(Statement([paying(100, "x")], closing=100)),
        "does not add up in EUR: it opens with 1000.00 and moves 1.00, which is 1001.00, and closes with 1.00",
    ),
    "no closing balance": (camt053(Statement([paying(100, "x")], closes=False)), "has no closing balance in EUR"),
    "no balance": (camt053(Statement([paying(1, "x", currency="USD")])), "has entries in USD and no balance in USD"),
    "decimals": (camt053(Statement([paying(1, "x", amount="0.015")])), "entry 1: 0.015 EUR has more decimals than"),
    "not an amount": (camt053(Statement([paying(1, "x", amount="1e3")])), "entry 1: '1e3' is not an amount"),
    "negative": (camt053(Statement([paying(1, "x", amount="-1.00")])), "entry 1: '-1.00' is not an amount"),
    "a currency nobody knows": (camt053(Statement([paying(1, "x", currency="XXQ")])), "'XXQ' is not an ISO 4217"),
    "no day": (camt053(Statement([paying(1, "x", day="soon")])), "entry 1 has no day that can be read ('soon')"),
    "a day nobody means": (
        camt053(Statement([paying(1, "x", day="9999-12-31")])),
        "entry 1 says 9999-12-31, and a day lies",
    ),
    "no statement": (camt053(), "holds no statement"),
    "broken": (camt053(Statement())[:-20], "is not XML that can be read from line 2 on"),
    "a document type": (_LAUGHS, "declares a document type"),
    "a notification": (camt053(Statement()).replace(b"camt.053", b"camt.054"), "The file is camt.054.001.08"),
    "a version to come": (camt053(Statement(), version=15), "camt.053.001.02 to camt.053.001.14"),
    "an archive": (b"PK\x03\x04 and so on", "unpack it"),
    "a table": (b"date;amount\n2026-01-15;1,00", "neither camt.053 nor MT940"),
    "too large": (b"<" + b" " * FILE_MAX, "larger than 5 MiB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_believed_is_refused_in_a_sentence(what):
    body, said = REFUSED[what]
    with pytest.raises(Invalid) as refusal:
        read(body)
    assert said in refusal.value.message


def test_a_file_of_very_many_lines_is_refused():
    with pytest.raises(Invalid, match="more than 10,000 lines"):
        read(camt053(Statement([Entry(1)] * (LINES_MAX + 1))))


def test_what_a_bank_writes_at_length_is_kept_as_long_as_there_is_room():
    body = camt053(Statement([Entry(-5, [Tx(-5, "x", returned="MD06" * 50)], code="IDDT-" + "U" * 80)], "S" * 90))
    page = "</Id><StmtPgntn><PgNb>12345678901</PgNb></StmtPgntn><CreDtTm>"
    (told,) = read(body.replace(b"</Id><CreDtTm>", page.encode(), 1))
    (line,) = told.lines
    assert (len(line.bank_code or ""), told.reference) == (140, "S" * 69 + "/1234567890")


def test_zeros_behind_what_a_currency_has_are_no_decimals():
    (told,) = read(camt053(Statement([paying(119, "x", amount="1.19000")])))
    assert told.lines[0].amount_cents == 119


def test_a_moment_is_not_taken_for_a_tag_of_mt940():
    body = camt053(Statement([paying(119, "x")]))
    body = body.replace(b"T18:00:00", b"T18:20:00", 1).replace(b"T18:00:00", b"T18:25:00", 1)
    (told,) = read(b"\xef\xbb\xbf" + body)
    assert told.lines[0].amount_cents == 119
