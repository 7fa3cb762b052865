from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Boolean, Date, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.ports import VatAnswer
from scaicontrol.db import ExactDecimal, IdString, JsonDocument, Model, TenantScopedModel, within_tenant

from .exchange import ReferenceRate
from .rates import Rate

RateType = ExactDecimal(5, 2)
EuroRate = ExactDecimal(18, 8)


class VatRate(Model):
    """A standard rate and the days it holds, the last one included; the same for everybody."""

    __tablename__ = "vat_rates"
    __table_args__ = (UniqueConstraint("country_code", "territory", "valid_from"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    country_code: Mapped[str] = mapped_column(String(2))
    territory: Mapped[str] = mapped_column(String(32), default="")
    rate: Mapped[Decimal] = mapped_column(RateType)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(255))
    checked_on: Mapped[date | None] = mapped_column(Date)

    def as_rate(self) -> Rate:
        return Rate(
            self.country_code, self.rate, self.valid_from, self.valid_to, self.territory, self.source, self.checked_on
        )


class ExchangeRate(Model):
    """What one euro was worth on a day, as the European Central Bank published it; the same for everybody."""

    __tablename__ = "exchange_rates"
    __table_args__ = (UniqueConstraint("currency", "valid_on"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(EuroRate)
    valid_on: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(255))

    def as_rate(self) -> ReferenceRate:
        return ReferenceRate(self.currency, self.rate, self.valid_on, self.source)


class VatConsultation(TenantScopedModel):
    """What VIES answered about a buyer's number, kept as proof."""

    __tablename__ = "vat_consultations"
    __table_args__ = (
        within_tenant(),
        Index("ix_vat_consultations_latest", "tenant_id", "vat_number", "consulted_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    vat_number: Mapped[str] = mapped_column(String(20))
    requester_vat_number: Mapped[str | None] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(16))
    consultation_number: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(512))
    address: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    consulted_at: Mapped[datetime] = mapped_column()

    @property
    def answer(self) -> VatAnswer:
        return VatAnswer(self.result)


class LocationProof(TenantScopedModel):
    """Something besides the address that says where a buyer is; the last of each kind counts."""

    __tablename__ = "location_proofs"
    __table_args__ = (within_tenant(), UniqueConstraint("tenant_id", "kind"))

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    country_code: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(String(255))
    seen_at: Mapped[datetime] = mapped_column()


class TaxDecision(TenantScopedModel):
    """The VAT decision of one invoice with everything it was made from; `decisions.replay` makes it again."""

    # No foreign key to invoices: that feature stands above this one and deletes the decision of a deleted draft itself.
    __tablename__ = "tax_decisions"
    __table_args__ = (within_tenant(), UniqueConstraint("invoice_id"))

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    inputs: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    rule: Mapped[str] = mapped_column(String(8))
    rate: Mapped[Decimal] = mapped_column(RateType)
    category: Mapped[str] = mapped_column(String(2))
    reverse_charge: Mapped[bool] = mapped_column(Boolean)
    label: Mapped[str] = mapped_column(String(120))
    legal_note: Mapped[str] = mapped_column(Text)
    exemption_code: Mapped[str | None] = mapped_column(String(32))
    exemption_reason: Mapped[str] = mapped_column(Text)
    rate_row_id: Mapped[str | None] = mapped_column(IdString)
    consultation_id: Mapped[str | None] = mapped_column(IdString)
    exemptions: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)  # per category, once final
    tax_currency: Mapped[str | None] = mapped_column(String(3))  # BT-6, where it is not the document's
    tax_in_tax_currency_cents: Mapped[int | None]  # BT-111
    exchange_rates: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)
    evidence: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    warnings: Mapped[list[str]] = mapped_column(JsonDocument)
    policy: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime] = mapped_column()
    finalized_at: Mapped[datetime | None] = mapped_column()


# The columns that say what was decided: a credit note takes them over from the invoice that it corrects.
_NOT_DECIDED: Final = {"id", "invoice_id", "tenant_id", "partner_id", "finalized_at", "created_at", "updated_at"}
DECIDED: Final = tuple(column.key for column in TaxDecision.__mapper__.column_attrs if column.key not in _NOT_DECIDED)
