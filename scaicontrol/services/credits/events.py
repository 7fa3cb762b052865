"""Facts of credit balances; payloads as contract §23.8 lists them."""

from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment


class CreditFact(DomainEvent):
    resource: ClassVar[str] = "credit_id"

    credit_id: str
    tenant_id: str
    partner_id: str
    currency: str
    amount_cents: int
    remaining_cents: int


class CreditGranted(CreditFact):
    topic: ClassVar[str] = "credit.granted"

    source: str
    source_id: str
    invoice_id: str
    credited_at: Moment


class CreditUseFact(CreditFact):
    use_id: str

    @property
    def lifecycle_step(self) -> str:
        return self.use_id


class CreditApplied(CreditUseFact):
    topic: ClassVar[str] = "credit.applied"

    invoice_id: str
    applied_at: Moment


class CreditPaidBack(CreditUseFact):
    """Money went back; `way` is card or transfer."""

    topic: ClassVar[str] = "credit.paid_back"

    way: str
    refund_id: str | None
    reference: str | None
    paid_back_at: Moment


class CreditOffset(CreditUseFact):
    """It settled what its tenant owed beside its documents."""

    topic: ClassVar[str] = "credit.offset"

    receivable_id: str
    offset_at: Moment


class CreditRestored(CreditUseFact):
    """A use was undone: what it took is there again; `use_id` is the use that was undone."""

    topic: ClassVar[str] = "credit.restored"

    use: str
    reason: str
    restored_at: Moment


class CreditWithdrawn(CreditUseFact):
    """What the credit stood on is gone, and so is what was left of it."""

    topic: ClassVar[str] = "credit.withdrawn"

    reason: str
    withdrawn_at: Moment


class CreditKept(CreditFact):
    """A person keeps a credit from being applied by itself, or lets it go again."""

    topic: ClassVar[str] = "credit.kept"
    public: ClassVar[bool] = False

    is_kept: bool
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class ReceivableFact(DomainEvent):
    resource: ClassVar[str] = "receivable_id"

    receivable_id: str
    tenant_id: str
    partner_id: str
    invoice_id: str
    currency: str
    amount_cents: int
    remaining_cents: int


class ReceivableOpened(ReceivableFact):
    """A tenant has money of the seller's twice: a bank took back, or a refund sent, what had been paid out already."""

    topic: ClassVar[str] = "receivable.opened"

    source: str
    source_id: str
    opened_at: Moment


class ReceivableSettled(ReceivableFact):
    """A part of it, or all, is settled; `way` is money, credit or write_off."""

    topic: ClassVar[str] = "receivable.settled"

    way: str
    reference: str | None
    version: int
    settled_at: Moment

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"
