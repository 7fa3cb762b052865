"""The seller as a document shows it: whole, or with the names of what is missing."""

from typing import Final, TypedDict, cast

from scaicontrol.core.settings import Settings
from scaicontrol.core.text import tolerated

from .models import PartnerConfiguration


class SellerIdentity(TypedDict, total=False):
    """Who sells; an operator's settings fill in what the platform's own partner leaves open."""

    legal_name: str | None
    trade_name: str | None
    seller_country_code: str | None
    seller_address_line1: str | None
    seller_address_line2: str | None
    seller_postal_code: str | None
    seller_city: str | None
    seller_state: str | None
    seller_vat_number: str | None
    seller_registration_number: str | None
    seller_tax_number: str | None
    seller_contact_name: str | None
    seller_email: str | None
    seller_phone: str | None
    iban: str | None
    bic: str | None
    bank_name: str | None
    account_holder: str | None
    sepa_creditor_id: str | None
    logo_url: str | None
    brand_color: str | None
    peppol_id: str | None
    peppol_scheme: str | None


class SellerSnapshot(SellerIdentity, total=False):
    """The seller as a document keeps it (contract §13.3); the time zone decides its civil dates, so it is kept too."""

    partner_id: str
    default_currency: str
    default_language: str
    timezone: str
    invoice_template_name: str | None
    email_template_name: str | None


SELLER_FIELDS: Final = tuple(SellerIdentity.__annotations__)
_SHOWN_TERMS: Final = tuple(
    name for name in SellerSnapshot.__annotations__ if name not in {*SELLER_FIELDS, "partner_id"}
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


def seller_snapshot(config: PartnerConfiguration) -> SellerSnapshot:
    """Give the seller under the contract's field names, ready to be kept with a document."""
    own = {name: getattr(config, name) or config.operator.get(name) for name in SELLER_FIELDS}
    terms = {name: getattr(config, name) for name in _SHOWN_TERMS}
    return cast("SellerSnapshot", {"partner_id": config.partner_id, **own, **terms})


def missing_for_finalisation(config: PartnerConfiguration) -> list[str]:
    """
    Name the seller fields without which no document of this partner can be finalised.

    `seller_vat_number` is wanted too as soon as a line has a category other than O; only the document knows that.
    """
    return config.missing_for_finalisation
