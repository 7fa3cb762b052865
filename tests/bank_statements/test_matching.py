"""What a line says itself is booked; whatever is left open waits for a person with its reason."""

from dataclasses import replace

from stdnum.iso7064 import mod_97_10

from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.schemas import BankBookIn, BankReverseIn
from tests.factories import GLOBEX, petra
from tests.factories.bank_statements import Entry, Tx, bank_lines, imported, paying
from tests.factories.credits import broken_books, open_credits, transferred
from tests.factories.invoices import a_line, again, finalized, sent


async def test_a_table_of_lines_becomes_what_it_says(backend):
    one, two, other = [await sent(backend, a_line(cents)) for cents in (1000, 2000, 3000)]
    three = await finalized(backend, a_line(4000))
    four, five, six = [await finalized(backend, a_line(cents)) for cents in (5000, 6000, 7000)]
    theirs = await finalized(backend, a_line(1000), tenant_id=GLOBEX)
    paid = await finalized(backend, a_line(100))
    await transferred(backend, paid)
    euros = await finalized(backend, a_line(900))
    plain = str(four.number).replace("-", "")
    reference = f"RF{mod_97_10.calc_check_digits(f'{plain}RF')}{plain}"
    table = [
        (paying(1210, f"Invoice {one.number}, thank you"), "booked", None),
        (paying(2420, f"ref {str(two.number).replace('-', ' ').lower()}"), "booked", None),
        (Entry(3630, [Tx(3630, end_to_end=str(other.number))]), "booked", None),
        (Entry(4840, [Tx(4840, "thanks", reference=str(three.number))]), "booked", None),
        (Entry(6050, [Tx(6050, reference=reference)]), "booked", None),
        (paying(7260 + 8470, f"{five.number} {six.number}"), "booked", None),
        (paying(1210, f"{theirs.number} less something"), "booked", None),
        (paying(500, "for the party"), "waiting", "unmatched"),
        (paying(121, f"{paid.number} once more"), "waiting", "settled"),
        (paying(1089, f"{euros.number}", currency="USD"), "waiting", "currency"),
        (paying(999, f"{one.number} and {theirs.number}"), "waiting", "tenants"),
        (paying(777, f"{str(one.number)[:-1]}"), "waiting", "unmatched"),
        (Entry(-250, code="ICDT-CHRG"), "ignored", None),
        (Entry(-4000, [Tx(-4000, "Rent")], code="ICDT-ESCT"), "ignored", None),
    ]
    done = await imported(backend, *[entry for entry, _, _ in table])
    lines = await bank_lines(backend)
    found = [(line.status, line.waits_for) for line in lines]
    assert found == [(status, waits_for) for _, status, waits_for in table], [line.note for line in lines]
    assert done.statements[0].lines == {"booked": 7, "waiting": 5, "ignored": 2}
    for invoice in (one, two, other, three, four, five, six, theirs):
        assert (await again(backend, invoice)).status == "paid"
    assert await broken_books(backend) == []


async def test_more_or_less_than_is_due_waits_and_a_person_finds_what_it_may_pay(backend):
    named = await sent(backend, a_line(1000))
    alike = await sent(backend, a_line(2000))
    await imported(backend, paying(2420, f"{named.number}"))
    (line,) = await bank_lines(backend, status="waiting")
    assert (line.waits_for, line.note) == ("amount", f"{named.number} asks for 12.10 EUR.")
    found = await backend.ask(petra, bank_statements.candidates, line.id)
    assert [(each.invoice_id, each.evidence) for each in found[:2]] == [
        (named.id, ["reference"]), (alike.id, ["amount"]),
    ]  # fmt: skip


async def test_what_was_paid_from_an_account_before_speaks_for_its_tenant(backend):
    first, later = await sent(backend, a_line(1000)), await sent(backend, a_line(2000))
    await imported(backend, paying(1210, f"{first.number}"), paying(1, "thanks"))
    (line,) = await bank_lines(backend, status="waiting")
    found = await backend.ask(petra, bank_statements.candidates, line.id)
    assert [(each.invoice_id, each.evidence) for each in found] == [(later.id, ["iban"])]


async def test_an_invoice_that_comes_later_is_matched_when_a_person_asks_again(backend):
    first = await sent(backend, a_line(1000))
    await transferred(backend, first, 210)
    done = await imported(backend, paying(1210, f"{first.number}"))
    assert done.statements[0].lines == {"waiting": 1}
    number = str(first.number)[:-1] + str(int(str(first.number)[-1]) + 1)
    done = await imported(backend, paying(2420, f"{number}"), reference="2026-016")
    assert done.statements[0].lines == {"waiting": 1}
    assert (await sent(backend, a_line(2000))).number == number
    matched = await bank_statements.match(backend, petra, done.statements[0].id)
    assert matched.lines == {"booked": 1}
    assert await open_credits(backend) == []


async def test_a_return_means_one_of_two_payments_that_are_just_alike_only_when_the_other_went_back(backend):
    first, second = await sent(backend, a_line(1000)), await sent(backend, a_line(1000))
    for reference in ("1", "2"):
        await imported(backend, paying(1210, "rent"), reference=reference)
    one, two = await bank_lines(backend)
    assert (one.waits_for, two.waits_for) == ("unmatched", "duplicate")
    for line, invoice in ((one, first), (two, second)):
        await backend.perform(petra, bank_statements.book, line.id, BankBookIn(invoice_id=invoice.id))
    taken = Entry(-1210, [Tx(-1210, "rent")], reversal="true")
    await imported(backend, taken, reference="3")
    (back,) = await bank_lines(backend, status="waiting")
    assert (back.reverses_line_id, back.note) == (None, "Which earlier line it undoes is not clear.")
    await backend.perform(petra, bank_statements.reverse, back.id, BankReverseIn(line_id=one.id))
    await imported(backend, replace(taken, ref="R2"), reference="4")
    (back,) = await bank_lines(backend, status="waiting")
    assert back.reverses_line_id == two.id
