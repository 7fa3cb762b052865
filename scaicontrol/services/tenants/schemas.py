"""What crosses an edge about tenants."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from scaicontrol.core.i18n import Language
from scaicontrol.core.schemas import Country, EmptyIsNone, In, MailAddress, Moment, OneLine, Out, Patch, RowVersion
from scaicontrol.media.fonts import Printed

Text32 = Annotated[str, StringConstraints(max_length=32), OneLine, Printed]
Text40 = Annotated[str, StringConstraints(max_length=40), OneLine, Printed]
Text120 = Annotated[str, StringConstraints(max_length=120), OneLine, Printed]
Text200 = Annotated[str, StringConstraints(max_length=200), OneLine, Printed]
EInvoiceFormat = Literal["ubl", "xrechnung", "cii", "zugferd", "facturx"]
VatexCode = Annotated[str, StringConstraints(max_length=40, pattern=r"^(VATEX-[A-Z0-9-]+)?$")]
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_*]+)?$", max_length=60)]

_ACME: dict[str, Any] = {
    "company_name": "Acme Bakeries B.V.",
    "address_line1": "Coolsingel 40",
    "postal_code": "3011 AD",
    "city": "Rotterdam",
    "country_code": "NL",
    "vat_number": "NL004495445B01",
    "contact_email": "ap@acme.example",
    "is_business": True,
    "preferred_language": "nl",
}


class BillingProfileIn(In):
    """The buyer's identity. Fields that are not sent stay as they are; null or an empty text clears one."""

    model_config = ConfigDict(title="BillingProfileCreateUpdate", json_schema_extra={"examples": [_ACME]})

    company_name: Text200 | None = None
    address_line1: Text200 | None = None
    address_line2: Text200 | None = None
    postal_code: Text32 | None = None
    city: Text120 | None = None
    state: Text120 | None = None
    country_code: Country | None = None
    vat_number: Text40 | None = None
    tax_exempt: bool | None = Field(default=None, description="Only an operator changes it.")
    contact_email: Annotated[MailAddress | None, EmptyIsNone] = None
    phone: Text40 | None = None
    is_business: bool | None = None
    peppol_id: Annotated[str, StringConstraints(max_length=64), Printed] | None = None
    peppol_scheme: Annotated[str, StringConstraints(max_length=4)] | None = None
    leitweg_id: Annotated[str, StringConstraints(max_length=46)] | None = None
    preferred_einvoice_format: EInvoiceFormat | None = None
    preferred_language: Language | None = None
    invoice_template_name: Text120 | None = None
    email_template_name: Text120 | None = None
    buyer_reference: Text120 | None = None
    version: RowVersion | None = Field(
        default=None, description="The version that was edited; a stale one is a conflict."
    )


class AdminBillingProfileIn(BillingProfileIn):
    """The same as operators may send it, with the reason for an exemption."""

    model_config = ConfigDict(
        title="AdminBillingProfileCreateUpdate",
        json_schema_extra={
            "examples": [
                {**_ACME, "tax_exempt": True, "tax_exempt_reason": "Art. 151", "tax_exempt_reason_code": "VATEX-EU-151"}
            ]
        },
    )

    tax_exempt_reason: Annotated[str, StringConstraints(max_length=500), Printed] | None = None
    tax_exempt_reason_code: (
        Annotated[str, StringConstraints(max_length=40, pattern=r"^(VATEX-[A-Z0-9-]+)?$")] | None
    ) = None


class PreferencesPatch(Patch):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"preferred_language": "nl", "notification_opt_outs": ["usage.threshold_reached"]}]
        }
    )

    preferred_language: Language | None = None
    notification_opt_outs: Annotated[list[Topic], Field(max_length=50)] | None = None


class BillingProfileOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"tenant_id": "tnt_acme", **_ACME, "version": 1}]})

    tenant_id: str
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
    preferred_einvoice_format: EInvoiceFormat | None
    preferred_language: Language | None
    invoice_template_name: str | None
    email_template_name: str | None
    buyer_reference: str | None
    tax_exempt_reason: str | None
    tax_exempt_reason_code: str | None
    vat_number_validated_at: Moment | None
    vat_number_result: str | None
    missing_for_finalisation: list[str]
    version: int
    created_at: Moment
    updated_at: Moment


class RegionOut(Out):
    code: str
    name: str


class AddressFormatOut(Out):
    """How addresses of one country are written: what a form asks for, and what it offers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "country_code": "IE",
                    "required": ["address_line1", "city"],
                    "has_postal_code": True,
                    "postal_code_name": "Eircode",
                    "postal_code_examples": ["A65 F4E2"],
                    "region_name": "county",
                    "regions": [{"code": "Co. Carlow", "name": "Co. Carlow"}],
                }
            ]
        }
    )

    country_code: Country
    required: list[str] = Field(description="Which of address_line1, postal_code, city documents need.")
    has_postal_code: bool
    postal_code_name: str
    postal_code_examples: list[str]
    region_name: str
    regions: list[RegionOut] = Field(description="The states or provinces, where the country lists them.")


class TenantOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "tnt_acme",
                    "partner_id": "prt_northwind",
                    "name": "Acme Bakeries B.V.",
                    "slug": "acme",
                    "status": "active",
                    "contact_email": "administratie@acme.example",
                    "created_at": "2026-01-15T09:00:00Z",
                }
            ]
        }
    )

    id: str
    partner_id: str
    name: str
    slug: str
    status: str
    contact_email: str | None
    created_at: Moment


class BillingSummaryOut(Out):
    """How far a tenant is known as a buyer."""

    company_name: str | None
    country_code: str | None
    vat_number: str | None
    contact_email: str | None
    tax_exempt: bool
    missing_for_finalisation: list[str]


class TenantRowOut(TenantOut):
    """A tenant in a list; `billing` is null before its first profile."""

    billing: BillingSummaryOut | None


class TenantDetailOut(TenantOut):
    partner_name: str | None
    preferred_language: Language | None
    notification_opt_outs: list[str]
    billing_profile: BillingProfileOut | None
