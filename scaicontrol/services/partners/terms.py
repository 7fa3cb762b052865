"""The terms a partner sells on: their domains and defaults (contract §13.2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

InvoiceGrouping = Literal["tenant", "subscription"]
ViesPolicy = Literal["off", "advisory", "required"]
ExportCategory = Literal["O", "G"]
TrialEnd = Literal["cancel", "activate"]
Proration = Literal["none", "day"]
DisputeLost = Literal["reopen", "write_off"]

DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType({
    "default_currency": "EUR",
    "default_language": "en",
    "timezone": "UTC",
    "number_prefix": "SCAI",
    "fiscal_year_start_month": 1,
    "invoice_day": 1,
    "invoice_grouping": "tenant",
    "oss_registered": False,
    "vies_policy": "advisory",
    "vies_max_age_days": 30,
    "export_category": "O",
    "attach_einvoice_xml": True,
    "payment_providers": ("bank_transfer",),
    "payment_terms_days": 14,
    "allow_pay_by_invoice": False,
    "trial_end_without_payment_method": "cancel",
    "proration": "none",
    "auto_finalize": True,
    "auto_send": True,
    "auto_charge": True,
    "auto_apply_credit": True,
    "auto_apply_wallet": True,
    "dunning_retry_days": (1, 3, 5, 7),
    "dunning_reminder_days": (1, 7, 14),
    "dunning_suspend_day": 21,
    "overdue_grace_days": 3,
    "dispute_lost": "reopen",
    "invoice_link_days": 30,
    "sells_to_consumers": False,
    "version": 0,
})  # fmt: skip

# Germany: § 14b UStG as of 2025. Netherlands: art. 52 AWR. Austria: § 132 BAO. Sweden: 7 kap. 2 § bokföringslagen.
_RETENTION: Final = {"DE": 8, "NL": 7, "AT": 7, "SE": 7}
_LONGEST_USUAL: Final = 10


def defaults() -> dict[str, Any]:
    """Give the terms of a partner that has not edited any, in values of its own."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in DEFAULTS.items()}


def retention_years_in(country_code: str | None) -> int:
    """Tell for how many years a seller of this country keeps its documents; ten where we do not know better."""
    return _RETENTION.get(country_code or "", _LONGEST_USUAL)
