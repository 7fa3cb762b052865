"""Every state and event of the four machines: what is allowed leads where it says, the rest changes nothing."""

import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.services.payments.lifecycle import (
    DisputeLifecycle,
    DisputeState,
    MethodLifecycle,
    MethodState,
    PaymentLifecycle,
    PaymentState,
    RefundLifecycle,
    RefundState,
)
from scaicontrol.services.payments.models import Dispute, Payment, PaymentMethod, Refund

PAYMENTS = {
    ("pending", "ask_payer"): "requires_action",
    ("pending", "succeed"): "succeeded",
    ("pending", "fail"): "failed",
    ("failed", "succeed"): "succeeded",
    ("reversed", "succeed"): "succeeded",
    ("requires_action", "succeed"): "succeeded",
    ("requires_action", "fail"): "failed",
    ("succeeded", "refund_part"): "partially_refunded",
    ("succeeded", "refund"): "refunded",
    ("partially_refunded", "refund"): "refunded",
    ("refunded", "take_back_part"): "partially_refunded",
    ("refunded", "take_back"): "succeeded",
    ("partially_refunded", "take_back"): "succeeded",
    ("succeeded", "reverse"): "reversed",
    ("partially_refunded", "reverse"): "reversed",
    ("refunded", "reverse"): "reversed",
}
METHODS = {
    ("pending", "activate"): "active",
    ("pending", "remove"): "removed",
    ("active", "expire"): "expired",
    ("active", "remove"): "removed",
}
REFUNDS = {
    ("pending", "succeed"): "succeeded",
    ("pending", "fail"): "failed",
    ("succeeded", "fail"): "failed",
    ("failed", "retry"): "pending",
}
DISPUTES = {
    ("opened", "win"): "won",
    ("opened", "lose"): "lost",
    ("opened", "withdraw"): "withdrawn",
    ("won", "lose"): "lost",
    ("won", "reopen"): "opened",
    ("lost", "win"): "won",
    ("lost", "reopen"): "opened",
    ("won", "withdraw"): "withdrawn",
    ("lost", "withdraw"): "withdrawn",
    ("withdrawn", "win"): "won",
    ("withdrawn", "lose"): "lost",
    ("withdrawn", "reopen"): "opened",
}
MACHINES = [
    (Payment, PaymentLifecycle, PaymentState, PAYMENTS),
    (PaymentMethod, MethodLifecycle, MethodState, METHODS),
    (Refund, RefundLifecycle, RefundState, REFUNDS),
    (Dispute, DisputeLifecycle, DisputeState, DISPUTES),
]
PAIRS = [
    pytest.param(entity, state, event, table.get((state, event)), id=f"{entity.__name__}-{state}-{event}")
    for entity, _, states, table in MACHINES
    for state in states
    for event in sorted({name for _, name in table})
]


@pytest.mark.parametrize(("entity", "state", "event", "target"), PAIRS)
def test_each_pair(entity, state, event, target):
    row = entity(id="row_1", status=state)
    assert row.can(event) is (target is not None)
    if target is None:
        with pytest.raises(Refused, match=f"it is {state}"):
            row.advance(event)
        assert row.status == state
    else:
        row.advance(event)
        assert row.status == target


@pytest.mark.parametrize(("entity", "lifecycle", "states", "table"), MACHINES)
def test_the_tables_are_the_machines(entity, lifecycle, states, table):
    assert {(source, event): target for source, event, target in lifecycle.transitions()} == table
