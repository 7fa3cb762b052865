from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import get_args

import eu_vat_rates_data
import pytest

from scaicontrol.core.i18n import LANGUAGES, say
from scaicontrol.services.tax.notes import MENTIONS, NoteKind, note, state_languages
from scaicontrol.services.tax.numbers import normalise, problem, usable, vat_prefix
from scaicontrol.services.tax.places import EU_MEMBER_STATES, place
from scaicontrol.services.tax.rates import EU_STANDARD_VAT_RATES, SHIPPED_RATES, known_rates

FIXED = {"NL": 21, "DE": 19, "FR": 20, "BE": 21, "ES": 21, "IT": 22, "AT": 20, "PT": 23, "HU": 27}


def test_all_27_states_have_the_rate_another_source_knows_today():
    today = date(2026, 11, 23)
    ours = {country: SHIPPED_RATES.standard(place(country), today).rate for country in EU_STANDARD_VAT_RATES}
    assert set(ours) == EU_MEMBER_STATES
    assert len(ours) == 27
    assert ours == {country: Decimal(str(eu_vat_rates_data.get_standard_rate(country))) for country in ours}
    assert {country: ours[country] for country in FIXED} == FIXED


def test_rates_follow_each_other_without_gap_or_overlap():
    for rates in EU_STANDARD_VAT_RATES.values():
        for earlier, later in pairwise(rates):
            assert earlier.valid_to
            assert (later.valid_from - earlier.valid_to).days == 1
        assert rates[-1].valid_to is None


def test_rate_ids_are_unique_and_short():
    ids = [rate.id for rate in known_rates()]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 36


@pytest.mark.parametrize(
    ("given", "country", "written"),
    [("nl 1234.56.782-b90", "NL", "NL123456782B90"), ("GR094014201", "GR", "EL094014201"),
     ("094014201", "GR", "EL094014201"), ("123456788", "DE", "DE123456788"), (None, "DE", ""), (" ", "DE", "")],
)  # fmt: skip
def test_numbers_are_written_one_way(given, country, written):
    assert normalise(given, country) == written


def test_a_number_must_be_well_formed_and_of_its_country():
    assert problem("DE123456788", "DE") is None
    assert "does not belong to Germany" in (problem("NL123456782B90", "DE") or "")
    assert "not a valid number of Germany" in (problem("DE123456789", "DE") or "")
    assert problem("anything", "US") is None
    assert usable("DE123456788", "DE") == "DE123456788"
    assert not usable("XI123456789", "XI")
    assert (vat_prefix("GR"), vat_prefix("MC"), vat_prefix("XI")) == ("EL", "FR", "XI")


@pytest.mark.parametrize("state", sorted(EU_MEMBER_STATES))
@pytest.mark.parametrize("kind", sorted(set(get_args(NoteKind)) - {"outside_scope"}))
def test_every_note_also_speaks_the_language_of_the_sellers_state(kind, state):
    for language in LANGUAGES:
        text = say(f"tax.notes.{kind}", language, reason="because")
        written = note(kind, language, seller_country=state, reason="because")
        if language in state_languages(state):
            assert written == text
        else:
            mentioned = written.removeprefix(text).strip(" ()").split(" / ")
            assert mentioned == [
                MENTIONS[kind][own] for own in state_languages(state) if own in MENTIONS[kind]
            ][:2]  # fmt: skip
            assert all(mentioned)


@pytest.mark.parametrize(
    ("seller", "mention"),
    [("ES", "No sujeto al IVA"), ("FI", "Ei arvonlisäveron alainen / Omfattas inte av moms"),
     ("CH", "Nicht steuerbar / Non soumis à la TVA"), ("NO", "")],
)  # fmt: skip
def test_a_seller_outside_the_area_is_named_in_its_language_where_we_have_one(seller, mention):
    assert note("outside_scope", "nl", seller_country=seller).endswith(f"({mention})" if mention else "gevestigd.")
