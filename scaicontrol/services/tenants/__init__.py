"""Tenants: who buys, as what documents name them, and what they prefer."""

from .buyers import PROFILE_FIELDS, buyer_snapshot
from .events import TenantBillingLinked, TenantBillingUpdated, TenantPreferencesChanged
from .models import BillingProfile, Tenant, missing_in
from .queries import (
    billing_profile,
    billing_profiles,
    get,
    names,
    naming_template,
    page,
    require_billing_profile,
    visible,
)
from .schemas import (
    AddressFormatOut,
    AdminBillingProfileIn,
    BillingProfileIn,
    BillingProfileOut,
    BillingSummaryOut,
    PreferencesPatch,
    TenantDetailOut,
    TenantOut,
    TenantRowOut,
)
from .service import note_payment_means, record_vat_answer, save_billing_profile, update_preferences

__all__ = [
    "PROFILE_FIELDS",
    "AddressFormatOut",
    "AdminBillingProfileIn",
    "BillingProfile",
    "BillingProfileIn",
    "BillingProfileOut",
    "BillingSummaryOut",
    "PreferencesPatch",
    "Tenant",
    "TenantBillingLinked",
    "TenantBillingUpdated",
    "TenantDetailOut",
    "TenantOut",
    "TenantPreferencesChanged",
    "TenantRowOut",
    "billing_profile",
    "billing_profiles",
    "buyer_snapshot",
    "get",
    "missing_in",
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
