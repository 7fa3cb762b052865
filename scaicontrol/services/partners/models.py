from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, String, literal_column
from sqlalchemy.orm import Mapped, mapped_column, synonym

from scaicontrol.core.i18n import Language
from scaicontrol.core.postal_addresses import ADDRESS_PARTS, required_parts
from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import PartnerOwned, PlatformWritten

from .terms import (
    DisputeLost,
    ExportCategory,
    InvoiceGrouping,
    Proration,
    TrialEnd,
    ViesPolicy,
    defaults,
    retention_years_in,
)

REQUIRED: Final = ("legal_name", "seller_address_line1", "seller_postal_code", "seller_city", "seller_country_code")


class Partner(PlatformWritten, PartnerOwned, Model):
    """A reseller, or the operator itself, as ScaiKey's directory knows it; its tenants may read it."""

    __tablename__ = "partners"

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[Any] = synonym("id")
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100), default="")
    status: Mapped[str] = mapped_column(String(20), default="active")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    deleted_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"partner {self.name} ({self.id})"


class PartnerConfiguration(PartnerOwned, Model):
    """
    Who sells, and on which terms; one row per partner, with the contract's defaults until somebody edits it.

    `operator` is not stored: it holds what the OPERATOR_* settings say where the platform's own partner is silent.
    """

    __tablename__ = "partner_configuration"

    partner_id: Mapped[str] = mapped_column(IdString, ForeignKey("partners.id"), primary_key=True)

    legal_name: Mapped[str | None] = mapped_column(String(200))
    trade_name: Mapped[str | None] = mapped_column(String(200))
    seller_country_code: Mapped[str | None] = mapped_column(String(2))
    seller_address_line1: Mapped[str | None] = mapped_column(String(200))
    seller_address_line2: Mapped[str | None] = mapped_column(String(200))
    seller_postal_code: Mapped[str | None] = mapped_column(String(32))
    seller_city: Mapped[str | None] = mapped_column(String(120))
    seller_state: Mapped[str | None] = mapped_column(String(120))
    seller_vat_number: Mapped[str | None] = mapped_column(String(32))
    seller_registration_number: Mapped[str | None] = mapped_column(String(64))
    seller_tax_number: Mapped[str | None] = mapped_column(String(32))
    seller_contact_name: Mapped[str | None] = mapped_column(String(120))
    seller_email: Mapped[str | None] = mapped_column(String(254))
    seller_phone: Mapped[str | None] = mapped_column(String(40))
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    bank_name: Mapped[str | None] = mapped_column(String(120))
    account_holder: Mapped[str | None] = mapped_column(String(200))
    sepa_creditor_id: Mapped[str | None] = mapped_column(String(35))
    default_currency: Mapped[str] = mapped_column(String(3))
    default_language: Mapped[Language] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(64))
    invoice_template_name: Mapped[str | None] = mapped_column(String(120))
    email_template_name: Mapped[str | None] = mapped_column(String(120))
    logo_url: Mapped[str | None] = mapped_column(String(500))
    brand_color: Mapped[str | None] = mapped_column(String(7))
    brand_color_dark: Mapped[str | None] = mapped_column(String(7))  # empty: made of the other one
    mail_sender_name: Mapped[str | None] = mapped_column(String(120))
    portal_host: Mapped[str | None] = mapped_column(String(253), unique=True)  # without scheme and port
    imprint_url: Mapped[str | None] = mapped_column(String(500))
    privacy_url: Mapped[str | None] = mapped_column(String(500))
    terms_url: Mapped[str | None] = mapped_column(String(500))
    peppol_id: Mapped[str | None] = mapped_column(String(64))
    peppol_scheme: Mapped[str | None] = mapped_column(String(4))

    number_prefix: Mapped[str] = mapped_column(String(10))
    fiscal_year_start_month: Mapped[int]
    invoice_day: Mapped[int]
    invoice_grouping: Mapped[InvoiceGrouping] = mapped_column(String(20))
    oss_registered: Mapped[bool]
    vies_policy: Mapped[ViesPolicy] = mapped_column(String(20))
    vies_max_age_days: Mapped[int]
    export_category: Mapped[ExportCategory] = mapped_column(String(1))
    attach_einvoice_xml: Mapped[bool]
    payment_providers: Mapped[list[str]] = mapped_column(JsonDocument)
    payment_terms_days: Mapped[int]
    allow_pay_by_invoice: Mapped[bool]
    trial_end_without_payment_method: Mapped[TrialEnd] = mapped_column(String(20))
    proration: Mapped[Proration] = mapped_column(String(20))
    auto_finalize: Mapped[bool]
    auto_send: Mapped[bool]
    auto_charge: Mapped[bool]
    auto_apply_credit: Mapped[bool] = mapped_column(server_default=literal_column("1"))  # oldest first
    auto_apply_wallet: Mapped[bool] = mapped_column(server_default=literal_column("1"))  # after credit
    dunning_retry_days: Mapped[list[int]] = mapped_column(JsonDocument)
    dunning_reminder_days: Mapped[list[int]] = mapped_column(JsonDocument)
    dunning_suspend_day: Mapped[int]
    overdue_grace_days: Mapped[int]
    retention_years: Mapped[int | None]
    dispute_lost: Mapped[DisputeLost] = mapped_column(String(20), server_default="reopen")
    sells_to_consumers: Mapped[bool] = mapped_column(server_default=literal_column("0"))
    withdrawal_button: Mapped[bool | None]  # None: as it sells to consumers
    cancel_button: Mapped[bool | None]
    invoice_link_days: Mapped[int] = mapped_column(server_default=literal_column("30"))  # 0: mails carry none

    billing_linked_at: Mapped[datetime | None]
    version: Mapped[int]

    operator: dict[str, str] = {}  # noqa: RUF012  # replaced as a whole by the queries, never changed

    def __init__(self, **fields: Any) -> None:
        super().__init__(**(defaults() | fields))

    def __str__(self) -> str:
        return f"configuration of partner {self.partner_id}"

    @property
    def effective_retention_years(self) -> int:
        """How long documents are kept: as configured, else as the seller's country asks, else ten years."""
        return self.retention_years or retention_years_in(self.seller_country_code)

    @property
    def offers_withdrawal(self) -> bool:
        """Whether consumers withdraw from contracts without signing in (contract §11.6)."""
        return self.sells_to_consumers if self.withdrawal_button is None else self.withdrawal_button

    @property
    def offers_cancellation(self) -> bool:
        """Whether consumers cancel contracts without signing in."""
        return self.sells_to_consumers if self.cancel_button is None else self.cancel_button

    @property
    def missing_for_finalisation(self) -> list[str]:
        """Name the seller fields without which no document of this partner can be finalised."""
        said = {name: getattr(self, name) or self.operator.get(name) for name in REQUIRED}
        not_had = {f"seller_{part}" for part in ADDRESS_PARTS - required_parts(said["seller_country_code"])}
        return [name for name, value in said.items() if not value and name not in not_had]
