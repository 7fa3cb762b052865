"""The exemption and the five rules, one row for each way they can be told apart."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.core.ports import VatAnswer
from scaicontrol.services.tax.decisions import decide, explain
from scaicontrol.services.tax.facts import Consulted, VatFacts
from scaicontrol.services.tax.rates import Rate, RateTable
from scaicontrol.services.tax.rules import determine_vat

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DE_NUMBER, NL_NUMBER, EL_NUMBER = "DE123456788", "NL123456782B90", "EL094014201"


def facts(seller="NL", buyer="DE", number=None, business=False, **more):
    return VatFacts(seller, buyer, number, business, **{"tax_point": date(2026, 10, 31), "decided_at": NOW} | more)


RULES = [
    # seller, buyer, number, business, more → rule, rate, category, reverse charge, label
    ("NL", "US", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("NL", "US", None, True, {"export_category": "G"}, "1", "0", "G", False, "VAT 0% (Export)"),
    ("US", "GB", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("US", "DE", DE_NUMBER, True, {}, "2", "0", "O", False, "No VAT"),
    ("US", "DE", None, False, {"oss_registered": True}, "2", "19", "S", False, "VAT 19.00% (OSS, Germany)"),
    ("US", "DE", DE_NUMBER, True, {"oss_registered": True}, "2", "0", "O", False, "No VAT"),
    ("NL", "NL", NL_NUMBER, True, {}, "3", "21", "S", False, "VAT 21.00%"),
    ("NL", "NL", None, False, {}, "3", "21", "S", False, "VAT 21.00%"),
    ("FI", "FI", None, False, {}, "3", "25.5", "S", False, "VAT 25.50%"),
    ("NL", "DE", DE_NUMBER, True, {}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("NL", "GR", EL_NUMBER, True, {}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("NL", "EL", "GR 094014201", True, {}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("NL", "DE", DE_NUMBER, False, {}, "5", "21", "S", False, "VAT 21.00%"),
    ("NL", "DE", None, True, {}, "5", "21", "S", False, "VAT 21.00%"),
    ("NL", "DE", "DE123456789", True, {}, "5", "21", "S", False, "VAT 21.00%"),
    ("NL", "DE", NL_NUMBER, True, {}, "5", "21", "S", False, "VAT 21.00%"),
    ("NL", "DE", None, False, {"oss_registered": True}, "5", "19", "S", False, "VAT 19.00% (OSS, Germany)"),
    ("NL", "PT", None, False, {"oss_registered": True, "buyer_postal_code": "9500-123"}, "5", "16", "S", False,
     "VAT 16.00% (OSS, Portugal)"),
    ("NL", "AT", None, False, {"oss_registered": True, "buyer_postal_code": "6991"}, "5", "19", "S", False,
     "VAT 19.00% (OSS, Austria)"),
    ("PT", "PT", None, False, {"seller_postal_code": "9000-001"}, "3", "22", "S", False, "VAT 22.00%"),
    # sellers that sit in a territory
    ("PT", "PT", None, False, {"seller_postal_code": "9500-100"}, "3", "16", "S", False, "VAT 16.00%"),
    ("AT", "AT", None, True, {"seller_postal_code": "A-6992"}, "3", "19", "S", False, "VAT 19.00%"),
    ("PT", "ES", None, False, {"seller_postal_code": "9000-001"}, "5", "22", "S", False, "VAT 22.00%"),
    ("PT", "DE", DE_NUMBER, True, {"seller_postal_code": "9000-001"}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("ES", "ES", None, False, {"seller_postal_code": "35001"}, "2", "0", "O", False, "No VAT"),
    ("FI", "SE", None, True, {"seller_postal_code": "22100"}, "2", "0", "O", False, "No VAT"),
    ("AX", "FI", None, False, {"oss_registered": True}, "2", "25.5", "S", False, "VAT 25.50% (OSS, Finland)"),
    ("DE", "DE", None, True, {"seller_postal_code": "78266"}, "2", "0", "O", False, "No VAT"),
    ("MC", "FR", None, False, {}, "3", "20", "S", False, "VAT 20.00%"),
    ("MC", "DE", DE_NUMBER, True, {}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("XI", "DE", DE_NUMBER, True, {}, "2", "0", "O", False, "No VAT"),
    ("IM", "DE", None, False, {}, "2", "0", "O", False, "No VAT"),
    ("EL", "GR", None, False, {}, "3", "24", "S", False, "VAT 24.00%"),
    ("NL", "MC", "FR40303265045", True, {}, "4", "0", "AE", True, "VAT 0% (Reverse Charge)"),
    ("NL", "MC", None, False, {"oss_registered": True}, "5", "20", "S", False, "VAT 20.00% (OSS, France)"),
    # places that are not what their country code says
    ("NL", "GB", "XI123456789", True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("DK", "GL", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("NL", "BQ", None, False, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("FR", "MC", None, False, {}, "3", "20", "S", False, "VAT 20.00%"),
    ("NL", "XI", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("NL", "IM", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
    ("FR", "RE", None, True, {}, "1", "0", "O", False, "VAT 0% (Export)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seller", "buyer", "number", "business", "more", "rule", "rate", "category", "reverse", "label"), RULES
)
def test_first_rule_that_matches_decides(seller, buyer, number, business, more, rule, rate, category, reverse, label):
    decision = determine_vat(facts(seller, buyer, number, business, **more))
    assert (decision.rule, decision.tax_rate, decision.category) == (rule, Decimal(rate), category)
    assert (decision.reverse_charge, decision.tax_label) == (reverse, label)


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [("FI", "22100"), ("ES", "35001"), ("ES", "38650"), ("ES", "51001"), ("ES", "52001"), ("FR", "97110"),
     ("FR", "97600"), ("DE", "78266"), ("DE", "27498"), ("IT", "23041"), ("IT", "22061"), ("GR", "630 86"),
     ("DE", "D-78266"), ("FI", "AX-22100"), ("FR", "97800"), ("FR", "98800"), ("DK", "3900")],
)  # fmt: skip
def test_territories_outside_the_vat_area_are_exports_even_from_their_own_state(country, postal_code):
    assert determine_vat(facts(country, country, buyer_postal_code=postal_code)).rule == "1"
    assert determine_vat(facts("NL", country, buyer_postal_code=postal_code)).category == "O"


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [("FI", "00100"), ("ES", "28001"), ("FR", "97000"), ("DE", "78267"), ("FR", "98000"), ("DK", "3800")],
)
def test_a_neighbouring_postal_code_stays_inside(country, postal_code):
    assert determine_vat(facts(country, country, buyer_postal_code=postal_code)).rule == "3"


def test_exemption_comes_before_every_rule_and_needs_a_reason():
    exempt = facts("NL", "US", tax_exempt=True, tax_exempt_reason="Art. 151", tax_exempt_reason_code="VATEX-EU-151")
    decision = determine_vat(exempt)
    assert (decision.rule, decision.category, decision.tax_label) == ("exempt", "E", "VAT 0% (Exempt)")
    assert (decision.exemption_code, decision.legal_note) == (
        "VATEX-EU-151",
        "Exempt from VAT: Art. 151 (Vrijgesteld van btw)",
    )
    with pytest.raises(Refused) as refused:
        determine_vat(replace(exempt, tax_exempt_reason=" "))
    assert refused.value.reasons[0].code == "vat_undecidable"


@pytest.mark.parametrize("country", ["", "Germany", "ZZ", "D"])
def test_an_unknown_country_is_undecidable(country):
    with pytest.raises(Refused) as refused:
        determine_vat(facts(buyer=country))
    assert refused.value.reasons[0].field == "buyer_country"


def test_the_rate_is_the_one_of_the_tax_point():
    assert determine_vat(facts("DE", "DE", tax_point=date(2020, 6, 30))).tax_rate == 19
    assert determine_vat(facts("DE", "DE", tax_point=date(2020, 7, 1))).tax_rate == 16
    assert determine_vat(facts("DE", "DE", tax_point=date(2021, 1, 1))).tax_rate == 19
    with pytest.raises(Refused, match="No standard VAT rate of Germany is known for 1999-01-01"):
        determine_vat(facts("DE", "DE", tax_point=date(1999, 1, 1)))


@pytest.mark.parametrize(
    ("answer", "age", "rule"),
    [(VatAnswer.valid, 30, "4"), (VatAnswer.invalid, 1, "5"), (VatAnswer.valid, 31, None),
     (VatAnswer.unavailable, 0, None), (None, 0, None)],
)  # fmt: skip
def test_required_vies_decides_between_rule_4_rule_5_and_waiting(answer, age, rule):
    consulted = answer and Consulted(answer, NOW - timedelta(days=age), "vie_1")
    asked = facts(number=DE_NUMBER, business=True, vies_policy="required", consulted=consulted)
    if rule:
        assert determine_vat(asked).rule == rule
        return
    with pytest.raises(Refused) as refused:
        determine_vat(asked)
    assert refused.value.reasons[0].code == "vies_unavailable"
    overridden = determine_vat(replace(asked, vies_override_reason="Register is down; certificate on file."))
    assert overridden.rule == "4"
    assert "certificate on file" in overridden.warnings[0]


def test_advisory_vies_warns_and_off_is_silent():
    asked = facts(number=DE_NUMBER, business=True, consulted=Consulted(VatAnswer.invalid, NOW))
    assert determine_vat(asked).rule == "4"
    assert "invalid" in determine_vat(asked).warnings[0]
    assert determine_vat(replace(asked, vies_policy="off")).warnings == ()


def test_a_line_keeps_the_rate_of_its_own_tax_point():
    """Finland raised its rate on 1 September 2024: usage of August and the base of September on one document."""
    decision = determine_vat(facts("FI", "FI", tax_point=date(2024, 9, 30), supply_days=(date(2024, 8, 31),)))
    assert decision.tax_rate == Decimal("25.5")
    assert decision.rate_on(date(2024, 8, 31)) == 24
    assert decision.rate_on(date(2024, 9, 30)) == decision.rate_on(None) == Decimal("25.5")


def test_a_period_across_a_change_has_the_rate_of_its_last_day():
    assert determine_vat(facts("FI", "FI", tax_point=date(2024, 8, 31))).tax_rate == 24
    assert determine_vat(facts("FI", "FI", tax_point=date(2024, 9, 1))).tax_rate == Decimal("25.5")


def test_a_rate_that_starts_in_the_future_is_used_for_services_that_end_then():
    table = RateTable([
        Rate("NL", Decimal(21), date(2012, 10, 1), date(2027, 12, 31)), Rate("NL", Decimal(22), date(2028, 1, 1)),
    ])  # fmt: skip
    assert determine_vat(facts("NL", "NL", tax_point=date(2027, 12, 31)), table).tax_rate == 21
    assert determine_vat(facts("NL", "NL", tax_point=date(2028, 1, 1)), table).tax_rate == 22


def test_notes_speak_the_documents_language_and_mention_the_sellers():
    note = determine_vat(facts("PL", "DE", DE_NUMBER, True, language="fr")).legal_note
    assert note.startswith("Autoliquidation")
    assert "art. 196" in note
    assert note.endswith("(Odwrotne obciążenie)")
    assert "TVA non applicable" in determine_vat(facts("NL", "US", language="fr")).legal_note


def test_contradicting_proofs_of_place_are_seen():
    evidence = determine_vat(facts(payment_country="FR")).evidence
    assert evidence["billing_country"] == "DE"
    assert evidence["contradictory"] is True
    assert determine_vat(facts(payment_country="DE")).evidence["contradictory"] is False


def test_an_explanation_names_rule_rate_and_result():
    said = " ".join(explain(SimpleNamespace(**decide(facts("NL", "DE", oss_registered=True)).as_columns())))
    assert "Rule 5: the buyer in Germany" in said
    assert "19.00% since 2021-01-01" in said
    assert "Result: VAT 19.00% (OSS, Germany), category S." in said
