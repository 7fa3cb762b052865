"""The table of VAT categories: what each demands, and what a document may not say."""

from decimal import Decimal

import pytest

from scaicontrol.services.tax import categories
from scaicontrol.services.tax.arithmetic import TaxableLine
from scaicontrol.services.tax.categories import CATEGORIES, Grounds, Stated, check_coherence, check_stated, line_terms

NL_NUMBER, DE_NUMBER = "NL123456782B90", "DE123456788"


def coherence(*lines, decided="S", seller=NL_NUMBER, buyer=DE_NUMBER, text="because", delivery=True, manual=False):
    taxable = [TaxableLine(100, category, Decimal(rate)) for category, rate in lines]
    reasons = dict.fromkeys(CATEGORIES, text)
    grounds = Grounds(decided, seller, buyer, reasons, delivery=delivery, manual=manual)
    found = check_coherence(taxable, grounds)
    assert {reason.code for reason in found} <= {"tax_category_mismatch"}
    return " ".join(reason.message for reason in found)


def test_lines_take_the_documents_terms_unless_they_state_their_own():
    assert line_terms("S", Decimal(21), None, None) == ("S", Decimal(21))
    assert line_terms("S", Decimal(21), None, Decimal(9)) == ("S", Decimal(9))
    assert line_terms("S", Decimal(21), None, Decimal(0)) == ("Z", Decimal(0))
    assert line_terms("S", Decimal(21), "E", None) == ("E", Decimal(0))
    assert line_terms("AE", Decimal(0), None, None) == ("AE", Decimal(0))


@pytest.mark.parametrize("code", CATEGORIES)
def test_each_category_alone_is_coherent_with_what_it_demands(code):
    rate = "21" if CATEGORIES[code].taxed else "0"
    assert not coherence((code, rate), decided=code)


@pytest.mark.parametrize("code", CATEGORIES)
def test_each_category_refuses_the_rate_of_the_other_kind(code):
    wrong, said = ("0", "needs a rate above 0") if CATEGORIES[code].taxed else ("21", "needs rate 0, not 21")
    assert said in coherence((code, wrong), decided=code)


@pytest.mark.parametrize("code", ["E", "AE", "K", "G", "O"])
def test_a_reason_is_demanded_by_who_needs_one(code):
    assert f"Category {code} needs a text that gives the reason" in coherence((code, "0"), decided=code, text="")


@pytest.mark.parametrize("code", ["S", "Z"])
def test_a_reason_is_not_demanded_of_others(code):
    assert not coherence((code, "21" if code == "S" else "0"), decided=code, text="")


@pytest.mark.parametrize("code", ["AE", "K"])
@pytest.mark.parametrize("absent", ["seller", "buyer"])
def test_supplies_between_two_businesses_need_both_numbers(code, absent):
    assert "needs the VAT number of the seller and of the buyer" in coherence((code, "0"), decided=code, **{absent: ""})


def test_goods_across_a_border_need_their_delivery():
    assert "needs the days of delivery" in coherence(("K", "0"), decided="AE", delivery=False)
    assert not coherence(("K", "0"), ("AE", "0"), decided="AE")
    assert not coherence(("AE", "0"), decided="AE", delivery=False)


@pytest.mark.parametrize(
    ("lines", "decided"),
    [
        ([("S", "21"), ("S", "9"), ("Z", "0"), ("E", "0")], "S"),
        ([("AE", "0"), ("E", "0"), ("K", "0")], "AE"),
        ([("G", "0"), ("E", "0")], "G"),
        ([("O", "0"), ("O", "0")], "O"),
    ],
)
def test_categories_that_may_stand_together(lines, decided):
    assert not coherence(*lines, decided=decided)


@pytest.mark.parametrize(
    ("lines", "decided", "said"),
    [
        ([("O", "0"), ("S", "21")], "S", "must be so on every line"),
        ([("O", "0"), ("O", "0"), ("E", "0")], "O", "must be so on every line"),
        ([("S", "21")], "AE", "decision of the document is AE"),
        ([("AE", "0")], "S", "decision of the document is S"),
        ([("G", "0")], "AE", "decision of the document is AE"),
        ([("X", "0")], "S", "none of S, Z, E, AE, K, G, O"),
    ],
)
def test_categories_that_may_not(lines, decided, said):
    assert said in coherence(*lines, decided=decided)


def test_a_person_may_choose_another_category_but_not_break_the_table():
    assert not coherence(("E", "0"), decided="S", manual=True)
    assert "needs a rate above 0" in coherence(("S", "0"), decided="AE", manual=True)


def test_every_contradiction_is_named_at_once():
    many = coherence(("X", "0"), ("S", "0"), ("O", "5"), decided="AE")
    assert all(f"Line {number}" in many for number in (1, 2, 3))


DECIDED_S = {"category": "S", "exemption_reason": "", "legal_note": "", "exemption_code": None}
DECIDED_AE = {
    "category": "AE", "exemption_reason": "Reverse charge: Art. 196", "legal_note": "", "exemption_code": "VATEX-EU-AE",
}  # fmt: skip


def exemptions(*stated, decided=DECIDED_S, language="en", seller="NL"):
    return {
        each.category: (each.reason, each.code) for each in categories.exemptions(stated, decided, language, seller)
    }


def test_each_exempt_group_has_the_reason_of_its_own_lines():
    found = exemptions(
        Stated("S"),
        Stated("E", "Education, Art. 132 (1) i", "VATEX-EU-132-1I"),
        Stated("E", "Education, Art. 132 (1) i", "VATEX-EU-132-1I"),
    )
    assert found == {"E": ("Education, Art. 132 (1) i", "VATEX-EU-132-1I")}


def test_two_reasons_of_one_group_are_joined_and_then_have_no_single_code():
    found = exemptions(Stated("E", "Education", "VATEX-EU-132-1I"), Stated("E", "Postage stamps", "VATEX-EU-135-1"))
    assert found == {"E": ("Education; Postage stamps", None)}


def test_the_decision_speaks_for_its_own_group_and_the_law_for_goods_beside_it():
    found = exemptions(Stated("AE"), Stated("K"), decided=DECIDED_AE, language="de", seller="PL")
    assert found["AE"] == ("Reverse charge: Art. 196", "VATEX-EU-AE")
    reason, code = found["K"]
    assert code == "VATEX-EU-IC"
    assert "Art. 138" in reason
    assert reason.endswith("(Wewnątrzwspólnotowa dostawa towarów)")


def test_an_exempt_line_without_a_reason_has_none():
    assert exemptions(Stated("S"), Stated("E")) == {"E": ("", None)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (Stated("S", "because"), "a reason for an exemption contradicts it"),
        (Stated("Z", code="VATEX-EU-132"), "a reason for an exemption contradicts it"),
        (Stated("E", "because", "VATEX-EU-AE"), "VATEX-EU-AE belongs to AE"),
        (Stated("AE", "because", "VATEX-EU-132"), "always carries VATEX-EU-AE, not VATEX-EU-132"),
        (Stated("K", "because", "VATEX-EU-G"), "VATEX-EU-G belongs to G"),
    ],
)
def test_a_reason_belongs_to_its_category(line, said):
    assert said in check_stated([line])[0].message


def test_reasons_that_belong_pass():
    assert not check_stated(
        [Stated("S"), Stated("E", "Education", "VATEX-EU-132-1I"), Stated("AE", code="VATEX-EU-AE"), Stated("O")]
    )
