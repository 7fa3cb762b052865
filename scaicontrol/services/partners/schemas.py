"""What crosses an edge about partners."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from scaicontrol.core.i18n import Language
from scaicontrol.core.schemas import (
    Country,
    EmptyIsNone,
    InvoicedCurrency,
    MailAddress,
    Moment,
    OneLine,
    Out,
    Patch,
    RowVersion,
)
from scaicontrol.media.fonts import Printed

from .terms import DisputeLost, ExportCategory, InvoiceGrouping, Proration, TrialEnd, ViesPolicy

Text32 = Annotated[str, StringConstraints(max_length=32), OneLine, Printed]
Text64 = Annotated[str, StringConstraints(max_length=64), OneLine, Printed]
Text120 = Annotated[str, StringConstraints(max_length=120), OneLine, Printed]
Text200 = Annotated[str, StringConstraints(max_length=200), OneLine, Printed]
Day = Annotated[int, Field(ge=1, le=365)]
Days = Annotated[list[Day], Field(max_length=12)]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
WebAddress = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[^\s/?#@]+([/?#]\S*)?$"), OneLine]
HOST = r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"

_SELLER: dict[str, Any] = {
    "legal_name": "ScaiLabs B.V.",
    "trade_name": "ScaiLabs",
    "seller_country_code": "NL",
    "seller_address_line1": "Herengracht 101",
    "seller_postal_code": "1015 BE",
    "seller_city": "Amsterdam",
    "seller_vat_number": "NL123456782B90",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
}


class PartnerConfigurationPatch(Patch):
    """Seller data and terms; only the fields that are sent change, and null clears what may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SELLER, "payment_terms_days": 30, "version": 3}]})

    legal_name: Text200 | None = None
    trade_name: Text200 | None = None
    seller_country_code: Country | None = None
    seller_address_line1: Text200 | None = None
    seller_address_line2: Text200 | None = None
    seller_postal_code: Text32 | None = None
    seller_city: Text120 | None = None
    seller_state: Text120 | None = None
    seller_vat_number: Text32 | None = None
    seller_registration_number: Text64 | None = None
    seller_tax_number: Text32 | None = Field(default=None, description="The number for taxes that is no VAT number.")
    seller_contact_name: Text120 | None = None
    seller_email: Annotated[MailAddress | None, EmptyIsNone] = None
    seller_phone: Annotated[str, StringConstraints(max_length=40), OneLine, Printed] | None = None
    iban: Annotated[str, StringConstraints(max_length=50)] | None = None
    bic: Annotated[str, StringConstraints(max_length=15)] | None = None
    bank_name: Text120 | None = None
    account_holder: Text200 | None = None
    sepa_creditor_id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}$")] | None = (
        Field(default=None, description="The SEPA creditor identifier that direct debits name.")
    )
    default_currency: InvoicedCurrency | None = None
    default_language: Language | None = None
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None
    invoice_template_name: Text120 | None = None
    email_template_name: Text120 | None = None
    logo_url: Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://|/)[^\s]+$")] | None = None
    brand_color: Color | None = Field(default=None, description="Readable on light pages (WCAG 2.2 AA), or refused.")
    brand_color_dark: Color | None = Field(
        default=None, description="Readable on dark pages; empty: the other one, brightened until it is."
    )
    mail_sender_name: Text120 | None = Field(default=None, description="Empty: the trade name, else the legal one.")
    portal_host: Annotated[str, StringConstraints(pattern=HOST, max_length=253, to_lower=True)] | None = Field(
        default=None, description="The portal's own host name, such as portal.northwind.example; set by operators."
    )
    imprint_url: WebAddress | None = None
    privacy_url: WebAddress | None = None
    terms_url: WebAddress | None = None
    peppol_id: Text64 | None = None
    peppol_scheme: str | None = None

    number_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,9}$")] | None = None
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] | None = None
    invoice_day: Annotated[int, Field(ge=1, le=28)] | None = None
    invoice_grouping: InvoiceGrouping | None = None
    oss_registered: bool | None = None
    vies_policy: ViesPolicy | None = None
    vies_max_age_days: Annotated[int, Field(ge=1, le=365)] | None = None
    export_category: ExportCategory | None = None
    attach_einvoice_xml: bool | None = None
    payment_providers: (
        Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]], Field(max_length=10)]
        | None
    ) = None
    payment_terms_days: Annotated[int, Field(ge=0, le=365)] | None = None
    allow_pay_by_invoice: bool | None = None
    trial_end_without_payment_method: TrialEnd | None = None
    proration: Proration | None = None
    auto_finalize: bool | None = None
    auto_send: bool | None = None
    auto_charge: bool | None = None
    auto_apply_credit: bool | None = None
    auto_apply_wallet: bool | None = None
    dunning_retry_days: Days | None = None
    dunning_reminder_days: Days | None = None
    dunning_suspend_day: Day | None = None
    overdue_grace_days: Annotated[int, Field(ge=0, le=90)] | None = None
    retention_years: Annotated[int, Field(ge=5, le=100)] | None = None
    dispute_lost: DisputeLost | None = Field(
        default=None, description="What a lost dispute does: the invoice is owed again, or the seller bears the loss."
    )
    sells_to_consumers: bool | None = Field(default=None, description="The catalogue is for consumers, too.")
    withdrawal_button: bool | None = Field(
        default=None, description="Consumers withdraw without signing in; null: where the seller sells to consumers."
    )
    cancel_button: bool | None = Field(
        default=None, description="Consumers cancel without signing in; null: where the seller sells to consumers."
    )
    invoice_link_days: Annotated[int, Field(ge=0, le=365)] | None = Field(
        default=None, description="How long the link in a mail opens its invoice without a sign-in; 0: no such links."
    )

    version: RowVersion | None = Field(
        default=None, description="The version that was edited; a stale one is a conflict."
    )

    @model_validator(mode="after")
    def _keep_terms(self) -> Self:
        for name in self.model_fields_set - CLEARABLE:
            if (value := getattr(self, name)) is None or value == "":
                raise ValueError(f"{name} cannot be empty")
        for name in ("dunning_retry_days", "dunning_reminder_days"):
            days = getattr(self, name)
            if days is not None and sorted(set(days)) != days:
                raise ValueError(f"{name} must grow from day to day")
        return self


CLEARABLE = frozenset({
    "legal_name", "trade_name", "seller_country_code", "seller_address_line1", "seller_address_line2",
    "seller_postal_code", "seller_city", "seller_state", "seller_vat_number", "seller_registration_number",
    "seller_tax_number", "seller_contact_name", "seller_email", "seller_phone", "iban", "bic", "bank_name",
    "account_holder", "sepa_creditor_id", "invoice_template_name", "email_template_name", "logo_url", "brand_color",
    "brand_color_dark", "mail_sender_name", "portal_host", "imprint_url", "privacy_url", "terms_url",
    "peppol_id", "peppol_scheme", "retention_years", "withdrawal_button", "cancel_button", "version",
})  # fmt: skip


class PartnerOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "prt_northwind",
                    "name": "Northwind Cloud GmbH",
                    "slug": "northwind",
                    "status": "active",
                    "contact_email": "buchhaltung@northwind.example",
                    "created_at": "2026-01-15T09:00:00Z",
                }
            ]
        }
    )

    id: str
    name: str
    slug: str
    status: str
    contact_email: str | None
    created_at: Moment


class PartnerConfigurationOut(Out):
    """What is stored, and what is still missing before a document can be finalised."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"partner_id": "prt_scailabs", **_SELLER, "number_prefix": "SCAI", "version": 3}]
        }
    )

    partner_id: str
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
    default_currency: str
    default_language: str
    timezone: str
    invoice_template_name: str | None
    email_template_name: str | None
    logo_url: str | None
    brand_color: str | None
    brand_color_dark: str | None
    mail_sender_name: str | None
    portal_host: str | None
    imprint_url: str | None
    privacy_url: str | None
    terms_url: str | None
    peppol_id: str | None
    peppol_scheme: str | None
    number_prefix: str
    fiscal_year_start_month: int
    invoice_day: int
    invoice_grouping: str
    oss_registered: bool
    vies_policy: str
    vies_max_age_days: int
    export_category: str
    attach_einvoice_xml: bool
    payment_providers: list[str]
    payment_terms_days: int
    allow_pay_by_invoice: bool
    trial_end_without_payment_method: str
    proration: str
    auto_finalize: bool
    auto_send: bool
    auto_charge: bool
    auto_apply_credit: bool
    auto_apply_wallet: bool
    dunning_retry_days: list[int]
    dunning_reminder_days: list[int]
    dunning_suspend_day: int
    overdue_grace_days: int
    retention_years: int | None
    dispute_lost: str
    sells_to_consumers: bool
    withdrawal_button: bool | None
    cancel_button: bool | None
    invoice_link_days: int
    effective_retention_years: int
    billing_linked_at: Moment | None
    version: int
    missing_for_finalisation: list[str]


class PartnerPublicOut(Out):
    """What a tenant may know of the partner that sells to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partner_id": "prt_northwind",
                    "name": "Northwind Cloud GmbH",
                    "legal_name": "Northwind Cloud GmbH",
                    "email": "buchhaltung@northwind.example",
                    "logo_url": None,
                    "brand_color": "#0b6e4f",
                }
            ]
        }
    )

    partner_id: str
    name: str
    legal_name: str | None
    email: str | None
    logo_url: str | None
    brand_color: str | None


class BrandOut(Out):
    """Whose portal it is: what pages show of the seller. Its colours come as a stylesheet, `/brand.css`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partner_id": "prt_northwind",
                    "name": "Northwind",
                    "logo_url": None,
                    "imprint_url": "https://northwind.example/imprint",
                    "privacy_url": "https://northwind.example/privacy",
                    "terms_url": None,
                    "withdrawal_url": "/withdrawal?seller=prt_northwind",
                    "cancellation_url": None,
                }
            ]
        }
    )

    partner_id: str | None
    name: str
    logo_url: str | None
    imprint_url: str | None
    privacy_url: str | None
    terms_url: str | None
    withdrawal_url: str | None = Field(description="Where consumers withdraw from a contract without signing in.")
    cancellation_url: str | None = Field(description="Where consumers cancel a contract without signing in.")
