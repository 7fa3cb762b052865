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

from .door import Paging, Tool, Whole
from .one_tenant import named_tenant

tool = Tool(
    "manage_payments",
    "What was collected, and what banks ask back. Amounts are in minor units.",
)


@tool.read("payment_methods:read", out=list[PaymentMethodOut])
async def list_methods(uow: UnitOfWork, tenant_id: Id | None = None) -> Sequence[PaymentMethod]:
    """List what a tenant can pay with."""
    return await payments.methods(uow, named_tenant(uow, tenant_id))


@tool.change("payments:pay", out=PaymentOut, destructive=True, outside=True)
async def pay(backend: Backend, actor: Actor, invoice_id: Id, payment_method_id: Id | None = None) -> Payment:
    """Pay an open invoice from a stored method."""
    return await payments.pay(backend, actor, invoice_id, method_id=payment_method_id)


@tool.read("invoices:administer", out=list[PaymentOut])
async def list_payments(uow: UnitOfWork, wanted: PaymentFilter, paging: Paging) -> Page[Payment]:
    """List payments."""
    return await payments.page(uow, paging.request, wanted)


@tool.change("payments:retry", out=PaymentOut, destructive=True, outside=True)
async def retry(backend: Backend, actor: Actor, payment_id: Id) -> Payment:
    """Try a failed payment again."""
    return await payments.retry(backend, actor, payment_id)


@tool.change("payments:resolve", out=PaymentOut, destructive=True)
async def resolve(uow: UnitOfWork, payment_id: Id, body: MismatchIn) -> Payment:
    """Decide where provider and books disagree."""
    return await payments.resolve_mismatch(uow, payment_id, body)


@tool.read("disputes:administer", out=list[DisputeOut])
async def list_disputes(uow: UnitOfWork, wanted: DisputeFilter, paging: Paging) -> Page[Dispute]:
    """List disputes."""
    return await payments.disputes(uow, paging.request, wanted)


@tool.read("disputes:administer", out=DisputeOut)
async def get_dispute(uow: UnitOfWork, dispute_id: Id) -> Dispute:
    """Read a dispute."""
    return await payments.dispute(uow, dispute_id)


@tool.change("disputes:record", out=DisputeOut, destructive=True)
async def open_dispute(uow: UnitOfWork, dispute: Whole[DisputeIn]) -> Dispute:
    """Record that a bank asks money back."""
    return await payments.open_dispute(uow, dispute)


@tool.change("disputes:record", out=DisputeOut, destructive=True)
async def close_dispute(uow: UnitOfWork, dispute_id: Id, body: DisputeCloseIn) -> Dispute:
    """Record how it ended."""
    return await payments.close_dispute(uow, dispute_id, body)
