"""A payment provider that declines, loses answers and lies when told to, and methods to pay with."""

from collections.abc import Mapping
from dataclasses import replace

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused, Unavailable
from scaicontrol.core.ports import PaymentResult, PaymentStatus, RefundResult, StoredMethod
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.services.payments.models import PaymentMethod
from scaicontrol.services.payments.service.methods import store

from . import alice


class FaultySandbox(Sandbox):
    """The sandbox, counting what it was asked; `declines` says with which code the next charges fail."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.clock)
        self.declines: list[str | None] = []
        self.is_down = False
        self.reports: dict[str, object] = {}  # what it says about a payment, against the truth
        self.charged: list[str] = []
        self.refunded: list[str] = []
        self.refuses_refunds: str | None = None  # in these words

    async def charge(
        self, method: StoredMethod, amount_cents: int, currency: str, idempotency_key: str, metadata: Mapping[str, str]
    ) -> PaymentResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        self.charged.append(idempotency_key)
        code = self.declines.pop(0) if self.declines else None
        if code is not None:
            return PaymentResult(PaymentStatus.failed, f"declined_{idempotency_key}", None, None, code, "Declined.")
        told = await super().charge(method, amount_cents, currency, idempotency_key, metadata)
        return replace(told, **self.reports)  # type: ignore[arg-type]  # a test names fields of the result

    async def fetch(self, external_id: str) -> PaymentResult:
        return replace(await super().fetch(external_id), **self.reports)  # type: ignore[arg-type]  # as above

    async def refund(self, external_id: str, amount_cents: int, idempotency_key: str) -> RefundResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        if self.refuses_refunds:
            raise Refused(self.refuses_refunds)
        self.refunded.append(idempotency_key)
        return await super().refund(external_id, amount_cents, idempotency_key)

    async def fetch_refund(self, external_id: str) -> RefundResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        return await super().fetch_refund(external_id)

    async def find_refund(self, idempotency_key: str) -> RefundResult | None:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        return await super().find_refund(idempotency_key)

    def taken(self) -> list[int]:
        """What really moved, by payment."""
        return [payment["amount_cents"] for payment in self.payments() if payment["status"] == "succeeded"]


def faulty_sandbox(backend: Backend) -> FaultySandbox:
    """Make the sandbox the only provider of `backend`."""
    provider = FaultySandbox(backend)
    backend.ports.payment_providers["sandbox"] = provider  # type: ignore[index]  # a dict in memory_ports
    return provider


async def store_card(
    backend: Backend, number: str = "1", by: Actor = alice, *, make_default: bool = True
) -> PaymentMethod:
    """Let a tenant keep a card."""
    card = StoredMethod(f"sbm_{number}", "sbc_1", "card", f"Card {number}", "4242", 12, 2029, "NL")
    return await backend.perform(by, store, "sandbox", card, make_default=make_default)
