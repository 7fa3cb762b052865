"""Facts of the files of documents; they stay in the house."""

from typing import ClassVar

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
