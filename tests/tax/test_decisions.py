"""A stored decision needs nothing but its row to be checked again."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Row

from hypothesis import event, given
from hypothesis import strategies as st

from scaicontrol.core.errors import Refused
from scaicontrol.core.ports import VatAnswer
from scaicontrol.services.tax.decisions import decide, replay, verify
from scaicontrol.services.tax.facts import Consulted, VatFacts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNTRIES = st.sampled_from(["NL", "DE", "GR", "PT", "US", "GB", "MC", "XI", "FI", "RE"])


@given(
    seller=COUNTRIES,
    buyer=COUNTRIES,
    number=st.sampled_from([None, "DE123456788", "NL123456782B90", "EL094014201", "nonsense"]),
    business=st.booleans(),
    oss=st.booleans(),
    day=st.dates(date(2021, 3, 1), date(2030, 1, 1)),
    postal_code=st.sampled_from([None, "9500", "22100", "10115"]),
    answer=st.sampled_from([None, *VatAnswer]),
    policy=st.sampled_from(["off", "advisory", "required"]),
)
def test_a_decision_replays_from_its_stored_json(
    seller, buyer, number, business, oss, day, postal_code, answer, policy
):
    facts = VatFacts(
        seller, buyer, number, business, day, NOW, buyer_postal_code=postal_code, oss_registered=oss,
        vies_policy=policy,
        consulted=answer and Consulted(answer, NOW - timedelta(days=3), "vie_1"),
    )  # fmt: skip
    try:
        decided = decide(facts)
    except Refused:
        event("VIES is silent and the policy requires it")
        return
    columns = decided.as_columns()
    row = Row(**columns | {"inputs": json.loads(json.dumps(columns["inputs"]))})
    assert replay(row) == decided.decision
    assert verify(row) == []


def test_an_edited_decision_is_found():
    row = Row(**decide(VatFacts("NL", "NL", None, False, date(2026, 1, 1), NOW)).as_columns())
    row.rate = row.rate - 12
    assert [reason.field for reason in verify(row)] == ["rate"]
