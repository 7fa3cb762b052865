"""The contract's topics (§23.8) and the globs subscribers choose them by."""

from fnmatch import fnmatchcase
from typing import Final

from scaicontrol.core.errors import invalid

TOPICS: Final = (
    "tenant.billing_linked",
    "partner.billing_linked",
    "tenant.billing_updated",
    "partner.billing_updated",
    "subscription.activated",
    "subscription.changed",
    "subscription.cancelled",
    "subscription.suspended",
    "subscription.resumed",
    "subscription.trial_ending",
    "subscription.terms_announced",
    "subscription.terms_withdrawn",
    "subscription.payment_failed",
    "pack_subscription.activated",
    "pack_subscription.changed",
    "pack_subscription.cancelled",
    "invoice.finalized",
    "invoice.sent",
    "invoice.paid",
    "invoice.reopened",
    "invoice.past_due",
    "invoice.voided",
    "credit_note.issued",
    "payment.succeeded",
    "payment.failed",
    "payment.refunded",
    "credit.granted",
    "credit.applied",
    "credit.paid_back",
    "credit.restored",
    "credit.withdrawn",
    "credit.offset",
    "receivable.opened",
    "receivable.settled",
    "payment.reversed",
    "dispute.opened",
    "dispute.won",
    "dispute.lost",
    "dispute.withdrawn",
    "provisioning.completed",
    "provisioning.failed",
    "usage.threshold_reached",
    "usage.budget_reached",
    "service.health_changed",
    "webhook_endpoint.disabled",
)
# Of the platform's own machinery: partners' subscribers never get them (contract §23.8).
PLATFORM_ONLY: Final = frozenset({"service.health_changed", "webhook_endpoint.disabled"})
TEST: Final = "webhook_endpoint.test"


def checked(patterns: list[str]) -> list[str]:
    """Return the globs, or say which one names no topic."""
    if not patterns:
        raise invalid("topics", "Name at least one topic, or `*` for all of them.")
    for pattern in patterns:
        if not any(fnmatchcase(topic, pattern) for topic in TOPICS):
            raise invalid(
                "topics", f"'{pattern}' matches none of the topics; see /api/v1/schemas/events.", "unknown_topic"
            )
    return sorted(set(patterns))


def matches(topic: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(topic, pattern) for pattern in patterns)
