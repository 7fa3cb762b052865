"""Which plan may do what, state by state, and that the README shows the machine as it is."""

from pathlib import Path

import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.services import changes
from scaicontrol.services.changes.lifecycle import ChangePlanLifecycle, PlanStatus
from scaicontrol.services.changes.models import ChangePlan

S = PlanStatus
# Contract §28.3; a plan that was asked for while a draft waits, and whatever was not applied in time is over.
ALLOWED = {
    (S.draft, "request"): S.pending_approval,
    (S.pending_approval, "approve"): S.approved,
    (S.pending_approval, "reject"): S.rejected,
    (S.draft, "start"): S.applying,
    (S.approved, "start"): S.applying,
    (S.applying, "finish"): S.applied,
    (S.applying, "fail"): S.failed,
    (S.draft, "expire"): S.expired,
    (S.pending_approval, "expire"): S.expired,
    (S.approved, "expire"): S.expired,
}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("event", sorted({event for _, event in ALLOWED}))
def test_every_state_meets_every_event(status, event):
    plan = ChangePlan(id="cpl_1", status=status)
    if (status, event) in ALLOWED:
        plan.advance(event)
        assert plan.status == ALLOWED[status, event]
    else:
        with pytest.raises(Refused, match=f"it is {status}"):
            plan.advance(event)
        assert plan.status == status


def test_the_table_is_the_machine():
    drawn = {(source, event): target for source, event, target in ChangePlanLifecycle.transitions()}
    assert drawn == {(str(source), event): str(target) for (source, event), target in ALLOWED.items()}


def test_every_transition_is_a_row_of_the_readme():
    lines = (Path(changes.__file__).parent / "README.md").read_text().splitlines()
    rows = {
        (source, event, target)
        for line in lines
        if line.count("|") == 4
        for sources, event, target in [[cell.strip() for cell in line.strip("|").split("|")]]
        for source in sources.split(", ")
    }
    assert set(ChangePlanLifecycle.transitions()) <= rows
