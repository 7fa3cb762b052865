"""What we write, read back by readers that others wrote: the same totals, parties, categories and references."""

from decimal import Decimal

import facturx
import pytest
from drafthorse.models.document import Document as DrafthorseDocument

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices.schema import parsed, schema_findings
from scaicontrol.services.einvoices.writers.xml import exact_price, is_exact
from tests.factories.document_cases import cases

MANY = list(cases(240))


def written(case):
    return einvoices.to_xml(case.document(), case.target, case.profile)


@pytest.mark.parametrize("batch", range(6))
def test_every_document_passes_our_gate_and_its_schema(batch):
    for case in MANY[batch::6]:
        assert einvoices.check(case.document(), case.target, case.profile) == [], case
        (xsd,) = [each for each in einvoices.chosen(case.profile.key, case.document().issue_date) if each.is_schema]
        tree = parsed(written(case))
        assert not isinstance(tree, list), case
        assert schema_findings(tree, str(xsd.path)) == [], case


@pytest.mark.parametrize("batch", range(6))
def test_factur_x_reads_back_every_term(batch):
    for case in MANY[batch::6]:
        read = facturx.parse_ubl_cii_xml(written(case), check_xsd=False)
        expected = terms(case.document(), case.profile)
        assert {name: comparable(read.get(name), name) for name in expected} == expected, case


def test_drafthorse_reads_back_totals_parties_and_references():
    for case in [case for case in MANY if case.profile.syntax == "cii"][:60]:
        document = case.document()
        read = DrafthorseDocument.parse(written(case), strict=False)
        sums, agreement = read.trade.settlement.monetary_summation, read.trade.agreement
        assert str(read.header.id) == document.number
        assert sums.grand_total._amount == document.totals.with_tax
        assert sums.due_amount._value == document.totals.due
        assert str(agreement.seller.name) == document.seller.name
        assert str(agreement.buyer.name) == document.buyer.name
        assert agreement.buyer_order.issuer_assigned_id._text == document.purchase_order_ref
        nets = [line.settlement.monetary_summation.total_amount._value for line in read.trade.items.children]
        assert [Decimal(net) for net in nets] == [line.net_amount for line in document.lines]


def terms(document, profile):
    """What a reader must find, by business term; amounts as Decimals, what is absent as None."""
    payment, totals, before = document.payment, document.totals, document.preceding
    whole = profile.id != "basic"
    exact = profile.id in {"peppol", "xrechnung"}  # they allow 0.02, which half a yen is more than

    def share(each):
        return not exact or is_exact(each, document)

    return {
        "BT-1": document.number,
        "BT-2": document.issue_date,
        "BT-3": document.type_code,
        "BT-5": document.currency,
        "BT-6": document.tax_currency or None,
        "BT-9": document.due_date,
        "BT-10": document.buyer_reference or None,
        "BT-12": document.contract_ref or None,
        "BT-13": document.purchase_order_ref or None,
        "BT-20": payment.terms or None,
        "BT-24": profile.customization_id,
        "BT-72": document.supply_date,
        "BT-73": document.period and document.period.start,
        "BT-74": document.period and document.period.end,
        "BT-81": payment.means_code,
        "BT-83": payment.reference,
        "BT-84": payment.iban or None,
        "BT-86": (payment.bic if whole else "") or None,
        "BT-87": (payment.card_last4 if whole else "") or None,
        "BT-89": payment.mandate_reference or None,
        "BT-90": payment.creditor_id or None,
        "BT-91": payment.debtor_iban or None,
        "BT-106": totals.lines,
        "BT-107": totals.allowances if document.allowances else None,
        "BT-108": totals.charges if document.charges else None,
        "BT-109": totals.without_tax,
        "BT-110": totals.tax,
        "BT-111": totals.tax_in_tax_currency,
        "BT-112": totals.with_tax,
        "BT-113": totals.prepaid or None,
        "BT-115": totals.due,
        "BG-3": [{"BT-25": before.number, "BT-26": before.issue_date}] if before else None,
        "BG-4": party(document.seller, document, profile, is_seller=True),
        "BG-7": party(document.buyer, document, profile, is_seller=False),
        "BG-20": [adjustment(each, share=share(each)) for each in document.allowances] or None,
        "BG-21": [adjustment(each, share=share(each)) for each in document.charges] or None,
        "BG-23": [breakdown(each) for each in document.vat],
        "BG-25": [line(each, document, share if whole else lambda _: False, exact=exact) for each in document.lines],
    }


def party(ours, document, profile, *, is_seller):
    outside = document.outside_scope
    vat_number = "" if outside else ours.vat_number
    has_tax_number = is_seller and profile.syntax == "cii"  # factur-x does not read BT-32 from UBL
    return stated({
        "name": ours.name,
        "addr_l1": ours.address_line1,
        "city": ours.city,
        "postcode": ours.postal_code,
        "country_code": ours.country_code,
        "vat_identifier": vat_number,
        "tax_identifier": (ours.tax_number or (ours.vat_number if outside else "")) if has_tax_number else "",
        "legal_identifier": ours.registration_number,
        "einvoicing_addr": ours.endpoint.id if ours.endpoint else "",
    })  # fmt: skip


def adjustment(ours, *, share=True):
    return stated({
        "amount": ours.amount,
        "base_amount": ours.base_amount if share else None,
        "rate": ours.percent if share else None,
        "reason": ours.reason,
        "reason_code": ours.reason_code,
        "vat_category_code": ours.category,
    })  # fmt: skip


def breakdown(ours):
    return stated({
        "BT-116": ours.taxable_amount,
        "BT-117": ours.tax_amount,
        "BT-118": ours.category,
        "BT-120": " ".join(ours.exemption_reason.split()),
        "BT-121": ours.exemption_code,
    })  # fmt: skip


def line(ours, document, share, *, exact):
    price, base = exact_price(ours, document) if exact else (ours.unit_price, ours.base_quantity)
    return stated({
        "BT-126": ours.id,
        "BT-129": ours.quantity,
        "BT-130": ours.unit_code,
        "BT-131": ours.net_amount,
        "BT-134": ours.period and ours.period.start,
        "BT-135": ours.period and ours.period.end,
        "BT-146": price,
        "BT-149": base if base != 1 else None,
        "BT-151": ours.category,
        "BT-153": ours.name,
        "BG-27": [adjustment(each, share=share(each)) for each in ours.allowances] or None,
        "BG-28": [adjustment(each, share=share(each)) for each in ours.charges] or None,
    })  # fmt: skip


def stated(found):
    return {name: value for name, value in found.items() if value not in (None, "", [])}


KNOWN = {
    "name", "addr_l1", "city", "postcode", "country_code", "vat_identifier", "tax_identifier", "legal_identifier",
    "einvoicing_addr", "amount", "base_amount", "reason", "reason_code", "vat_category_code",
    *(f"BT-{number}" for number in (25, 26, 116, 117, 118, 120, 121, 126, 129, 130, 131, 134, 135, 146, 149, 151, 153)),
    "BG-27", "BG-28", "rate",
}  # fmt: skip
AMOUNTS = {
    "amount", "base_amount", "rate",
    *(f"BT-{number}" for number in (*range(106, 118), 129, 131, 146, 149)),
}  # fmt: skip


def comparable(value, name=""):
    """Read amounts as Decimals and leave out what we do not compare."""
    if isinstance(value, dict):
        return {key: comparable(item, key) for key, item in value.items() if key in KNOWN}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return Decimal(value) if name in AMOUNTS and value is not None else value
