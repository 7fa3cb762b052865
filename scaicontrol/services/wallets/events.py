"""Facts of wallets; payloads as contract §23.8 lists them."""

from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment


class WalletFact(DomainEvent):
    resource: ClassVar[str] = "lot_id"

    lot_id: str
    tenant_id: str
    partner_id: str
    source: str
    currency: str
    amount_cents: int
    remaining_cents: int


class WalletToppedUp(WalletFact):
    """Money was paid in; no sale yet, so that there is no VAT."""

    topic: ClassVar[str] = "wallet.topped_up"

    reference: str
    received_at: Moment


class WalletGranted(WalletFact):
    """The seller gave it; it expires."""

    topic: ClassVar[str] = "wallet.granted"

    reference: str
    expires_at: Moment
    given_at: Moment


class WalletUseFact(WalletFact):
    use_id: str

    @property
    def lifecycle_step(self) -> str:
        return self.use_id


class WalletApplied(WalletUseFact):
    topic: ClassVar[str] = "wallet.applied"

    invoice_id: str
    applied_at: Moment


class WalletRestored(WalletUseFact):
    """Of a use, all or a part was undone; `use_id` is the use that gives it back."""

    topic: ClassVar[str] = "wallet.restored"

    reverses_id: str
    reason: str
    restored_at: Moment


class WalletRefunded(WalletUseFact):
    """A part of what was paid in went back to the payer."""

    topic: ClassVar[str] = "wallet.refunded"

    reference: str
    refunded_at: Moment


class WalletExpired(WalletUseFact):
    """Its day came, or a person ended it before; what was left is gone."""

    topic: ClassVar[str] = "wallet.expired"

    reason: str
    expired_at: Moment
