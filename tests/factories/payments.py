"""A payment provider that declines, loses answers and lies when told to, and methods to pay with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused, Unavailable
from scaicontrol.core.payment_ports import (
    ChargeRequest,
    PaymentResult,
    PaymentStatus,
    RefundRequest,
    RefundResult,
    StoredMethod,
)
from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.services.invoices.lifecycle import MONEY
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.payments.models import Payment, PaymentMethod
from scaicontrol.services.payments.service.methods import store

from . import ada, alice


class FaultySandbox(Sandbox):
    """The sandbox, counting what it was asked; `declines` says with which code the next charges fail."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend.clock)
        self.declines: list[str | None] = []
        self.is_down = False
        self.reports: dict[str, object] = {}  # what it says about a payment, against the truth
        self.captured: dict[str, int] = {}  # what it took of a payment, where that is not what was asked for
        self.charged: list[str] = []
        self.refunded: list[str] = []
        self.refuses_refunds: str | None = None  # in these words
        self._refused: dict[str, str] = {}  # by key: as Stripe does, it says the same under the same key

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        self.charged.append(request.idempotency_key)
        code = self.declines.pop(0) if self.declines else None
        if code is not None:
            return PaymentResult(
                PaymentStatus.failed, f"declined_{request.idempotency_key}", None, None, code, "Declined."
            )
        told = await super().charge(request)
        return replace(told, **self.reports)  # type: ignore[arg-type]  # a test names fields of the result

    async def fetch(self, external_id: str) -> PaymentResult:
        told = replace(await super().fetch(external_id), **self.reports)  # type: ignore[arg-type]  # as above
        return replace(told, amount_cents=self.captured.get(external_id, told.amount_cents))

    def capture(self, external_id: str, amount_cents: int) -> None:
        """Take less, or more, than was asked for, and tell so."""
        self.captured[external_id] = amount_cents
        self.complete(external_id, approved=True)
        with self._ledger.open() as state:
            self._add_event(state, self._get(state, external_id), "payment", self._clock.now(), status="succeeded")

    async def refund(self, request: RefundRequest) -> RefundResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        if self.refuses_refunds:
            self._refused[request.idempotency_key] = self.refuses_refunds
        if words := self._refused.get(request.idempotency_key):
            raise Refused(words)
        self.refunded.append(request.idempotency_key)
        return await super().refund(request)

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        return await super().fetch_refund(payment_external_id, external_id)

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        if self.is_down:
            raise Unavailable("The provider does not answer.")
        return await super().find_refund(request)

    def keeps(self, external_id: str) -> int:
        """What of a payment it took and still has, besides what was refunded by us."""
        payment = self.payment(external_id)
        asked: int = payment["amount_cents"]
        taken = self.captured.get(external_id, asked)
        gone = sum(each["amount_cents"] for each in self.disputes() if _is_gone(each, external_id))
        return taken - gone if payment["status"] == "succeeded" else 0

    def taken(self) -> list[int]:
        """What really moved, by payment."""
        return [payment["amount_cents"] for payment in self.payments() if payment["status"] == "succeeded"]


def _is_gone(dispute: Mapping[str, Any], external_id: str) -> bool:
    return dispute["payment_id"] == external_id and dispute["status"] in ("opened", "lost")


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


async def unbalanced(backend: Backend, provider: FaultySandbox) -> list[str]:
    """Name what does not add up between what the provider took, what is booked and what each invoice says."""
    return await backend.ask(ada, _unbalanced, {each["id"]: provider.keeps(each["id"]) for each in provider.payments()})


async def _unbalanced(uow: UnitOfWork, kept: Mapping[str, int]) -> list[str]:
    found = []
    for payment in await uow.session.scalars(select(Payment)):
        mine = or_(Settlement.source_id == payment.id, Settlement.source_id.startswith(f"{payment.id}:"))
        rows = list(await uow.session.scalars(select(Settlement).where(mine, Settlement.kind.in_(MONEY))))
        booked = sum(row.amount_cents + row.unapplied_cents for row in rows)
        held = payment.disputed_cents or 0
        taken = kept.get(payment.external_id or "", 0)
        if payment.failure_code != "provider_mismatch" and (booked, booked) != (taken + held, payment.kept_cents):
            found.append(f"{payment.id}: taken {taken}, disputed {held}, kept {payment.kept_cents}, booked {booked}")
        if payment.refunded_cents > payment.received_cents:
            found.append(f"{payment.id}: of {payment.received_cents} {payment.refunded_cents} went back")
    for invoice in await uow.session.scalars(select(Invoice).where(Invoice.finalized_at.is_not(None))):
        rows = list(await uow.session.scalars(select(Settlement).where(Settlement.invoice_id == invoice.id)))
        settled = invoice.amount_paid_cents + invoice.amount_credited_cents
        if settled != sum(row.amount_cents for row in rows):
            found.append(f"{invoice}: settled {settled}, recorded {[row.amount_cents for row in rows]}")
        if invoice.status != "void" and invoice.amount_due_cents != invoice.total_cents - settled:
            found.append(f"{invoice}: due {invoice.amount_due_cents} of {invoice.total_cents}, settled {settled}")
        if (invoice.status == "paid") is not (invoice.amount_due_cents == 0) and invoice.status != "void":
            found.append(f"{invoice} is {invoice.status} and owes {invoice.amount_due_cents}")
    return found
