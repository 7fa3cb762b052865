"""How a check speaks: the rule, what is wrong in our words, the field, and who mends it where."""

from scaicontrol.core.errors import Reason

_PLACES = {
    "seller": "Fill it in on the partner.",
    "buyer": "Fill it in in the tenant's billing profile.",
    "lines": "Change the line.",
    "totals": "Save the draft again, which computes its sums anew.",
}
_ON_THE_DRAFT = "Change it on the draft."
_INCOMPLETE = {"seller": "seller_incomplete", "buyer": "profile_incomplete"}


def broken(
    rule: str, message: str, field: str | None = None, fix: str | None = None, code: str = "einvoice_invalid"
) -> Reason:
    """Report a broken rule; without a `fix` the place of the field says where to mend it."""
    place = (field or "totals").partition(".")[0].partition("[")[0]
    return Reason(code, message, field, rule, fix or _PLACES.get(place, _ON_THE_DRAFT))


def lacks(rule: str, who: str, what: str, field: str) -> Reason:
    """Report a term of the seller or buyer that every document needs and this one has not."""
    return broken(rule, f"The {who} has no {what}.", field, code=_INCOMPLETE[who])
