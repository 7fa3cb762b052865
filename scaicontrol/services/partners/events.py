from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class PartnerFact(DomainEvent):
    resource: ClassVar[str] = "partner_id"

    partner_id: str
    scaicontrol_customer_id: str


class PartnerBillingLinked(PartnerFact):
    """The partner can be named on a document: legal name and country are both known for the first time."""

    topic: ClassVar[str] = "partner.billing_linked"

    linked_at: datetime
    legal_name: str
    country_code: str
    vat_number: str | None


class PartnerBillingUpdated(PartnerFact):
    """The seller's identity changed; documents finalised before keep the old one."""

    topic: ClassVar[str] = "partner.billing_updated"

    updated_at: datetime
    changed_fields: list[str]
    legal_name: str | None
    country_code: str | None
    vat_number: str | None
    contact_email: str | None
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class PartnerConfigured(DomainEvent):
    """The partner's terms changed, or its identity before it was complete."""

    topic: ClassVar[str] = "partner.configured"
    resource: ClassVar[str] = "partner_id"
    public: ClassVar[bool] = False

    partner_id: str
    changed_fields: list[str]
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"
