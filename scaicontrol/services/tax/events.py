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


class ExchangeRatesAdded(DomainEvent):
    """Reference rates became known; documents whose VAT is stated in two currencies are converted at them."""

    topic: ClassVar[str] = "exchange_rates.added"
    resource: ClassVar[str] = "batch_id"
    public: ClassVar[bool] = False

    batch_id: str
    count: int
    currencies: list[str]
    first_day: str
    last_day: str
    source: str
