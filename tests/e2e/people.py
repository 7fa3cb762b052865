"""Who walks through the portal, and what is refused to whom, with the sentence that is read then."""

from collections.abc import Mapping
from typing import Final

PEOPLE: Final[Mapping[str, str]] = {
    "the administrator": "usr_sanne",
    "a user": "usr_tom",
    "a viewer": "usr_vera",
    "a consumer": "usr_lucie",
    "a reseller's tenant": "usr_bruno",
}

# A look is a colour scheme, a width and a language.
LOOKS: Final = tuple(
    (scheme, width, language) for language in ("en", "de") for scheme in ("light", "dark") for width in (1440, 320)
)

_BILLING: Final = {
    "payment_method": "/billing/payment-methods",
    "pay_an_open_invoice": "/billing/invoices",
    "why_a_line_costs_what_it_costs": "/billing/invoices",
    "profile_with_a_bad_vat_id": "/settings/billing-profile",
    "several_invoices": "/billing/invoices",
    "statement": "/billing/invoices",
}
_ORGANISATION: Final = {
    "people": ("/settings/organization", "roles.people"),
    "organisation": ("/settings/organization", "profile.readOnly"),
}
# Job → the page that refuses it, and the key of its sentence. What is not named here, everybody may.
REFUSED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "a user": {job: (address, "state.forbidden") for job, address in _BILLING.items()}
    | _ORGANISATION
    | {
        "find_and_buy": ("/catalog", "roles.buy"),
        "upgrade_with_proration_first": ("/subscriptions", "roles.change"),
        "cancel_and_undo": ("/subscriptions", "roles.change"),
    },
    "a viewer": {job: (address, "state.forbidden") for job, address in _BILLING.items()}
    | _ORGANISATION
    | {
        "usage_and_quota": ("/usage", "state.forbidden"),
        "find_and_buy": ("/catalog", "roles.buy"),
        "upgrade_with_proration_first": ("/subscriptions", "state.forbidden"),
        "cancel_and_undo": ("/subscriptions", "state.forbidden"),
    },
}
