"""Payments, and the disputes about them."""

from collections.abc import Sequence

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.models import Dispute, Payment, PaymentMethod
from scaicontrol.services.payments.schemas import (
    DisputeCloseIn,
    DisputeFilter,
    DisputeIn,
    DisputeOut,
    MismatchIn,
    PaymentFilter,
    PaymentMethodOut,
    PaymentOut,
)

from .door import Paging, Tool

tool = Tool(
    "manage_payments",
    "Payments and disputes",
    "What was collected for invoices, and what payers' banks ask back. Amounts are integers in minor units.",
)


@tool.read("invoices:administer", out=list[PaymentMethodOut])
async def list_methods(uow: UnitOfWork, tenant_id: Id) -> Sequence[PaymentMethod]:
    """List what a tenant can pay with, the default first."""
    return await payments.methods(uow, tenant_id)


@tool.read("invoices:administer", out=list[PaymentOut])
async def list_payments(uow: UnitOfWork, wanted: PaymentFilter, paging: Paging) -> Page[Payment]:
    """List payments, newest first; `is_mismatched` those whose provider says what a person has to decide on."""
    return await payments.page(uow, paging.request, wanted)


@tool.change("payments:retry", out=PaymentOut, destructive=True, outside=True)
async def retry(backend: Backend, actor: Actor, payment_id: Id) -> Payment:
    """Try a failed or reversed payment again now, as a new attempt."""
    return await payments.retry(backend, actor, payment_id)


@tool.change("payments:resolve", out=PaymentOut, destructive=True)
async def resolve(uow: UnitOfWork, payment_id: Id, body: MismatchIn) -> Payment:
    """Decide what counts where a provider and the books disagree about a payment."""
    return await payments.resolve_mismatch(uow, payment_id, body)


@tool.read("disputes:administer", out=list[DisputeOut])
async def list_disputes(uow: UnitOfWork, wanted: DisputeFilter, paging: Paging) -> Page[Dispute]:
    """List disputes, newest first; with `status` opened, those that wait for somebody."""
    return await payments.disputes(uow, paging.request, wanted)


@tool.read("disputes:administer", out=DisputeOut)
async def get_dispute(uow: UnitOfWork, dispute_id: Id) -> Dispute:
    """Read a dispute."""
    return await payments.dispute(uow, dispute_id)


@tool.change("disputes:record", out=DisputeOut, destructive=True)
async def open_dispute(uow: UnitOfWork, body: DisputeIn) -> Dispute:
    """Record that a payer's bank asks money back, or with an outcome has taken it back."""
    return await payments.open_dispute(uow, body)


@tool.change("disputes:record", out=DisputeOut, destructive=True)
async def close_dispute(uow: UnitOfWork, dispute_id: Id, body: DisputeCloseIn) -> Dispute:
    """Record how a dispute ended that was recorded by hand; a provider tells the outcome of its own."""
    return await payments.close_dispute(uow, dispute_id, body)
