"""Discounts and extra charges, on lines and on the whole document, from the draft to the last credit note."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Refused
from scaicontrol.services import documents, einvoices, explanations, invoices, partners, tenants
from scaicontrol.services.invoices.document_source import document_of, source_of
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn, InvoicePatch, LineIn
from tests.factories import ACME, NORTHWIND, petra
from tests.factories.invoices import a_draft, a_line, again, finalized

ROOT = Actor.system("test")
TENTH_OFF = {"percent": "10", "reason": "Loyalty discount"}
EXPRESS = {"amount_cents": 500, "reason": "Express set-up", "reason_code": "ABL"}


async def document(backend, invoice):
    async def read(uow):
        return document_of(await source_of(uow, await invoices.get(uow, invoice.id)))

    return await backend.ask(petra, read)


async def test_a_line_is_quantity_times_price_less_allowances_plus_charges(backend):
    line = a_line(1000, quantity=Decimal(3), allowances=[TENTH_OFF], charges=[EXPRESS])
    draft = await a_draft(backend, line)
    assert draft.lines[0].amount_cents == 3000 - 300 + 500
    assert draft.lines[0].allowances == [
        {"amount_cents": 300, "percent": "10", "base_cents": 3000, "reason": "Loyalty discount", "reason_code": "95"}
    ]
    assert draft.subtotal_cents == 3200


async def test_a_share_of_the_document_follows_its_lines(backend):
    draft = await a_draft(backend, a_line(10_000), allowances=[TENTH_OFF], charges=[EXPRESS])
    assert draft.subtotal_cents == 10_000 - 1000 + 500
    patch = InvoicePatch(lines=[LineIn(description="Half", unit_price_cents=5000)])
    draft = await backend.perform(petra, invoices.update, draft.id, patch)
    assert draft.subtotal_cents == 5000 - 500 + 500
    draft = await backend.perform(petra, invoices.update, draft.id, InvoicePatch(allowances=[], charges=None))
    assert (draft.subtotal_cents, draft.allowances, draft.charges) == (5000, None, None)


async def test_vat_is_computed_on_what_is_left(backend):
    invoice = await finalized(backend, a_line(10_000), allowances=[TENTH_OFF], charges=[EXPRESS])
    assert (invoice.subtotal_cents, invoice.tax_cents, invoice.total_cents) == (9500, 1995, 11_495)
    assert invoice.allowances
    assert invoice.charges
    (allowance,), (charge,) = invoice.allowances, invoice.charges
    assert invoice.lines[0].tax_cents - allowance["tax_cents"] + charge["tax_cents"] == 1995
    written = await document(backend, invoice)
    assert (written.totals.allowances, written.totals.charges) == (Decimal("10.00"), Decimal("5.00"))
    assert einvoices.check(written, einvoices.Format.cii) == []
    explained = await backend.ask(petra, explanations.explain, invoice.id)
    assert explained.matches
    assert (await backend.ask(petra, documents.verify_series, NORTHWIND, "invoice", 2026)).intact


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"allowances": [{"amount_cents": 20_000, "reason": "Too much"}]}, "totals_invalid"),
        ({"charges": [EXPRESS | {"tax_category": "Z"}]}, "tax_category_mismatch"),
        ({"prepaid_cents": 20_000}, "totals_invalid"),
    ],
)
async def test_what_does_not_fit_the_lines_is_refused(backend, fields, code):
    draft = await a_draft(backend, a_line(10_000), **fields)
    with pytest.raises(Refused) as refused:
        await invoices.finalize(backend, petra, draft.id)
    assert code in {reason.code for reason in refused.value.reasons}


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "Neither"},
        {"amount_cents": 1, "percent": "1", "reason": "Both"},
        {"amount_cents": -1, "reason": "Negative"},
        {"percent": "101", "reason": "More than all"},
        {"percent": 10.0, "reason": "A float"},
        {"amount_cents": 1, "base_cents": 10, "reason": "A base of an amount"},
        {"amount_cents": 1},
    ],
)
def test_what_is_no_allowance_is_refused_at_the_door(fields):
    with pytest.raises(ValidationError):
        LineIn(description="Pro", unit_price_cents=100, allowances=[fields])


async def test_a_credit_note_gives_back_what_was_charged_and_not_the_list_price(backend):
    invoice = await finalized(backend, a_line(10_000), a_line(333), allowances=[TENTH_OFF])
    first = invoice.lines[0].id
    whole, half = ([CreditLineIn(line_id=first, amount_cents=cents)] for cents in (10_000, 4500))
    with pytest.raises(Refused, match="9000 cents are left"):
        await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(lines=whole, reason="All of a line"))
    given = 0
    for wanted in (half, None):
        note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(lines=wanted, reason="Outage"))
        note = await invoices.finalize(backend, petra, note.id)
        given -= note.total_cents
    invoice = await again(backend, invoice)
    assert given == invoice.total_cents
    assert invoice.amount_due_cents == 0


async def test_a_line_credited_whole_keeps_its_allowances(backend):
    invoice = await finalized(backend, a_line(1000, quantity=Decimal(3), allowances=[TENTH_OFF]))
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Cancelled"))
    note = await invoices.finalize(backend, petra, note.id)
    written, original = await document(backend, note), await document(backend, invoice)
    assert written.lines == original.lines
    assert written.totals.with_tax == original.totals.with_tax


async def test_what_was_received_before_is_shown_and_not_asked_for_again(backend):
    invoice = await finalized(backend, a_line(10_000), prepaid_cents=2000)
    assert (invoice.amount_paid_cents, invoice.amount_due_cents) == (2000, 10_100)
    written = await document(backend, invoice)
    assert (written.totals.prepaid, written.totals.due) == (Decimal("20.00"), Decimal("101.00"))
    whole = await finalized(backend, a_line(10_000), prepaid_cents=12_100)
    assert (whole.status, whole.amount_due_cents) == ("paid", 0)


CARD = {"kind": "card", "last4": "4242", "is_credit": False}


async def test_a_document_names_the_card_it_is_charged_to_for_ever(backend):
    async def note(uow, means):
        await tenants.note_payment_means(uow, ACME, means)

    await backend.perform(ROOT, note, CARD)
    invoice = await finalized(backend, a_line())
    await backend.perform(ROOT, note, None)
    written = (await document(backend, invoice)).payment
    assert (written.means_code, written.card_last4, written.iban) == ("48", "4242", "")
    assert (await document(backend, await finalized(backend, a_line()))).payment.iban


async def test_a_card_that_nobody_charges_is_not_named(backend):
    async def by_hand(uow):
        await tenants.note_payment_means(uow, ACME, CARD)
        (await partners.settings_of(uow, NORTHWIND)).auto_charge = False

    await backend.perform(ROOT, by_hand)
    assert (await document(backend, await finalized(backend, a_line()))).payment.iban


MIXED = {
    "two rates": ([(10_000, None), (5_000, "9")], 1500),
    "three rates": ([(10_000, None), (5_000, "9"), (2_500, "0")], 1750),
    "a share that does not divide": ([(3_333, None), (3_334, "9")], 667),
    "twice the same rate": ([(100, None), (900, "9"), (100, "9")], 110),
    "one rate stated and meant": ([(10_000, "21"), (5_000, None)], 1500),
    "a cent each": ([(1, None), (9, "9")], 1),
    "large and small": ([(1_000_000, None), (1, "9")], 100_000),
    "nearly all of one": ([(99, None), (1, "9")], 10),
    "halves": ([(5, None), (10, "9")], 2),
    "equal": ([(5_000, None), (5_000, "9")], 1000),
}


@pytest.mark.parametrize(("lines", "tenth"), MIXED.values(), ids=MIXED)
@pytest.mark.parametrize("what", ["percent", "amount"])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_allowance_over_mixed_rates_is_split_over_them_to_the_cent(backend, lines, tenth, what):
    """EN 16931 wants one allowance for each category and rate; none of the lines is left out of the discount."""
    off = TENTH_OFF if what == "percent" else {"amount_cents": tenth, "reason": "Loyalty discount"}
    given = [a_line(cents, **({} if rate is None else _of_rate(rate))) for cents, rate in lines]
    draft = await a_draft(backend, *given, allowances=[off])
    total = sum(cents for cents, _ in lines)
    assert draft.subtotal_cents == total - tenth
    invoice = await invoices.finalize(backend, petra, draft.id)
    taken = invoice.allowances or []
    assert sum(each["amount_cents"] for each in taken) == tenth
    rates = {Decimal(rate or 21) for _, rate in lines}
    assert {Decimal(each["tax_rate"]) for each in taken} <= rates
    for each in taken:
        of_rate = sum(cents for cents, rate in lines if Decimal(rate or 21) == Decimal(each["tax_rate"]))
        assert abs(each["amount_cents"] - Decimal(tenth * of_rate) / total) < 1
    written = await document(backend, invoice)
    assert einvoices.check(written, einvoices.Format.cii) == []
    assert (await backend.ask(petra, explanations.explain, invoice.id)).matches


def _of_rate(rate):
    if rate == "0":
        return {"tax_category": "Z", "tax_rate": Decimal(0), "exemption_reason": "Art. 98 (2) of Directive 2006/112/EC"}
    return {"tax_category": "S", "tax_rate": Decimal(rate)}
