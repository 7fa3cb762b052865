"""The seller as a document shows it: whole, or with the names of what is missing."""

from collections.abc import Mapping
from typing import Any, Final

from scaicontrol.core.settings import Settings
from scaicontrol.core.text import tolerated

from .models import PartnerConfiguration

# What a finalised document copies (contract §13.3); the time zone decides its civil dates, so it is copied too.
SELLER_FIELDS: Final = (
    "legal_name", "trade_name", "seller_country_code", "seller_address_line1", "seller_address_line2",
    "seller_postal_code", "seller_city", "seller_state", "seller_vat_number", "seller_registration_number",
    "seller_tax_number", "seller_contact_name", "seller_email", "seller_phone", "iban", "bic", "bank_name",
    "account_holder", "sepa_creditor_id", "logo_url", "brand_color", "peppol_id", "peppol_scheme",
)  # fmt: skip
_SHOWN_TERMS: Final = (
    "default_currency",
    "default_language",
    "timezone",
    "invoice_template_name",
    "email_template_name",
)


def operator_identity(settings: Settings) -> dict[str, str]:
    """Give what the OPERATOR_* settings say, under the seller's field names; empty ones are left out."""
    said = {
        "legal_name": settings.operator_legal_name,
        "seller_address_line1": settings.operator_address_line1,
        "seller_address_line2": settings.operator_address_line2,
        "seller_postal_code": settings.operator_postal_code,
        "seller_city": settings.operator_city,
        "seller_country_code": settings.operator_country_code,
        "seller_vat_number": settings.operator_vat_number,
        "seller_registration_number": settings.operator_registration_number,
        "seller_email": settings.operator_email,
        "seller_phone": settings.operator_phone,
        "iban": settings.operator_iban,
        "bic": settings.operator_bic,
    }
    return {name: tolerated(value) for name, value in said.items() if value}


def seller_snapshot(config: PartnerConfiguration) -> dict[str, Any]:
    """Give the seller under the contract's field names, ready to be kept with a document."""
    own: Mapping[str, Any] = {name: getattr(config, name) or config.operator.get(name) for name in SELLER_FIELDS}
    return {"partner_id": config.partner_id, **own, **{name: getattr(config, name) for name in _SHOWN_TERMS}}


def missing_for_finalisation(config: PartnerConfiguration) -> list[str]:
    """
    Name the seller fields without which no document of this partner can be finalised.

    `seller_vat_number` is wanted too as soon as a line has a category other than O; only the document knows that.
    """
    return config.missing_for_finalisation
