from datetime import date, datetime

from sqlalchemy import Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, TenantScopedModel, parent_key, within_tenant


class AccountDocument(TenantScopedModel):
    """A stored document about an account: a statement, or a reminder of one invoice; none is ever replaced."""

    append_only = True
    __tablename__ = "account_papers"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("storage_key"),
        UniqueConstraint("invoice_id", "level"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # statement, payment_reminder
    invoice_id: Mapped[str | None] = mapped_column(IdString)
    level: Mapped[int | None]  # which reminder: 1 friendly, 2 firm, 3 the last
    currency: Mapped[str] = mapped_column(String(3))
    from_day: Mapped[date | None] = mapped_column(Date)
    to_day: Mapped[date] = mapped_column(Date)
    language: Mapped[str] = mapped_column(String(5))
    filename: Mapped[str] = mapped_column(String(200))
    storage_key: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    template_id: Mapped[str | None] = mapped_column(IdString)  # none is the built-in one
    template_version: Mapped[int | None]
    made_at: Mapped[datetime]
