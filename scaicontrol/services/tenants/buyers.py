"""The buyer as a document shows it."""

from typing import Any, Final

from scaicontrol.core.events import rfc3339

from .models import BillingProfile

PROFILE_FIELDS: Final = (
    "company_name", "address_line1", "address_line2", "postal_code", "city", "state", "country_code", "vat_number",
    "tax_exempt", "contact_email", "phone", "is_business", "peppol_id", "peppol_scheme", "leitweg_id",
    "preferred_einvoice_format", "preferred_language", "invoice_template_name", "email_template_name",
    "buyer_reference",
)  # fmt: skip
EXEMPTION_FIELDS: Final = ("tax_exempt", "tax_exempt_reason", "tax_exempt_reason_code")


def buyer_snapshot(profile: BillingProfile) -> dict[str, Any]:
    """Give the buyer under the contract's field names, in JSON values, ready to be kept with a document."""
    validated_at = profile.vat_number_validated_at
    return {
        "tenant_id": profile.tenant_id,
        **{name: getattr(profile, name) for name in (*PROFILE_FIELDS, *EXEMPTION_FIELDS[1:])},
        "vat_number_validated_at": rfc3339(validated_at) if validated_at else None,
        "vat_number_result": profile.vat_number_result,
    }
