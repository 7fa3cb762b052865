"""Facts of the files of documents; they stay in the house."""

from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.services.invoices.events import InternalFact


class DocumentArchived(InternalFact):
    """The files of a version are stored and may be fetched."""

    topic: ClassVar[str] = "invoice.archived"

    number: str
    document_type: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class DeliveryRequested(InternalFact):
    """A document is to be mailed; `documents.mail_material` gives whoever mails it everything to write it."""

    topic: ClassVar[str] = "invoice.delivery_requested"

    delivery_id: str
    number: str
    document_type: str
    recipients: list[str]
    attach_xml: bool

    @property
    def lifecycle_step(self) -> str:
        return self.delivery_id


class DocumentsHandedOut(DomainEvent):
    """Somebody took many documents of a tenant, or a table of them, at once."""

    topic: ClassVar[str] = "tenant.documents_handed_out"
    resource: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    tenant_id: str
    partner_id: str
    occasion: str
    kind: str
    documents: int

    @property
    def lifecycle_step(self) -> str:
        return self.occasion
