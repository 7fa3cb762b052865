"""Tenants: who buys, as what documents name them, and what they prefer."""

from .buyers import PROFILE_FIELDS, BuyerSnapshot, buyer_snapshot
from .queries import (
    billing_profile,
    billing_profiles,
    called,
    get,
    names,
    naming_template,
    page,
    require_billing_profile,
    visible,
)
from .service import note_payment_means, record_vat_answer, save_billing_profile, update_preferences

__all__ = [
    "PROFILE_FIELDS",
    "BuyerSnapshot",
    "billing_profile",
    "billing_profiles",
    "buyer_snapshot",
    "called",
    "get",
    "names",
    "naming_template",
    "note_payment_means",
    "page",
    "record_vat_answer",
    "require_billing_profile",
    "save_billing_profile",
    "update_preferences",
    "visible",
]
