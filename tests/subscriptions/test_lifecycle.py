import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.lifecycle import SubscriptionLifecycle, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from tests.factories import ada

# Contract §11.2, row by row.
DRAWN = {
    ("pending", "activate_trial"): "trialing",
    ("pending", "activate"): "active",
    ("pending", "fail_provisioning"): "cancelled",
    ("trialing", "convert"): "active",
    ("trialing", "cancel"): "cancelled",
    ("active", "mark_past_due"): "past_due",
    ("active", "cancel"): "cancelling",
    ("active", "cancel_now"): "cancelled",
    ("active", "expire"): "expired",
    ("past_due", "recover"): "active",
    ("past_due", "suspend"): "suspended",
    ("past_due", "cancel_now"): "cancelled",
    ("suspended", "resume"): "active",
    ("suspended", "cancel_now"): "cancelled",
    ("cancelling", "cancel_now"): "cancelled",
    ("cancelling", "resume"): "active",
    ("active", "suspend"): "suspended",
}
STATES = [str(state) for state in SubscriptionStatus]
EVENTS = sorted({event for _, event in DRAWN})


def test_the_map_has_exactly_the_seventeen_transitions():
    assert len(DRAWN) == 17
    assert {(source, event): target for source, event, target in SubscriptionLifecycle.transitions()} == DRAWN


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_moves_or_is_refused(state: str, event: str):
    subscription = Subscription(id="sub_1", status=SubscriptionStatus(state))
    if (state, event) in DRAWN:
        subscription.advance(event)
        assert subscription.status == DRAWN[state, event]
    else:
        with pytest.raises(Refused, match=f"it is {state}, which allows"):
            subscription.advance(event)
        assert subscription.status == state


@pytest.mark.parametrize("state", ["cancelled", "expired"])
def test_there_is_no_way_out_of_the_end(state: str):
    assert SubscriptionLifecycle.events_from(state) == []
    assert subscriptions.offered(ada, Subscription(status=SubscriptionStatus(state))) == []


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("pending", []),
        ("trialing", ["cancel", "cancel_now", "change_plan"]),
        ("active", ["cancel", "cancel_now", "change_plan", "suspend"]),
        ("past_due", ["cancel_now", "change_plan", "suspend"]),
        ("cancelling", ["cancel_now", "resume"]),
        ("suspended", ["cancel_now", "resume"]),
    ],
)
def test_surfaces_offer_what_the_map_allows(state: str, actions: list[str]):
    assert subscriptions.offered(ada, Subscription(status=SubscriptionStatus(state))) == actions


@pytest.mark.parametrize("state", STATES)
def test_who_may_use_the_service(state: str):
    entitled = state in {"trialing", "active", "past_due", "cancelling"}
    assert Subscription(status=SubscriptionStatus(state)).is_entitled is entitled
