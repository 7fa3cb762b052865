from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.i18n import Language
from scaicontrol.db import IdString, Model
from scaicontrol.db.tenant_filter import PartnerPrivate

from .lifecycle import CancellationKind, DeclarationKind, Outcome


class Declaration(PartnerPrivate, Model):
    """
    What somebody declared, as it was typed; what was found of it follows from that alone.

    `found_…` is what the typed contract names of the seller's; `is_sender_known` that its tenant is reached at `email`.
    """

    append_only = True
    __tablename__ = "contract_declarations"
    __table_args__ = (
        UniqueConstraint("partner_id", "submission_key"),
        Index("ix_contract_declarations_listed", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    kind: Mapped[DeclarationKind] = mapped_column(String(20))
    submission_key: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime]
    language: Mapped[Language] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(String(200))
    identification: Mapped[str | None] = mapped_column(String(500))
    contract: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    cancellation_kind: Mapped[CancellationKind | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    wanted_end: Mapped[date | None] = mapped_column(Date)  # None: as soon as the contract allows
    found_tenant_id: Mapped[str | None] = mapped_column(IdString)
    found_subscription_id: Mapped[str | None] = mapped_column(IdString)
    is_sender_known: Mapped[bool]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class DeclarationDecision(PartnerPrivate, Model):
    """What a person made of a declaration; it is final."""

    append_only = True
    __tablename__ = "declaration_decisions"

    declaration_id: Mapped[str] = mapped_column(IdString, ForeignKey("contract_declarations.id"), primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    outcome: Mapped[Outcome] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(100))
    subscription_id: Mapped[str | None] = mapped_column(IdString)
    ends_at: Mapped[datetime | None]
