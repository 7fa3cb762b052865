"""Both syntaxes against official schemas, official rules, and readers written by others."""

from decimal import Decimal

import facturx
import pytest
from drafthorse.models.document import Document as DrafthorseDocument
from lxml import etree

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import validator
from tests.factories.documents import CASES, document, rows_for

Format = einvoices.Format
MATRIX = [(case, currency, credit) for case in CASES for currency in ("EUR", "JPY") for credit in (False, True)]
EVERY_SYNTAX = [Format.ubl, Format.xrechnung, Format.cii]
UBL = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}


@pytest.mark.parametrize(("case", "currency", "credit"), MATRIX)
@pytest.mark.parametrize("target", EVERY_SYNTAX)
def test_xml_is_valid_against_the_official_schema(target, case, currency, credit):
    built = document(case, currency=currency, credit=credit)
    official = einvoices.chosen(einvoices.profile_of(target).key, built.issue_date)[0]
    assert official.is_schema
    assert validator.run(validator.ValidationJob(einvoices.to_xml(built, target), str(official.path), ())) == []


@pytest.mark.parametrize(("case", "currency", "credit"), [row for row in MATRIX if row[1] == "EUR"])
@pytest.mark.parametrize("target", EVERY_SYNTAX)
async def test_xml_passes_the_official_rules(target, case, currency, credit):
    verdict = await einvoices.validate(document(case, currency=currency, credit=credit), target)
    assert verdict.reasons == ()
    assert verdict.not_run == ()
    assert len(verdict.passed) == 3


async def test_a_document_that_does_not_add_up_is_not_even_written():
    rows = rows_for("domestic")
    rows["invoice"]["total_cents"] = 1
    verdict = await einvoices.validate(einvoices.document_from(**rows), Format.cii)
    assert not verdict.is_valid
    assert verdict.passed == ()


def test_text_is_escaped_and_comes_back_as_it_was():
    rows = rows_for("domestic")
    nasty = """<b>&amp; "quotes" 'and' ]]> Ωmega € 𝄞"""
    rows["lines"][0]["description"] = nasty
    for target in EVERY_SYNTAX:
        tree = etree.fromstring(einvoices.to_xml(einvoices.document_from(**rows), target))
        assert nasty in [element.text for element in tree.iter() if element.text]


def test_no_element_is_empty():
    for target in EVERY_SYNTAX:
        tree = etree.fromstring(einvoices.to_xml(document("export"), target))
        assert not [each.tag for each in tree.iter() if not len(each) and not (each.text or "").strip()]


def test_outside_the_scope_no_party_is_named_by_its_vat_number():
    ubl = etree.fromstring(einvoices.to_xml(document("export"), Format.ubl))
    assert ubl.xpath("//cac:PartyTaxScheme/cac:TaxScheme/cbc:ID/text()", namespaces=UBL) == ["TAX"]
    assert b'schemeID="VA"' not in einvoices.to_xml(document("export"), Format.cii)


def test_every_profile_names_itself():
    said = {target: einvoices.to_xml(document(), target) for target in EVERY_SYNTAX}
    assert b"poacc:billing:3.0<" in said[Format.ubl]
    assert b"kosit:xrechnung_3.0<" in said[Format.xrechnung]
    assert b">urn:cen.eu:en16931:2017<" in said[Format.cii]
    assert einvoices.to_xml(document(), Format.zugferd) == said[Format.cii]


def test_a_credit_note_keeps_its_due_date_with_the_payment_means():
    tree = etree.fromstring(einvoices.to_xml(document(credit=True), Format.ubl))
    assert etree.QName(tree).localname == "CreditNote"
    assert not tree.xpath("/*/cbc:DueDate", namespaces=UBL)
    assert tree.xpath("//cac:PaymentMeans/cbc:PaymentDueDate/text()", namespaces=UBL) == ["2026-11-15"]


@pytest.mark.parametrize("credit", [False, True])
def test_factur_x_reads_back_what_was_written(credit):
    built = document("reverse_charge", credit=credit)
    xml = einvoices.to_xml(built, Format.cii)
    assert facturx.get_level(etree.fromstring(xml)) == "en16931"
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")


@pytest.mark.parametrize("credit", [False, True])
def test_drafthorse_reads_back_what_was_written(credit):
    built = document("reverse_charge", credit=credit)
    read = DrafthorseDocument.parse(einvoices.to_xml(built, Format.cii), strict=False)
    assert str(read.header.id) == built.number
    assert str(read.header.type_code) == built.type_code
    assert read.trade.settlement.monetary_summation.grand_total._amount == built.totals.with_tax
    assert [Decimal(line.settlement.monetary_summation.total_amount._value) for line in read.trade.items.children] == [
        line.net_amount for line in built.lines
    ]
    assert str(read.trade.agreement.buyer.name) == built.buyer.name
