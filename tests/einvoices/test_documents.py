"""The canonical document: built from rows, exact, and the same bytes for ever."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.document import InvoicingPeriod, Preceding, canonical_bytes, canonical_digest
from tests.factories.documents import document, rows_for

FORMATS = list(einvoices.Format)


def test_stored_cents_become_amounts_and_moments_become_civil_days():
    built = document()
    assert built.lines[0].net_amount == Decimal("178.80")
    assert built.lines[1].base_quantity == 1000
    assert built.period == InvoicingPeriod(date(2026, 10, 1), date(2026, 10, 31))
    assert built.supply_date == date(2026, 10, 31)
    assert built.totals.with_tax == built.totals.without_tax + built.totals.tax == Decimal("1978.69")


def test_a_credit_note_is_positive_and_names_its_invoice():
    credit, invoice = document(credit=True), document()
    assert credit.type_code == "381"
    assert credit.totals == invoice.totals
    assert credit.preceding == Preceding("SCAI-2026-000042", date(2026, 11, 1))
    assert [line.quantity for line in credit.lines] == [line.quantity for line in invoice.lines]


def test_a_discount_has_a_negative_quantity_and_a_positive_price():
    line = document().lines[2]
    assert (line.quantity, line.unit_price, line.net_amount) == (Decimal(-1), Decimal("25.00"), Decimal("-25.00"))


def test_a_line_without_one_price_becomes_one_of_its_net_amount():
    rows = rows_for("domestic")
    rows["lines"][1] |= {"amount_cents": 99999}
    line = einvoices.document_from(**rows).lines[1]
    assert (line.quantity, line.unit_price, line.detail) == (Decimal(1), Decimal("999.99"), "1234567 calls")


def test_yen_have_no_decimals():
    built = document(currency="JPY")
    assert built.totals.without_tax == 163528
    assert built.vat[0].tax_amount == Decimal(34341)


def test_payments_after_the_issue_do_not_change_the_document():
    rows = rows_for("domestic")
    before = canonical_digest(einvoices.document_from(**rows))
    rows["invoice"]["amount_paid_cents"] = 5000
    assert canonical_digest(einvoices.document_from(**rows)) == before


def test_canonical_bytes_are_rfc_8785():
    assert canonical_bytes({"b": Decimal("1.50"), "a": date(2026, 1, 2), "ü": None}) == (
        '{"a":"2026-01-02","b":"1.50","ü":null}'.encode()
    )
    with pytest.raises(TypeError, match="no canonical form"):
        canonical_bytes({"a": 1.5})


@pytest.mark.parametrize("case", ["domestic", "reverse_charge", "oss", "export", "exempt"])
@pytest.mark.parametrize("target", FORMATS)
def test_the_cast_passes_our_own_gate(case, target):
    assert einvoices.check(document(case), target) == []
    assert einvoices.check(document(case, credit=True), target) == []


AMOUNTS = st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=30)


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "USD"]))
def test_any_amounts_make_a_document_that_adds_up(amounts, currency):
    rows = rows_for("domestic", currency=currency)
    rows["lines"] = [{"description": f"Line {n}", "amount_cents": amount} for n, amount in enumerate(amounts)]
    built = einvoices.document_from(**rows)
    found = {reason.rule for reason in einvoices.check(built, einvoices.Format.cii) if reason.code == "totals_invalid"}
    assert found == ({"SC-SIGN"} if built.totals.with_tax < 0 else set())
    assert sum(line.net_amount for line in built.lines) == built.totals.lines


@given(
    quantity=st.decimals("0.001", "100000", places=3),
    price=st.integers(0, 10**6),
    divisor=st.sampled_from([1, 7, 1000]),
    off=st.integers(-3, 3),
)
def test_quantity_times_price_is_always_the_net_amount(quantity, price, divisor, off):
    rows = rows_for("domestic")
    cents = max(int(quantity * price / divisor) + off, 0)
    rows["lines"] = [
        {
            "description": "x",
            "quantity": quantity,
            "unit_price_cents": price,
            "unit_divisor": divisor,
            "amount_cents": cents,
        }
    ]
    built = einvoices.document_from(**rows)
    assert not [reason for reason in einvoices.check(built, einvoices.Format.cii) if reason.code == "totals_invalid"]


def messages(built, target="cii"):
    return " ".join(reason.said for reason in einvoices.check(built, einvoices.Format(target)))


def test_a_cent_too_much_is_found_wherever_it_is():
    built, cent = document(), Decimal("0.01")
    line, group, totals = built.lines[0], built.vat[0], built.totals
    wrong_line = replace(line, net_amount=line.net_amount + cent)
    wrong_vat = replace(group, tax_amount=group.tax_amount + cent)
    assert "BT-131" in messages(replace(built, lines=(wrong_line, *built.lines[1:])))
    assert "BT-117" in messages(replace(built, vat=(wrong_vat,)))
    assert "BT-110" in messages(replace(built, totals=replace(totals, tax=totals.tax + cent)))
    assert "BT-112" in messages(replace(built, totals=replace(totals, with_tax=totals.with_tax + cent)))
    assert "BT-115" in messages(replace(built, totals=replace(totals, due=totals.due - cent)))
    assert "BR-S-01" in messages(replace(built, vat=(group, group)))


def test_a_stored_total_that_is_wrong_is_found():
    rows = rows_for("domestic")
    rows["invoice"]["tax_cents"] = 1
    assert "BT-110" in messages(einvoices.document_from(**rows))


def test_control_characters_are_refused_by_name():
    rows = rows_for("domestic")
    rows["lines"][0]["description"] = "Tape\x00 \ud800"
    reasons = einvoices.check(einvoices.document_from(**rows), einvoices.Format.cii)
    assert [reason.field for reason in reasons] == ["lines[1].name"] * 2
    assert "U+0000" in reasons[0].message
    assert "U+D800" in reasons[1].message


BLOCKS = [
    ("ubl", "buyer", {"peppol_id": None}, "CL008"),
    ("ubl", "seller", {"peppol_id": None, "seller_email": None}, "R020"),
    ("xrechnung", "seller", {"seller_phone": None}, "BR-DE-6"),
    ("xrechnung", "seller", {"seller_email": "nobody"}, "BR-DE-28"),
    ("xrechnung", "seller", {"iban": None}, "BR-DE-1"),
    ("xrechnung", "buyer", {"buyer_reference": None}, "BR-DE-15"),
    ("cii", "seller", {"seller_vat_number": None}, "no VAT number"),
    ("cii", "seller", {"iban": "NL91ABNA0417164301"}, "IBAN"),
    ("cii", "buyer", {"city": " "}, "no city"),
]


@pytest.mark.parametrize(("target", "who", "without", "said"), BLOCKS)
def test_what_a_format_needs_blocks_when_missing(target, who, without, said):
    rows = rows_for("domestic")
    rows[who] |= without
    rows["invoice"]["purchase_order_ref"] = None
    assert said in messages(einvoices.document_from(**rows), target)


def test_peppol_takes_an_order_reference_for_a_buyer_reference():
    rows = rows_for("domestic")
    rows["buyer"]["buyer_reference"] = None
    assert not messages(einvoices.document_from(**rows), "ubl")
    rows["invoice"]["purchase_order_ref"] = None
    assert "R003" in messages(einvoices.document_from(**rows), "ubl")


def test_a_leitweg_id_is_a_buyer_reference():
    rows = rows_for("reverse_charge")
    rows["buyer"] |= {"leitweg_id": "04011000-1234512345-06", "buyer_reference": None}
    assert einvoices.document_from(**rows).buyer_reference == "04011000-1234512345-06"


def test_all_failures_are_told_at_once():
    rows = rows_for("domestic", credit=True)
    rows["invoice"] |= {"number": "", "referenced_number": None}
    rows["buyer"] |= {"company_name": "", "peppol_id": ""}
    assert len(einvoices.check(einvoices.document_from(**rows), einvoices.Format.ubl)) >= 4


def test_a_currency_with_three_decimals_is_refused():
    assert "KWD has 3 decimals" in messages(document(currency="KWD"))
