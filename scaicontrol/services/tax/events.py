from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class VatNumberConsulted(DomainEvent):
    """VIES was asked about a buyer's number; the buyer's profile takes the answer from here."""

    topic: ClassVar[str] = "vat_consultation.recorded"
    resource: ClassVar[str] = "consultation_id"
    public: ClassVar[bool] = False

    consultation_id: str
    partner_id: str
    tenant_id: str
    vat_number: str
    result: str
    consulted_at: datetime


class VatRateAdded(DomainEvent):
    """A standard rate begins on a day; documents with a tax point from then on carry it."""

    topic: ClassVar[str] = "vat_rate.added"
    resource: ClassVar[str] = "rate_id"
    public: ClassVar[bool] = False

    rate_id: str
    country_code: str
    territory: str
    rate: str
    valid_from: str
