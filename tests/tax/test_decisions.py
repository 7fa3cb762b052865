"""A stored decision needs nothing but its row to be checked again."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Row

from hypothesis import event, given
from hypothesis import strategies as st

from scaicontrol.core.errors import Refused
from scaicontrol.core.ports import VatAnswer
from scaicontrol.services.tax.decisions import decide, explain, line_rates, replay, replayed, tax_point_of, verify
from scaicontrol.services.tax.facts import Consulted, VatFacts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNTRIES = st.sampled_from(["NL", "DE", "GR", "PT", "US", "GB", "MC", "XI", "FI", "RE"])


FACTS = st.builds(
    VatFacts,
    seller_country=COUNTRIES,
    buyer_country=COUNTRIES,
    buyer_vat_number=st.sampled_from([None, "DE123456788", "NL123456782B90", "EL094014201", "nonsense"]),
    is_business=st.booleans(),
    tax_point=st.dates(date(2021, 3, 1), date(2030, 1, 1)),
    decided_at=st.just(NOW),
    seller_postal_code=st.sampled_from([None, "9500", "22100", "10115"]),
    buyer_postal_code=st.sampled_from([None, "9500", "22100", "10115"]),
    oss_registered=st.booleans(),
    export_category=st.sampled_from(["O", "G"]),
    tax_exempt=st.booleans(),
    tax_exempt_reason=st.sampled_from([None, "Art. 151"]),
    vies_policy=st.sampled_from(["off", "advisory", "required"]),
    vies_override_reason=st.sampled_from([None, "Checked by phone"]),
    consulted=st.none()
    | st.builds(Consulted, st.sampled_from(VatAnswer), st.just(NOW - timedelta(days=3)), st.just("vie_1")),
    payment_country=st.none() | COUNTRIES,
    other_proofs=st.dictionaries(st.sampled_from(["ip_address", "bank"]), COUNTRIES),
    language=st.sampled_from(["en", "nl", "de", "fr", "es", "it"]),
    supply_days=st.lists(st.dates(date(2024, 1, 1), date(2030, 1, 1)), max_size=3, unique=True).map(
        lambda days: tuple(sorted(days))
    ),
)


@given(FACTS)
def test_a_decision_replays_to_the_same_columns_from_its_stored_json(facts):
    try:
        decided = decide(facts)
    except Refused:
        event("it cannot be decided")
        return
    columns = decided.as_columns()
    inputs = json.loads(json.dumps(columns["inputs"]))
    row = Row(**columns | {"inputs": inputs})
    assert replay(row) == decided.decision
    assert replayed(inputs).as_columns() == columns
    assert verify(row) == []
    assert any(line.startswith("Result: ") for line in explain(row))
    assert all(
        line_rates(columns)[day] == decided.decision.rate_on(day) for day in facts.supply_days if line_rates(columns)
    )


def test_inputs_that_were_stored_before_a_fact_was_known_still_replay():
    columns = decide(VatFacts("NL", "NL", None, False, date(2026, 1, 1), NOW)).as_columns()
    older = json.loads(json.dumps(columns["inputs"]))
    for name in ("supply_days", "other_proofs"):
        del older["facts"][name]
    del older["wording"]
    row = Row(**columns | {"inputs": older, "label": "21% VAT, as it was worded then"})
    assert replay(row).tax_rate == 21
    assert verify(row) == []  # the words are the seal's business; what was decided is ours


def test_a_manual_decision_is_explained_and_not_replayed():
    row = Row(rule="manual", label="VAT 9.00%", inputs={"reason": "Books, reduced rate"}, category="S")
    assert verify(row) == []
    assert explain(row) == ["A person set VAT to VAT 9.00%: Books, reduced rate."]
    assert line_rates({"category": "S", "rule": "manual", "inputs": row.inputs}) == {}
    assert tax_point_of({"inputs": row.inputs}) is None


def test_an_edited_decision_is_found():
    row = Row(**decide(VatFacts("NL", "NL", None, False, date(2026, 1, 1), NOW)).as_columns())
    row.rate = row.rate - 12
    assert [reason.field for reason in verify(row)] == ["rate"]
