from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, TenantScopedModel, parent_key


class InvoiceLink(TenantScopedModel):
    """Lets whoever has it see one document; the address is signed, so that the row holds no secret."""

    __tablename__ = "invoice_links"
    __table_args__ = (parent_key("invoice_id", "invoices"), UniqueConstraint("invoice_id", "occasion"))

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    occasion: Mapped[str] = mapped_column(String(120))  # the mail it was made for
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(100))
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"link {self.id} to {self.invoice_id}"

    def works_at(self, moment: datetime) -> bool:
        """Tell whether the link opens its document at a moment."""
        return self.revoked_at is None and moment < self.expires_at
