from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, synonym

from scaicontrol.core.i18n import Language
from scaicontrol.core.postal_addresses import ADDRESS_PARTS, required_parts
from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes
from scaicontrol.db.tenant_filter import TenantOwned

REQUIRED: Final = ("company_name", "address_line1", "postal_code", "city", "country_code")


def missing_in(profile: Any) -> list[str]:
    """Name what a profile, or a row of its columns, lacks for a document; an address needs what its country has."""
    parts = required_parts(profile.country_code)
    return [name for name in REQUIRED if not getattr(profile, name) and (name in parts or name not in ADDRESS_PARTS)]


class Tenant(TenantOwned, Model):
    """A customer as ScaiKey's directory knows it, always under one partner; the billable entity."""

    __tablename__ = "tenants"
    __table_args__ = (
        Index("ix_tenants_listed", "created_at", "id"),
        Index("ix_tenants_named", "name"),
        Index("ix_tenants_mailed", "contact_email"),
        *list_indexes("status"),
        *list_indexes(order="name"),
        *list_indexes(order="contact_email"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    tenant_id: Mapped[Any] = synonym("id")
    partner_id: Mapped[str] = mapped_column(IdString, ForeignKey("partners.id"))
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100), default="")
    status: Mapped[str] = mapped_column(String(20), default="active")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    preferred_language: Mapped[Language | None] = mapped_column(String(2))
    # How its documents say they are paid; kept by whoever keeps its payment methods. None means by transfer.
    payment_means: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    notification_opt_outs: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    # Grows with every change of the preferences.
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"tenant {self.name} ({self.id})"


class BillingProfile(TenantScopedModel):
    """Who buys: the tenant's identity on documents, and how it wants them."""

    __tablename__ = "tenant_billing_profiles"

    tenant_id: Mapped[str] = mapped_column(IdString, ForeignKey("tenants.id"), primary_key=True)

    company_name: Mapped[str | None] = mapped_column(String(200))
    address_line1: Mapped[str | None] = mapped_column(String(200))
    address_line2: Mapped[str | None] = mapped_column(String(200))
    postal_code: Mapped[str | None] = mapped_column(String(32))
    city: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str | None] = mapped_column(String(120))
    country_code: Mapped[str | None] = mapped_column(String(2), index=True)
    vat_number: Mapped[str | None] = mapped_column(String(32))
    tax_exempt: Mapped[bool] = mapped_column(default=False)
    contact_email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    is_business: Mapped[bool] = mapped_column(default=True)
    peppol_id: Mapped[str | None] = mapped_column(String(64))
    peppol_scheme: Mapped[str | None] = mapped_column(String(4))
    leitweg_id: Mapped[str | None] = mapped_column(String(46))
    preferred_einvoice_format: Mapped[str | None] = mapped_column(String(20))
    preferred_language: Mapped[Language | None] = mapped_column(String(2))
    invoice_template_name: Mapped[str | None] = mapped_column(String(120))
    email_template_name: Mapped[str | None] = mapped_column(String(120))
    buyer_reference: Mapped[str | None] = mapped_column(String(120))

    tax_exempt_reason: Mapped[str | None] = mapped_column(String(500))
    tax_exempt_reason_code: Mapped[str | None] = mapped_column(String(40))
    vat_number_validated_at: Mapped[datetime | None]
    vat_number_result: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"billing profile of tenant {self.tenant_id}"

    @property
    def missing_for_finalisation(self) -> list[str]:
        """Name the fields without which no document for this tenant can be finalised."""
        return missing_in(self)
