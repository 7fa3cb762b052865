"""The READMEs show the machines as they are."""

from pathlib import Path

import pytest

from scaicontrol.services.billing.lifecycle import RunLifecycle
from scaicontrol.services.payments.lifecycle import MethodLifecycle, PaymentLifecycle, RefundLifecycle

SERVICES = Path(__file__).parents[2] / "scaicontrol" / "services"


@pytest.mark.parametrize(
    ("feature", "lifecycle"),
    [
        ("billing", RunLifecycle),
        ("payments", PaymentLifecycle),
        ("payments", MethodLifecycle),
        ("payments", RefundLifecycle),
    ],
)
def test_every_transition_is_a_row_of_the_readme(feature, lifecycle):
    lines = (SERVICES / feature / "README.md").read_text().splitlines()
    rows = {
        (source, event, target)
        for line in lines
        if line.count("|") == 4
        for sources, event, target in [[cell.strip() for cell in line.strip("|").split("|")]]
        for source in sources.split(", ")
    }
    assert set(lifecycle.transitions()) <= rows
