"""A credit goes back by the seller's bank: in one file, once, and it is used for nothing else meanwhile."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest
from lxml import etree
from sqlalchemy import update

from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Refused
from scaicontrol.services import bank_statements, credits, invoices, payment_files, payments
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.invoices.schemas import ApplyCreditIn
from scaicontrol.services.payment_files.schemas import OrderReasonIn, OrderSettleIn, PaymentFileIn
from scaicontrol.services.payment_files.sepa import sepa_text
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import NORTHWIND, ada, alice, petra
from tests.factories.bank_statements import IBAN, Entry, Statement, Tx, camt053
from tests.factories.credits import balance, broken_books
from tests.factories.invoices import a_line, sent
from tests.factories.payment_files import in_a_file, order_body, owed_back, proposed, written

WHY = OrderReasonIn(reason="The account is closed.")


def texts(body: bytes, name: str) -> list[str]:
    return [str(each.text) for each in etree.fromstring(body).iter() if etree.QName(each).localname == name]


async def again(backend, order):
    return await backend.ask(petra, payment_files.order, order.id)


async def file_of(backend, order):
    return (await payment_files.download(backend, petra, order.file_id)).body


async def left(backend, order, cents=None, name=None, reference="2026-015"):
    tx = Tx(-(cents or order.amount_cents), end_to_end=name or order.end_to_end_id)
    entry = Entry(tx.cents, [tx], ref=f"{reference}-1", code="ICDT-ESCT")
    await bank_statements.import_statements(backend, petra, camt053(Statement([entry], reference)))
    return await again(backend, order)


@pytest.mark.parametrize("message", ["pain.001.001.03", "pain.001.001.09"])
async def test_a_file_names_every_order_with_sums_that_hold(backend, message):
    first, second = await proposed(backend), await proposed(backend)
    file = await written(backend, message=message)
    body = (await payment_files.download(backend, petra, file.id)).body
    assert f"urn:iso:std:iso:20022:tech:xsd:{message}".encode() in body
    assert texts(body, "EndToEndId") == [first.end_to_end_id, second.end_to_end_id]
    assert texts(body, "InstdAmt") == ["12.10", "12.10"]
    assert set(texts(body, "CtrlSum")) == {"24.20"}
    assert set(texts(body, "NbOfTxs")) == {"2"}
    assert texts(body, "MsgId") == [file.id.replace("_", "-")]
    assert IBAN in texts(body, "IBAN")
    assert sha256(body).hexdigest() == file.sha256


async def test_a_file_that_was_lost_is_made_again_with_the_same_bytes(backend):
    order = await in_a_file(backend)
    body, file = await file_of(backend, order), await backend.ask(petra, payment_files.get, order.file_id)
    await backend.ports.objects.delete(file.object_key)
    assert await file_of(backend, order) == body
    assert await backend.ports.objects.get(file.object_key) == body


async def test_a_file_that_somebody_changed_is_not_given(backend):
    order = await in_a_file(backend)
    file = await backend.ask(petra, payment_files.get, order.file_id)
    await backend.ports.objects.delete(file.object_key)
    await backend.ports.objects.put(file.object_key, b"<Document/>", "application/xml")
    with pytest.raises(Refused, match="is not what was written"):
        await payment_files.download(backend, petra, file.id)


async def test_a_written_file_moves_nothing(backend):
    order = await in_a_file(backend)
    assert (order.status, await balance(backend), await broken_books(backend)) == ("written", 1210, [])


async def test_a_credit_is_in_one_file_at_most(backend):
    order = await in_a_file(backend)
    with pytest.raises(Refused, match="holds it"):
        await backend.perform(petra, payment_files.propose, order_body(order.credit_id))
    with pytest.raises(Refused, match="Nothing of partner"):
        await written(backend)


async def test_of_two_who_propose_the_same_credit_at_once_one_is_refused(backend):
    credit = await owed_back(backend)
    tried = [backend.perform(petra, payment_files.propose, order_body(credit.id)) for _ in range(2)]
    done = await asyncio.gather(*tried, return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in done) == 1


async def test_a_held_credit_is_used_for_nothing_else(backend):
    order = await proposed(backend)
    invoice = await sent(backend, a_line(100))
    assert (invoice.amount_applied_cents, await balance(backend)) == (0, 1210)
    with pytest.raises(Refused, match="holds it"):
        await backend.perform(petra, invoices.apply_credit, invoice.id, ApplyCreditIn(credit_id=order.credit_id))
    with pytest.raises(Refused, match="credit are left"):
        await backend.perform(petra, invoices.apply_credit, invoice.id, ApplyCreditIn())
    for body in (PayBackIn(way=PayBackWay.transfer, reference="ABN 9"), PayBackIn(way=PayBackWay.card)):
        with pytest.raises(Refused, match="holds it"):
            await payments.pay_back(backend, petra, order.credit_id, body)
    assert "pay_back" not in (await backend.ask(petra, credits.detail, order.credit_id)).available_actions


async def test_the_bank_statement_settles_its_order(backend):
    order = await left(backend, await in_a_file(backend))
    assert (order.status, order.note) == ("settled", "2026-015/1")
    assert (await balance(backend), await broken_books(backend)) == (0, [])
    (use,) = (await backend.ask(petra, credits.detail, order.credit_id)).uses
    assert (use.kind, use.reference, use.amount_cents) == ("transferred", "2026-015/1", 1210)


async def test_the_same_statement_again_settles_once(backend):
    order = await left(backend, await in_a_file(backend))
    assert (await left(backend, order)).version == order.version
    assert await broken_books(backend) == []


@pytest.mark.parametrize("told", [{"cents": 1209}, {"name": "por-01m851qp4yet0r2fk9wvt1p634"}])
async def test_another_amount_or_name_settles_nothing(backend, told):
    order = await left(backend, await in_a_file(backend), **told)
    assert (order.status, await balance(backend)) == ("written", 1210)


async def test_what_the_bank_rejects_is_free_again_and_can_be_proposed_anew(backend):
    order = await backend.perform(petra, payment_files.reject, (await in_a_file(backend)).id, WHY)
    assert (order.status, order.note) == ("rejected", WHY.reason)
    anew = await backend.perform(petra, payment_files.propose, order_body(order.credit_id))
    assert (await written(backend)).orders == 1
    assert (await again(backend, anew)).status == "written"


async def test_a_part_goes_back_and_the_rest_stays(backend):
    order = await in_a_file(backend, amount_cents=1000)
    await backend.perform(petra, payment_files.settle, order.id, OrderSettleIn(reference="ABN 9"))
    assert (await balance(backend), await broken_books(backend)) == (210, [])


async def test_what_the_bank_has_is_not_withdrawn(backend):
    order = await in_a_file(backend)
    await backend.perform(petra, payment_files.mark_sent, order.file_id)
    with pytest.raises(Refused, match="was sent to the bank"):
        await backend.perform(petra, payment_files.withdraw, order.id, WHY)


async def test_a_file_with_a_withdrawn_order_is_neither_given_nor_sent(backend):
    order = await in_a_file(backend)
    await backend.perform(petra, payment_files.withdraw, order.id, WHY)
    with pytest.raises(Refused, match="is not to be sent"):
        await file_of(backend, order)
    with pytest.raises(Refused, match="was withdrawn"):
        await backend.perform(petra, payment_files.mark_sent, order.file_id)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"payee_iban": "NL20INGB0001234568"}, "not valid"),
        ({"payee_iban": "TR330006100519786457841326"}, "SEPA does not reach"),
    ],
)
async def test_an_account_that_sepa_does_not_reach_is_refused(backend, given, sentence):
    credit = await owed_back(backend)
    with pytest.raises(Invalid, match=sentence):
        await backend.perform(petra, payment_files.propose, order_body(credit.id, **given))
    assert (await backend.ask(petra, credits.get, credit.id)).order_id is None


@pytest.mark.parametrize("cents", [0, -5])
def test_nothing_and_less_than_nothing_are_refused(cents):
    with pytest.raises(ValueError, match="amount_cents"):
        order_body("crd_1", amount_cents=cents)


async def test_more_than_remains_is_refused(backend):
    credit = await owed_back(backend)
    with pytest.raises(Refused, match="1210 EUR cents remain"):
        await backend.perform(petra, payment_files.propose, order_body(credit.id, amount_cents=1211))


async def test_another_currency_is_refused(backend):
    credit = await owed_back(backend)

    async def in_pounds(uow):
        await uow.session.execute(update(Credit).where(Credit.id == credit.id).values(currency="GBP"))

    await backend.perform(ada, in_pounds)
    with pytest.raises(Refused, match="SEPA moves EUR only"):
        await backend.perform(petra, payment_files.propose, order_body(credit.id))


@pytest.mark.parametrize("days", [-1, 61])
async def test_a_day_that_no_bank_takes_is_refused(backend, days):
    await proposed(backend)
    day = backend.clock.now().date() + timedelta(days=days)
    with pytest.raises(Refused, match="A bank cannot pay on"):
        await payment_files.write(backend, petra, PaymentFileIn(partner_id=NORTHWIND, execute_on=day))


async def test_a_tenant_sees_and_does_nothing_here(backend):
    credit = await owed_back(backend)
    with pytest.raises(Forbidden):
        await backend.perform(alice, payment_files.propose, order_body(credit.id))


async def test_what_is_not_there_is_not_found(backend):
    with pytest.raises(NotFound):
        await backend.perform(petra, payment_files.settle, "por_nowhere", OrderSettleIn(reference="1"))


async def test_names_come_in_the_characters_of_sepa(backend):
    order = await in_a_file(backend, payee_name="Müller & Søn <Łódź> 名", remittance="Ü" * 140)
    body = await file_of(backend, order)
    assert texts(body, "Nm")[-1] == "Muller + Son .Lodz. Ming"
    assert texts(body, "Ustrd") == ["U" * 140]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("//a//b/", "a/b"), ("Größe_1", "Grosse.1"), ("Ωμέγα", "Omega"), ("x" * 200, "x" * 140), (" a\t b ", "a b")],
)
def test_a_text_is_written_as_banks_take_it(text, plain):
    assert sepa_text(text, 140) == plain
