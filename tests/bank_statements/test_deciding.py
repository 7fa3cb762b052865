"""What a person decides about lines that wait, and money that went back."""

from typing import Any

import pytest
from sqlalchemy import update

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import attention, bank_statements, payments
from scaicontrol.services.bank_statements.schemas import (
    BankBookIn,
    BankCreditIn,
    BankIgnoreIn,
    BankReverseIn,
    BankSplitIn,
)
from scaicontrol.services.partners.models import PartnerConfiguration
from tests.factories import ACME, GLOBEX, ada, petra, sam
from tests.factories.bank_statements import Entry, Tx, bank_lines, imported, paying, waiting_line, went_back
from tests.factories.credits import broken_books, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, sent
from tests.factories.subscriptions import facts


async def waiting(backend, *entries):
    """Lines that wait, in their order."""
    await imported(backend, *entries)
    return await bank_lines(backend, status="waiting")


async def test_more_than_is_due_becomes_a_credit(backend):
    invoice = await sent(backend, a_line(1000))
    (line,) = await waiting(backend, paying(1500, "no number"))
    done = await backend.perform(petra, bank_statements.book, line.id, BankBookIn(invoice_id=invoice.id))
    assert (done.status, done.decided_by, done.waits_for) == ("booked", petra.id, None)
    assert (await again(backend, invoice)).status == "paid"
    assert [credit.remaining_cents for credit in await open_credits(backend)] == [290]
    with pytest.raises(Refused, match="Cannot book"):
        await backend.perform(petra, bank_statements.book, line.id, BankBookIn(invoice_id=invoice.id))
    assert await net_received(backend) == 1500
    assert await broken_books(backend) == []


async def test_one_line_pays_several_invoices_and_its_parts_make_it_up(backend):
    one, two = await sent(backend, a_line(1000)), await sent(backend, a_line(2000), tenant_id=GLOBEX)
    (line,) = await waiting(backend, paying(3000, "both"))

    def parts(*cents):
        pairs = zip((one, two), cents, strict=True)
        return BankSplitIn.model_validate({"parts": [{"invoice_id": i.id, "amount_cents": c} for i, c in pairs]})

    with pytest.raises(Refused, match=r"the parts make 30\.01 EUR, and it brings 30\.00 EUR"):
        await backend.perform(petra, bank_statements.split, line.id, parts(1210, 1791))
    await backend.perform(petra, bank_statements.split, line.id, parts(1210, 1790))
    assert [(await again(backend, each)).amount_due_cents for each in (one, two)] == [0, 630]
    assert str((await again(backend, one)).paid_at) == "2026-01-14 23:00:00+00:00"  # midnight in Amsterdam
    told = [fact.payload for fact in await facts(backend, "bank_line.booked")]
    assert sorted((each["tenant_id"], each["invoice_ids"], each["amount_cents"]) for each in told) == [
        (ACME, [one.id], 1210), (GLOBEX, [two.id], 1790),
    ]  # fmt: skip
    assert await broken_books(backend) == []


async def test_a_line_is_kept_as_credit_where_a_document_can_tell_of_it(backend):
    lines = await waiting(backend, paying(500, "advance"))
    with pytest.raises(Refused, match="credit stands with a document"):
        await backend.perform(petra, bank_statements.credit, lines[0].id, BankCreditIn(tenant_id=ACME))
    invoice = await sent(backend, a_line(1000))
    await imported(backend, paying(1210, f"{invoice.number}"), reference="2026-016")
    await backend.perform(petra, bank_statements.credit, lines[0].id, BankCreditIn(tenant_id=ACME))
    assert [credit.remaining_cents for credit in await open_credits(backend)] == [500]
    assert await broken_books(backend) == []


async def test_credit_makes_no_loss_good(backend):
    async def bear_losses(uow):
        await uow.session.execute(update(PartnerConfiguration).values(dispute_lost="write_off"))

    await backend.perform(ada, bear_losses)
    kept, lost = await sent(backend, a_line(100)), await sent(backend, a_line(1000))
    back = await went_back(backend, str(lost.number))
    await backend.perform(petra, bank_statements.reverse, back.id, BankReverseIn())
    line = await waiting_line(backend, 500)
    with pytest.raises(Refused, match="credit stands with a document"):
        await backend.perform(petra, bank_statements.credit, line.id, BankCreditIn(tenant_id=ACME))
    await transferred(backend, kept)
    await backend.perform(petra, bank_statements.credit, line.id, BankCreditIn(tenant_id=ACME))
    assert [credit.remaining_cents for credit in await open_credits(backend)] == [500]
    assert (await again(backend, lost)).settlement == "write_off"
    assert await broken_books(backend) == []


async def test_what_is_ignored_says_why_and_can_still_be_booked(backend):
    invoice = await sent(backend, a_line(1000))
    (line,) = await waiting(backend, paying(1210, "?"))
    await backend.perform(petra, bank_statements.ignore, line.id, BankIgnoreIn(reason="Our own money."))
    with pytest.raises(Refused, match="Cannot ignore"):
        await backend.perform(petra, bank_statements.ignore, line.id, BankIgnoreIn(reason="Again."))
    shown = await backend.ask(petra, bank_statements.line_detail, line.id)
    assert (shown.note, shown.available_actions) == ("Our own money.", ["book", "credit", "split"])
    await backend.perform(petra, bank_statements.book, line.id, BankBookIn(invoice_id=invoice.id))
    with pytest.raises(NotFound):
        await backend.perform(sam, bank_statements.ignore, line.id, BankIgnoreIn(reason="Not mine."))
    assert await broken_books(backend) == []


@pytest.mark.parametrize("way", ["reversal", "return"])
async def test_money_that_went_back_is_owed_again_once_a_person_says_so(backend, way):
    invoice = await sent(backend, a_line(1000))
    entry = paying(1210, f"{invoice.number}", ref="A1")
    await imported(backend, entry)
    back: dict[str, Any] = {"reversal": {"reversal": "true"}, "return": {"code": "RCDT-RRTN"}}[way]
    taken = Entry(-1210, [Tx(-1210, f"{invoice.number}")], ref="A2", **back)
    await imported(backend, taken, reference="2026-016")
    came, line = await bank_lines(backend)
    assert (line.waits_for, line.note) == ("taken_back", f"It takes back {came} of 2026-01-15.")
    assert (await again(backend, invoice)).status == "paid"
    await backend.perform(petra, bank_statements.reverse, line.id, BankReverseIn())
    owed = await again(backend, invoice)
    assert (owed.amount_due_cents, owed.times_reopened) == (1210, 1)
    (dispute,) = (await backend.ask(ada, payments.disputes, PageRequest())).items
    assert (dispute.status, dispute.lost_cents) == ("lost", 1210)
    with pytest.raises(Refused, match="Cannot reverse by"):
        await backend.perform(petra, bank_statements.reverse, line.id, BankReverseIn())
    assert await net_received(backend) == 0
    assert await broken_books(backend) == []


async def test_money_that_came_and_went_in_one_statement_is_booked_only_if_it_did_not_go(backend):
    invoice = await sent(backend, a_line(1000))
    came, went = await waiting(
        backend,
        paying(1210, f"{invoice.number}", ref="A1"),
        Entry(-1210, [Tx(-1210, f"{invoice.number}")], ref="A2", reversal="true"),
    )
    assert [came.waits_for, went.waits_for] == ["taken_back", "taken_back"]
    finding = next(each for each in await backend.ask(petra, attention.findings) if each.key == "bank_lines")
    assert [example.amount_cents for example in finding.examples] == [1210, 1210]
    first = await backend.perform(petra, bank_statements.ignore, came.id, BankIgnoreIn(reason="It went."))
    seen = first.version
    await backend.perform(petra, bank_statements.reverse, went.id, BankReverseIn())
    lines = await bank_lines(backend)
    assert [line.status for line in lines] == ["ignored", "ignored"]
    assert lines[0].version > seen
    with pytest.raises(Refused, match=f"its money went back by {went}"):
        await backend.perform(petra, bank_statements.book, came.id, BankBookIn(invoice_id=invoice.id))
    assert (await again(backend, invoice)).amount_due_cents == 1210
    await backend.perform(petra, bank_statements.ignore, went.id, BankIgnoreIn(reason="The bank erred."))
    await backend.perform(petra, bank_statements.book, came.id, BankBookIn(invoice_id=invoice.id))
    assert (await again(backend, invoice)).status == "paid"


async def test_what_stands_in_two_statements_is_decided_once_also_after_a_mistake(backend):
    invoice = await sent(backend, a_line(1000))
    entry = paying(1210, f"{invoice.number}", ref="A1")
    taken = Entry(-1210, [Tx(-1210, f"{invoice.number}")], ref="A2", reversal="true")
    for reference, each in (("1", entry), ("2", entry), ("3", taken), ("4", taken)):
        await imported(backend, each, reference=reference)
    came, copy, back, copy_of_back = await bank_lines(backend)
    assert (back.reverses_line_id, back.waits_for) == (came.id, "taken_back")
    with pytest.raises(Refused, match=f"it is {came} of an earlier statement"):
        await backend.perform(petra, bank_statements.book, copy.id, BankBookIn(invoice_id=invoice.id))
    with pytest.raises(Refused, match=f"it is {back} of an earlier statement"):
        await backend.perform(petra, bank_statements.reverse, copy_of_back.id, BankReverseIn())
    await backend.perform(petra, bank_statements.ignore, back.id, BankIgnoreIn(reason="Nothing."))
    shown = [await backend.ask(petra, bank_statements.line_detail, each.id) for each in (copy, back, copy_of_back)]
    assert [each.available_actions for each in shown] == [[], ["reverse"], []]
    await backend.perform(petra, bank_statements.reverse, back.id, BankReverseIn())
    assert (await again(backend, invoice)).amount_due_cents == 1210
    assert await broken_books(backend) == []
