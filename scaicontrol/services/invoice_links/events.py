"""Facts of links to documents; they stay in the house."""

from datetime import datetime
from typing import ClassVar

from scaicontrol.services.invoices.events import InternalFact


class InvoiceLinkUsed(InternalFact):
    """Somebody opened a document by its link."""

    topic: ClassVar[str] = "invoice_link.used"

    link_id: str
    nth: int

    @property
    def lifecycle_step(self) -> str:
        return f"{self.link_id}:{self.nth}"


class InvoiceLinksRevoked(InternalFact):
    """The links to a document that worked open nothing any more."""

    topic: ClassVar[str] = "invoice_link.revoked"

    link_ids: list[str]
    revoked_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return "-".join(sorted(self.link_ids)[-1:])
