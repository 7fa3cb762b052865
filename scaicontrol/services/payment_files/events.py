from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class PaymentFileFact(DomainEvent):
    resource: ClassVar[str] = "file_id"
    public: ClassVar[bool] = False

    file_id: str
    partner_id: str
    orders: int
    total_cents: int


class PaymentFileWritten(PaymentFileFact):
    """A file for a seller's bank was written; it moved nothing yet."""

    topic: ClassVar[str] = "payment_file.written"


class PaymentFileSent(PaymentFileFact):
    """A person gave a file to the bank."""

    topic: ClassVar[str] = "payment_file.sent"


class PaymentOrderFact(DomainEvent):
    resource: ClassVar[str] = "order_id"
    public: ClassVar[bool] = False

    order_id: str
    credit_id: str
    tenant_id: str
    partner_id: str
    amount_cents: int
    currency: str


class PaymentOrderProposed(PaymentOrderFact):
    """A credit is to be paid back by the next file of its seller."""

    topic: ClassVar[str] = "payment_order.proposed"


class PaymentOrderSettled(PaymentOrderFact):
    """The money of an order left the seller's account."""

    topic: ClassVar[str] = "payment_order.settled"

    reference: str


class PaymentOrderRejected(PaymentOrderFact):
    """The bank did not carry an order out; its credit is free again."""

    topic: ClassVar[str] = "payment_order.rejected"

    reason: str


class PaymentOrderWithdrawn(PaymentOrderFact):
    """A person took an order back; its credit is free again."""

    topic: ClassVar[str] = "payment_order.withdrawn"

    reason: str
