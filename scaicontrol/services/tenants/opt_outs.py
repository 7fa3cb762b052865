"""
What a tenant may choose not to be told about (contract §21): a category, a topic in it, or some by `*`.

What law or the contract with the tenant demands is told all the same, so nobody can opt out of it.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from scaicontrol.core.errors import invalid

CATEGORIES: Final = ("provisioning", "subscription", "system", "usage")
# A price or a term that changes must be announced, and who loses a service must be told so and why.
ALWAYS_TOLD: Final = frozenset({"subscription.suspended", "subscription.terms_announced"})


def is_told(opt_outs: Sequence[str], category: str, topic: str) -> bool:
    """Tell whether somebody with these opt-outs still hears of a fact."""
    if category not in CATEGORIES or topic in ALWAYS_TOLD:
        return True
    return not any(each == category or fnmatchcase(topic, each) for each in opt_outs)


def check(opt_out: str) -> None:
    """
    Refuse what nobody can opt out of: it would look heard, and the mails would come.

    Raises Invalid.
    """
    if opt_out in ALWAYS_TOLD or opt_out.partition(".")[0] not in CATEGORIES:
        raise invalid(
            "notification_opt_outs",
            f"Nobody can opt out of '{opt_out}': it is always told. What can be left out is {', '.join(CATEGORIES)}, or"
            " one topic of these such as 'usage.threshold_reached'.",
        )
