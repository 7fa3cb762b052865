"""The buyer as a document shows it."""

from typing import Final, TypedDict, cast

from scaicontrol.core.events import rfc3339

from .models import BillingProfile


class ProfileFields(TypedDict, total=False):
    """What a billing profile says of a buyer."""

    company_name: str | None
    address_line1: str | None
    address_line2: str | None
    postal_code: str | None
    city: str | None
    state: str | None
    country_code: str | None
    vat_number: str | None
    tax_exempt: bool
    contact_email: str | None
    phone: str | None
    is_business: bool
    peppol_id: str | None
    peppol_scheme: str | None
    leitweg_id: str | None
    preferred_einvoice_format: str | None
    preferred_language: str | None
    invoice_template_name: str | None
    email_template_name: str | None
    buyer_reference: str | None


class BuyerSnapshot(ProfileFields, total=False):
    """The buyer as a document keeps it, in JSON values."""

    tenant_id: str
    tax_exempt_reason: str | None
    tax_exempt_reason_code: str | None
    vat_number_validated_at: str | None
    vat_number_result: str | None


PROFILE_FIELDS: Final = tuple(ProfileFields.__annotations__)
EXEMPTION_FIELDS: Final = ("tax_exempt", "tax_exempt_reason", "tax_exempt_reason_code")


def buyer_snapshot(profile: BillingProfile) -> BuyerSnapshot:
    """Give the buyer under the contract's field names, in JSON values, ready to be kept with a document."""
    validated_at = profile.vat_number_validated_at
    return cast(
        "BuyerSnapshot",
        {
            "tenant_id": profile.tenant_id,
            **{name: getattr(profile, name) for name in (*PROFILE_FIELDS, *EXEMPTION_FIELDS[1:])},
            "vat_number_validated_at": rfc3339(validated_at) if validated_at else None,
            "vat_number_result": profile.vat_number_result,
        },
    )
