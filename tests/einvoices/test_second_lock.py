"""Combinations that no law knows are refused, whatever built the document and with no official rules at hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import Format
from scaicontrol.services.einvoices.document import Endpoint, Preceding
from tests.factories.document_cases import cases
from tests.factories.documents import GERMANY, document


def of(category, buyer="NL", seller="NL", goods=""):
    """A document whose every line and group has a category, between two countries."""
    made = document()
    reason = "" if category in "SZLM" else "Stated"
    return replace(
        made,
        lines=tuple(
            replace(line, category=category, rate=line.rate if category == "S" else Decimal(0)) for line in made.lines
        ),
        vat=tuple(replace(group, category=category, exemption_reason=reason) for group in made.vat),
        seller=replace(made.seller, country_code=seller, postal_code="", vat_number=""),
        buyer=replace(made.buyer, country_code=buyer, postal_code="", vat_number=""),
        deliver_to_country=goods,
    )


COMBINATIONS = {
    # category, buyer, seller, goods go to, whether the lock refuses
    "an export to an EU buyer": ("G", "DE", "NL", "", True),
    "an export that stays in the EU": ("G", "US", "NL", "DE", True),
    "an export that an EU buyer has sent outside (Art. 146)": ("G", "DE", "NL", "CH", False),
    "an export": ("G", "US", "NL", "", False),
    "an export of a Norwegian seller": ("G", "DE", "NO", "DE", False),
    "an export to Northern Ireland": ("G", "XI", "NL", "", True),
    "damages at home": ("O", "NL", "NL", "", False),
    "damages in another state": ("O", "DE", "NL", "", False),
    "outside the scope to a third country": ("O", "US", "NL", "", False),
    "outside the scope of a Swiss seller": ("O", "CH", "CH", "", False),
    "reverse charge": ("AE", "DE", "NL", "", False),
    "reverse charge of construction at home": ("AE", "DE", "DE", "", False),
    "reverse charge of § 13b to an American": ("AE", "US", "DE", "", False),
    "reverse charge of British construction": ("AE", "GB", "GB", "", False),
    "reverse charge where there is no VAT": ("AE", "US", "US", "", True),
    "goods that stay at home": ("K", "DE", "NL", "NL", True),
    "goods to another state": ("K", "DE", "NL", "DE", False),
    "goods of a seller outside": ("K", "DE", "US", "DE", True),
    "goods of a British seller": ("K", "DE", "GB", "DE", True),
    "goods from Northern Ireland": ("K", "DE", "XI", "DE", False),
    "goods to Northern Ireland": ("K", "XI", "NL", "XI", False),
    "a tax of the Canary Islands": ("L", "NL", "NL", "", True),
    "a tax of Ceuta": ("M", "ES", "ES", "", False),
    "taxed abroad": ("S", "DE", "NL", "", False),
}


def lock(made, target=Format.cii, **options):
    return [reason.rule for reason in einvoices.check(made, target, **options) if str(reason.rule).startswith("SC-")]


@pytest.mark.parametrize(("category", "buyer", "seller", "goods", "refused"), COMBINATIONS.values(), ids=COMBINATIONS)
def test_place_buyer_and_category_go_together(category, buyer, seller, goods, refused):
    made = of(category, buyer, seller, goods)
    assert ("SC-LAW" in lock(made)) is refused
    assert "SC-LAW" not in lock(made, is_sealed=True)  # what was sealed says what it said


def test_a_northern_irish_seller_at_a_british_address_is_told_by_its_number():
    made = of("K", "DE", "GB", "DE")
    northern_irish = replace(made, seller=replace(made.seller, vat_number="XI123456789"))
    assert ["SC-LAW" in lock(each) for each in (made, northern_irish)] == [True, False]


def foreign(tax, own, currency="EUR", tax_currency="PLN", seller="PL"):
    made = document()
    totals = replace(made.totals, tax=Decimal(tax), tax_in_tax_currency=own and Decimal(own))
    party = replace(made.seller, country_code=seller, vat_number="")
    return replace(made, currency=currency, tax_currency=tax_currency, totals=totals, seller=party)


SECOND = {
    "as converted": (foreign("100", "425"), False),
    "off by ten": (foreign("100", "4250"), True),
    "off by ten the other way": (foreign("100", "42.50"), True),
    "dropped": (foreign("100", None, tax_currency=""), True),
    "of no VAT": (foreign("0", None, tax_currency=""), False),
    "the seller's own": (foreign("100", None, currency="PLN", tax_currency=""), False),
    "of a rate nobody listed": (foreign("100", "99999", currency="XPF", tax_currency="EUR", seller="FR"), False),
}


@pytest.mark.parametrize(("made", "refused"), SECOND.values(), ids=SECOND)
def test_vat_in_a_second_currency_is_there_and_the_same_vat(made, refused):
    assert ("SC-VATCURRENCY" in lock(made)) is refused


def test_a_bulgarian_invoice_of_2025_is_credited_in_leva():
    """Its state has had the euro since, and an invoice of today in leva is refused."""
    note = replace(document(credit=True), currency="BGN", preceding=Preceding("SCAI-2025-000001", date(2025, 12, 1)))
    note = replace(note, seller=replace(note.seller, country_code="BG", vat_number="BG121759222"))
    of_today = replace(note, preceding=Preceding("SCAI-2026-000001", date(2026, 1, 1)))

    def refused(made):
        rules = {reason.rule for reason in einvoices.check(made, Format.cii)}
        return rules & {"BR-CL-04", "SC-VATCURRENCY"}

    assert (refused(note), refused(of_today)) == (set(), {"BR-CL-04", "SC-VATCURRENCY"})


def test_a_note_corrects_another_document_of_before():
    note = document(credit=True)
    itself = replace(note, preceding=Preceding(note.number, date(2026, 10, 1)))
    later = replace(note, preceding=Preceding("SCAI-2026-000099", note.issue_date + timedelta(days=1)))
    assert [lock(each) for each in (note, itself, later)] == [[], ["SC-CREDIT"], ["SC-CREDIT"]]


def test_a_line_has_a_number_of_its_own():
    made = document()
    twice = replace(made, lines=(made.lines[0], replace(made.lines[1], id="1"), made.lines[2]))
    assert (lock(made), lock(twice)) == ([], ["SC-LINEID"])


def test_the_lock_is_open_for_every_document_that_is_right():
    found = {str(case): lock(case.document(), case.target, profile=case.profile) for case in cases(300)}
    assert {name: rules for name, rules in found.items() if rules} == {}


PEPPOL = {
    # what is changed, and the rule it breaks
    "a retired Finnish scheme": ("0212", "PEPPOL-EN16931-CL008"),
    "a Finnish VAT scheme": ("0213", "PEPPOL-EN16931-CL008"),
    "a scheme of 2026": ("0248", None),
    "a Bosnian number": ("9924", None),
}


@pytest.mark.parametrize(("scheme", "rule"), PEPPOL.values(), ids=PEPPOL)
def test_schemes_are_those_of_the_current_peppol_list(scheme, rule):
    made = document()
    buyer = replace(made.buyer, endpoint=Endpoint("4200000000009", scheme))
    found = [
        reason
        for reason in einvoices.check(replace(made, buyer=buyer), Format.ubl)
        if reason.field == "buyer.peppol_id"
    ]
    assert [reason.rule for reason in found] == ([rule] if rule else [])
    assert all("Peppol electronic address schemes 3.0.21" in reason.message for reason in found)


def test_a_greek_seller_is_told_that_peppol_is_not_for_it_yet():
    made = document()
    greek = replace(made, seller=replace(made.seller, country_code="GR", vat_number="EL094014201"))
    (told,) = [reason for reason in einvoices.check(greek, Format.ubl) if str(reason.rule).startswith("GR-R")]
    assert told.message.startswith("A Greek seller cannot send over Peppol yet")


def test_a_swedish_seller_says_f_tax_under_tax_and_nothing_else():
    made = document()
    swedish = replace(made.seller, country_code="SE", vat_number="SE556036079301", registration_number="5560360793")
    for number, stands in (("556036-0793", False), ("Godkänd för F-skatt", True)):
        seller = replace(swedish, tax_number=number)
        xml = einvoices.to_xml(replace(made, seller=seller), Format.ubl).decode()
        assert (f"<cbc:CompanyID>{number}</cbc:CompanyID><cac:TaxScheme><cbc:ID>TAX" in xml) is stands


@pytest.mark.parametrize("target", [Format.ubl, Format.xrechnung])
def test_lines_in_whole_yen_are_exact(target):
    """PEPPOL-EN16931-R120 and R040 allow 0.02, and rounding to a yen leaves up to half of one."""
    made = document()
    line = replace(made.lines[0], quantity=Decimal(3), unit_price=Decimal("333.4"), net_amount=Decimal(1000))
    yen = replace(made, currency="JPY", exponent=0, lines=(line,))
    xml = einvoices.to_xml(yen, target).decode()
    assert '<cbc:PriceAmount currencyID="JPY">1000</cbc:PriceAmount><cbc:BaseQuantity unitCode="C62">3<' in xml


@pytest.mark.parametrize("profile", [Format.xrechnung, Format.cii])
def test_goods_in_xrechnung_say_where_they_go(profile):
    """BR-DE-10 and BR-DE-11: city and postal code of the delivery (BG-15)."""
    made = replace(document("reverse_charge"), deliver_to_country="DE")
    chosen = next(each for each in einvoices.PROFILES[profile] if each.id == "xrechnung")
    xml = einvoices.to_xml(made, profile, chosen).decode()
    place = xml.partition("DeliveryLocation>" if profile is Format.xrechnung else "ShipToTradeParty>")[2]
    assert f">{GERMANY['city']}<" in place[:400]
    assert f">{GERMANY['postal_code']}<" in place[:400]
