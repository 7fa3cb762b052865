"""MT940 says in each bank's own way what camt.053 says in one; what it does not say as SWIFT writes it is refused."""

import pytest

from scaicontrol.core.errors import Invalid, Refused
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.statement_files import read
from tests.factories import petra
from tests.factories.bank_statements import ACME_IBAN, IBAN, Statement, bank_lines, camt053, mt940, paying
from tests.factories.credits import broken_books
from tests.factories.invoices import a_line, sent

GERMAN = "166?00GUTSCHRIFT?109248?20EREF+E2E-7?21SVWZ+Rechnung NW-2026-0000?2201 Danke?31{acme}?32Acme B.V.?34000"
DUTCH = "/EREF/E2E-7//CNTP/{acme}/INGBNL2A/Acme B.V./AMSTERDAM//REMI/USTD//Rechnung NW-2026-000001 Danke/"
OLDER = "/TRTP/SEPA OVERBOEKING/IBAN/{acme}/BIC/INGBNL2A/NAME/Acme B.V./REMI/Rechnung NW-2026-000001 Danke/EREF/E2E-7"
NAMED_LAST = "/ORDP//NAME/Acme B.V./REMI/Rechnung NW-2026-000001 Danke/EREF/E2E-7/IBAN/{acme}"


@pytest.mark.parametrize("details", [GERMAN, DUTCH, OLDER, NAMED_LAST])
def test_each_bank_says_the_same(details):
    (told,) = read(mt940((12100, details.format(acme=ACME_IBAN))))
    (line,) = told.lines
    assert (told.iban, told.message, told.reference, str(told.to_on)) == (IBAN, "MT940", "NW26 1/1", "2026-01-15")
    assert (line.kind, line.amount_cents, line.currency, str(line.booked_on)) == (
        "incoming",
        12100,
        "EUR",
        "2026-01-15",
    )
    assert (line.counterparty_name, line.counterparty_iban) == ("Acme B.V.", ACME_IBAN)
    assert (line.end_to_end_id, line.bank_reference) == ("E2E-7", "A1")
    assert line.remittance == "Rechnung NW-2026-000001 Danke"


def test_a_number_that_a_bank_breaks_at_the_end_of_a_line_is_whole():
    (told,) = read(mt940((100, "Payment of what we owe you since the beginning of winter NW-2026-0\n00001\nthanks")))
    assert str(told.lines[0].remittance).endswith("winter NW-2026-000001 thanks")


KINDS = {
    "a reversed credit": ("RC", "NTRF", "x", "reversal", -100),
    "a reversed debit": ("RD", "NTRF", "x", "reversal", 100),
    "a returned item": ("D", "NRTI", "x", "returned", -100),
    "a reason of return": ("D", "NDDT", "/RTRN/MD06/REMI/x", "returned", -100),
    "a direct debit given back in Germany": ("D", "NMSC", "109?00RUECKLASTSCHRIFT?20SVWZ+x", "returned", -100),
    "a charge": ("D", "NCHG", "x", "charge", -100),
    "a payment of our own": ("D", "NTRF", "x", "outgoing", -100),
}


@pytest.mark.parametrize("what", KINDS)
def test_what_takes_money_back_is_known_by_its_mark(what):
    mark, code, details, kind, cents = KINDS[what]
    (told,) = read(mt940((100, details), mark=mark, code=code))
    assert [(line.kind, line.amount_cents) for line in told.lines] == [(kind, cents)]


@pytest.mark.parametrize(
    ("account", "iban"),
    [
        (f"{IBAN}EUR", IBAN),
        (f"ABNANL2A/{IBAN}", IBAN),
        ("37040044/532013000", "DE89370400440532013000"),
        ("37040044/0532013000EUR", "DE89370400440532013000"),
    ],
)
def test_an_account_is_known_however_it_is_written(account, iban):
    (told,) = read(mt940((100, "x"), account=account))
    assert told.iban == iban


def test_what_a_statement_says_of_itself_belongs_to_no_payment():
    (told,) = read(mt940((100, "x"), behind=":64:C260115EUR1001,00\n:86:/SUM/1/1/NW-2026-000009/\n"))
    assert told.lines[0].remittance == "x"


def test_pages_and_statements_of_a_file_are_told_apart():
    first = mt940((100, "x"), closes="M")
    second = mt940((50, "y"), opens="M", page=2, before=100100)
    told = read(first + second + mt940((1, "z"), number=2, before=100150))
    assert [each.reference for each in told] == ["NW26 1/1", "NW26 1/2", "NW26 2/1"]
    assert [line.amount_cents for each in told for line in each.lines] == [100, 50, 1]


REFUSED = {
    "sums": (mt940((100, "x"), closing=5), "does not add up in EUR"),
    "a point for a comma": (mt940((100, "x")).replace(b"C1,00", b"C1.00"), "entry 1: '2601150115C1.00NTRFNONREF//A1'"),
    "thousands": (mt940((100, "x")).replace(b"EUR1000,00", b"EUR1.000,00"), "balance: 'C260114EUR1.000,00'"),
    "decimals": (mt940((100, "x")).replace(b"C1,00", b"C1,005"), "has more decimals than the 2 of EUR"),
    "no closing balance": (mt940((100, "x")).replace(b":62F:", b":99F:"), "has no closing balance"),
    "no number": (mt940((100, "x")).replace(b":28C:1/1", b":28C:"), "is not MT940 that can be read"),
    "no account of Europe": (mt940((100, "x"), account="1234567"), "names the account '1234567', which is no IBAN"),
    "two currencies": (mt940((100, "x")).replace(b"C260115EUR", b"C260115USD"), "opens in EUR and closes in USD"),
    "no such day": (mt940((100, "x")).replace(b"2601150115C", b"2613450115C"), "is not MT940 that can be read"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_believed_is_refused_in_a_sentence(what):
    body, said = REFUSED[what]
    with pytest.raises(Invalid) as refusal:
        read(body)
    assert said in refusal.value.message


async def test_mt940_books_what_camt_would_have_booked_and_the_other_changes_nothing(backend):
    owed = await sent(backend, a_line(1000))
    details = DUTCH.format(acme=ACME_IBAN).replace("NW-2026-000001", str(owed.number))
    for known in (0, 1):
        told = await bank_statements.import_statements(backend, petra, mt940((1210, details)))
        assert ([each.message for each in told.statements], told.known) == (["MT940"], known)
    (line,) = await bank_lines(backend)
    assert (line.status, line.amount_cents) == ("booked", 1210)
    await bank_statements.import_statements(
        backend, petra, camt053(Statement([paying(1210, f"{owed.number}", ref="A1")]))
    )
    assert [(each.status, each.waits_for) for each in await bank_lines(backend)] == [
        ("booked", None),
        ("waiting", "settled"),
    ]
    assert await broken_books(backend) == []


async def test_the_second_statement_of_a_day_goes_on_where_the_first_ended(backend):
    """Of the same name: the bank numbers days, or nothing at all."""
    owed = await sent(backend, a_line(1000))
    quiet = mt940()
    noon, evening = mt940((5, "x")), mt940((1210, f"{owed.number}"), before=100005)
    night = mt940((7, "z"), before=101215)
    for body in (evening, noon, quiet, night):  # one may come before what it goes on from
        assert (await bank_statements.import_statements(backend, petra, body)).known == 0
    for body in (night, quiet, noon, evening):
        assert (await bank_statements.import_statements(backend, petra, body)).known == 1
    lines = await bank_lines(backend)
    assert sorted((line.amount_cents, line.status) for line in lines) == [
        (5, "waiting"), (7, "waiting"), (1210, "booked"),
    ]  # fmt: skip
    assert await broken_books(backend) == []


@pytest.mark.parametrize(
    "other",
    [
        mt940((6, "x")),  # the first, told otherwise
        mt940((1211, "y"), before=100005),  # the second
        mt940((1, "z"), before=100000),  # where the first began
        mt940((1, "z"), before=777),  # of nowhere
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_tells_the_same_stretch_otherwise_is_refused(backend, other):
    for body in (mt940((5, "x")), mt940((1210, "y"), before=100005)):
        await bank_statements.import_statements(backend, petra, body)
    with pytest.raises(Refused, match="goes on where none of its day ended"):
        await bank_statements.import_statements(backend, petra, other)
    assert len(await bank_lines(backend)) == 2


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_day_that_came_to_nothing_and_is_told_otherwise_goes_on_nowhere(backend):
    both = Statement([paying(5, "x", ref="A1"), paying(-5, "y", ref="A2")])
    await bank_statements.import_statements(backend, petra, camt053(both))
    with pytest.raises(Refused, match="something else"):
        await bank_statements.import_statements(backend, petra, camt053(Statement([paying(6, "x", ref="A1")])))
