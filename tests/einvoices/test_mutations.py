"""Every single wrong is caught, by the rule meant for it, also the cents that the official rules let pass."""

from dataclasses import replace
from decimal import Decimal

import pytest

from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import Format, validator
from scaicontrol.services.einvoices.document import Document, Endpoint, InvoicingPeriod
from tests.factories.documents import document

from .mutations import DAY, every


def right() -> dict[str, Document]:
    return {
        "invoice": document("domestic"),
        "credit note": document("domestic", credit=True),
        "reverse charge": document("reverse_charge"),
    }


WRONGS = list(every(right()))


def test_the_unmutated_documents_pass():
    for built in right().values():
        for target in Format:
            assert einvoices.check(built, target) == []


def test_there_are_enough_of_them():
    assert len({wrong.mutation.name for wrong in WRONGS}) >= 300


@pytest.mark.parametrize("wrong", WRONGS, ids=str)
def test_every_wrong_is_caught_by_its_rule(wrong):
    mutated = wrong.mutation.change(wrong.document)
    assert mutated != wrong.document
    reasons = einvoices.check(mutated, wrong.target, wrong.profile)
    assert wrong.mutation.rule in {reason.rule for reason in reasons}
    assert all(reason.rule and reason.message and reason.fix for reason in reasons)


def a_line(built, **changes):
    return replace(built, lines=(replace(built.lines[0], **changes), *built.lines[1:]))


def off_in_tax(built, by):
    """Let VAT be wrong everywhere alike, so that every sum of it still adds up."""
    group, totals = built.vat[0], built.totals
    return replace(
        built,
        vat=(replace(group, tax_amount=group.tax_amount + by),),
        totals=replace(totals, tax=totals.tax + by, with_tax=totals.with_tax + by, due=totals.due + by),
    )


def off_in_base(built, by):
    return replace(built, vat=(replace(built.vat[0], taxable_amount=built.vat[0].taxable_amount + by),))


LET_THROUGH = {
    "VAT wrong by a cent": ("SC-TAX", lambda d: off_in_tax(d, Decimal("0.02"))),
    "VAT wrong by 0.99": ("SC-TAX", lambda d: off_in_tax(d, Decimal("0.99"))),
    "VAT wrong by -0.99": ("SC-TAX", lambda d: off_in_tax(d, Decimal("-0.99"))),
    "the base wrong by 0.99": ("SC-BASE", lambda d: off_in_base(d, Decimal("0.99"))),
    "quantity times price wrong by 5.00": (
        "SC-LINE", lambda d: a_line(d, quantity=Decimal(1), unit_price=d.lines[0].net_amount + 5),
    ),
    "quantity times price wrong by 0.02": (
        "SC-LINE", lambda d: a_line(d, quantity=Decimal(1), unit_price=d.lines[0].net_amount + Decimal("0.02")),
    ),
    "a line before the document's period": (
        "PEPPOL-EN16931-R110", lambda d: a_line(d, period=InvoicingPeriod(d.period.start - DAY, d.period.end)),
    ),
    "a line after the document's period": (
        "PEPPOL-EN16931-R111", lambda d: a_line(d, period=InvoicingPeriod(d.period.start, d.period.end + DAY)),
    ),
    "neither due date nor terms": ("SC-TERMS", lambda d: replace(d, due_date=None)),
    "a wrong digit in the seller's VAT number": (
        "SC-VATID", lambda d: replace(d, seller=replace(d.seller, vat_number="NL123456789B90")),
    ),
}  # fmt: skip


# Factur-X is exact about the base; EN 16931 in UBL is not.
PAIRS = [
    (case, target)
    for case in LET_THROUGH
    for target in (Format.ubl, Format.cii)
    if (case, target) != ("the base wrong by 0.99", Format.cii)
]


@pytest.mark.parametrize(("case", "target"), PAIRS)
async def test_the_official_rules_accept_it_and_ours_refuse_it(case, target):
    rule, change = LET_THROUGH[case]
    wrong = change(document("domestic"))
    official = einvoices.chosen(einvoices.profile_of(target).key, wrong.issue_date)
    assert await validator.run_schematron(einvoices.to_xml(wrong, target), official) == []
    assert rule in {reason.rule for reason in einvoices.check(wrong, target)}


@pytest.mark.parametrize("target", [Format.ubl, Format.cii])
async def test_the_official_rules_accept_a_credit_note_of_no_invoice_and_ours_refuse_it(target):
    wrong = replace(document("domestic", credit=True), preceding=None)
    official = einvoices.chosen(einvoices.profile_of(target).key, wrong.issue_date)
    assert await validator.run_schematron(einvoices.to_xml(wrong, target), official) == []
    assert "SC-CREDIT" in {reason.rule for reason in einvoices.check(wrong, target)}


@pytest.mark.parametrize("target", [Format.ubl])
async def test_em_is_an_address_for_xrechnung_and_none_for_peppol(target):
    built = document("domestic")
    mailed = replace(built, buyer=replace(built.buyer, endpoint=Endpoint("ap@acme.example", "EM")))
    assert einvoices.check(mailed, Format.xrechnung) == []
    assert {reason.rule for reason in einvoices.check(mailed, Format.ubl)} == {"PEPPOL-EN16931-CL008"}
