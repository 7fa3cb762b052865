from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, Model, TenantScopedModel, list_indexes, parent_key, within_tenant
from scaicontrol.db.tenant_filter import PartnerPrivate

from .lifecycle import OrderLifecycle, OrderStatus


class PaymentFile(PartnerPrivate, Model):
    """
    One pain.001 message for a seller's bank, with the account it is paid from as it was then.

    It is written from this row and its orders alone, so that a file that was lost is the same when it is made again.
    """

    __tablename__ = "payment_files"
    __table_args__ = (Index("ix_payment_files_listed", "created_at", "id"), *list_indexes())

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    message: Mapped[str] = mapped_column(String(20))  # such as pain.001.001.09
    payer_name: Mapped[str] = mapped_column(String(70))
    payer_iban: Mapped[str] = mapped_column(String(34))
    payer_bic: Mapped[str | None] = mapped_column(String(11))
    execute_on: Mapped[date] = mapped_column(Date)
    orders: Mapped[int]
    total_cents: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"payment file {self.id}"

    @property
    def object_key(self) -> str:
        return f"payment-files/{self.partner_id}/{self.id}.xml"


class PaymentOrder(Lifecycled, TenantScopedModel):
    """
    A transfer that pays a credit back.

    While it is open its id stands on the row of the credit (`order_id`), so that a credit is in one file at most.
    """

    __tablename__ = "payment_orders"
    __table_args__ = (
        within_tenant(),
        parent_key("credit_id", "credits"),
        Index("ix_payment_orders_credit", "credit_id"),
        Index("ix_payment_orders_file", "file_id"),
        Index("ix_payment_orders_listed", "created_at", "id"),
        *list_indexes("status"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = OrderLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    credit_id: Mapped[str] = mapped_column(IdString)
    file_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("payment_files.id"))
    status: Mapped[OrderStatus] = mapped_column(String(20), default=OrderStatus.proposed)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    payee_name: Mapped[str] = mapped_column(String(70))
    payee_iban: Mapped[str] = mapped_column(String(34))
    remittance: Mapped[str] = mapped_column(String(140))
    note: Mapped[str | None] = mapped_column(String(255))  # why it was rejected or withdrawn; by what it was settled
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"payment order {self.id}"

    @property
    def end_to_end_id(self) -> str:
        """Our id as banks carry it: their set of characters has no underscore."""
        return self.id.replace("_", "-")
