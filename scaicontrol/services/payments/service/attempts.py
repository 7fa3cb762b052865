"""Attempts to collect an invoice: the row each is noted in, and what its provider is called with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import ChargeRequest, StoredMethod
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.provider_accounts.reads import account_for, refusal_of

from ..lifecycle import PaymentState
from ..models import Payment, PaymentMethod

_LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """A claimed payment with what the provider must know."""

    payment_id: str
    provider: str
    account_id: str
    external_id: str | None
    amount_cents: int
    currency: str
    idempotency_key: str
    method: StoredMethod | None
    called_at: datetime | None
    invoice_id: str
    tenant_id: str
    attempt: int
    version: int

    def request(self, return_url: str) -> ChargeRequest:
        """Say what the provider is asked for; the same for every repetition but for where a page leads back to."""
        return ChargeRequest(
            self.payment_id,
            self.amount_cents,
            self.currency,
            self.idempotency_key,
            self.method,
            return_url,
            self.called_at,
            {"payment_id": self.payment_id, "invoice_id": self.invoice_id, "tenant_id": self.tenant_id},
        )


async def open_attempt(uow: UnitOfWork, invoice: Invoice, provider: str, method: PaymentMethod | None) -> Payment:
    """Write the next attempt to collect an invoice; one may be open at a time."""
    if invoice.amount_due_cents <= 0:
        raise refused(RefusalCode.nothing_due, f"Cannot collect {invoice}: nothing is due.")
    if invoice.status not in ("finalized", "sent", "past_due"):
        raise refused(
            RefusalCode.wrong_status, f"Cannot collect {invoice}: it is {invoice.status}.", status=str(invoice.status)
        )
    if await _open_payment(uow, invoice.id) is not None:
        raise conflict(RefusalCode.payment_under_way, f"A payment of {invoice} is under way; wait for its outcome.")
    attempts = await uow.session.scalar(
        select(func.count()).select_from(Payment).where(Payment.invoice_id == invoice.id)
    )
    attempt = (attempts or 0) + 1
    account_id = await _account_of(uow, invoice, provider, method)
    payment = Payment(
        id=new_id("pay"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        payment_method_id=method.id if method else None,
        provider=provider,
        account_id=account_id,
        amount_cents=invoice.amount_due_cents,
        currency=invoice.currency,
        status=PaymentState.pending,
        attempt=attempt,
        received_cents=0,
        unapplied_cents=0,
        refunded_cents=0,
        returned_cents=0,
        lost_cents=0,
        disputed_cents=0,
        bookings=0,
        version=1,
        idempotency_key=f"{invoice.id}:{attempt}",
        open_key=invoice.id,
        due_at=uow.now,
    )
    uow.session.add(payment)
    return payment


async def _account_of(uow: UnitOfWork, invoice: Invoice, provider: str, method: PaymentMethod | None) -> str:
    """Name the account that takes the money: the method's own, or the seller's for a page to pay on."""
    if method is None:
        buyer = invoice.buyer_snapshot or {}
        country = str(buyer.get("country_code") or "") or None
        return await account_for(uow, invoice.partner_id, provider, invoice.currency, country)
    if why := method.refuses(invoice.currency) or await refusal_of(uow, method.account_id, invoice.currency):
        raise refused(
            RefusalCode.provider_cannot,
            f"{method.label} cannot be charged in {invoice.currency}: {why}.",
            provider=method.label,
        )
    return method.account_id


async def _open_payment(uow: UnitOfWork, invoice_id: str) -> str | None:
    found: str | None = await uow.session.scalar(select(Payment.id).where(Payment.open_key == invoice_id))
    return found


async def claim_attempt(uow: UnitOfWork, payment: Payment) -> ProviderCall:
    """Note that the provider is about to be called: a crash then leaves an unknown outcome, not a second charge."""
    method = None
    if payment.payment_method_id is not None:
        method = await uow.session.get(PaymentMethod, payment.payment_method_id)
    payment.version += 1
    call = ProviderCall(
        payment.id,
        payment.provider,
        payment.account_id,
        payment.external_id,
        payment.amount_cents,
        payment.currency,
        payment.idempotency_key,
        method.stored if method else None,
        payment.called_at,
        payment.invoice_id,
        payment.tenant_id,
        payment.attempt,
        payment.version,
    )
    payment.called_at = payment.called_at or uow.now
    payment.due_at = uow.now + _LEASE
    return call
