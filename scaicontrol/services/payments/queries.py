from collections.abc import Collection, Sequence

from sqlalchemy import Select, bindparam, or_, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.credits.reads import with_rest
from scaicontrol.services.provider_accounts.reads import refusal_of

from .lifecycle import MethodState, PaymentState, RefundState
from .models import ATTEMPTS, Dispute, Dunning, Payment, PaymentMethod, Refund
from .reads import uncollected
from .schemas import DisputeFilter, PaymentFilter

SORTABLE = {"created_at": Payment.created_at, "amount_cents": Payment.amount_cents, "status": Payment.status}


def visible(uow: UnitOfWork) -> Select[Payment]:
    """Every read starts here; the session's scope decides whose payments."""
    uow.authorize("payments:read")
    if uow.actor.document_id is not None:
        return select(Payment).where(Payment.invoice_id == uow.actor.document_id)
    return select(Payment)


async def get(uow: UnitOfWork, payment_id: str, *, lock: bool = False) -> Payment:
    query = visible(uow).where(Payment.id == payment_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No payment {payment_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: PaymentFilter | None = None) -> Page[Payment]:
    """List payments; the mismatched ones are what waits for a person."""
    wanted = wanted or PaymentFilter()
    query = visible(uow)
    for column, value in (
        (Payment.status, wanted.status),
        (Payment.tenant_id, wanted.tenant_id),
        (Payment.invoice_id, wanted.invoice_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_mismatched is not None:
        waits = Payment.waits_for_a_person()
        query = query.where(waits if wanted.is_mismatched else ~waits)
    if wanted.is_uncollected is not None:
        query = query.where(uncollected() if wanted.is_uncollected else ~uncollected())
    if wanted.q:
        query = query.where(or_(Payment.id.startswith(wanted.q), Payment.external_id.startswith(wanted.q)))
    return await paginate(uow, query, request, SORTABLE)


async def of_invoice(uow: UnitOfWork, invoice_id: str) -> Sequence[Payment]:
    """List the attempts to collect an invoice, oldest first."""
    uow.authorize("payments:read")
    if uow.actor.document_id not in (None, invoice_id):
        return []
    return (await uow.session.scalars(_OF_INVOICE, {"invoice_id": invoice_id})).all()


_OF_INVOICE = select(Payment).where(Payment.invoice_id == bindparam("invoice_id")).order_by(Payment.attempt)


async def refunds_of_note(uow: UnitOfWork, credit_note_id: str) -> Sequence[Refund]:
    """List how a credit note was, or will be, paid out: one refund for each payment it takes back, oldest first."""
    uow.authorize("payments:read")
    query = select(Refund).where(Refund.credit_note_id == credit_note_id).order_by(Refund.created_at, Refund.id)
    return (await uow.session.scalars(query)).all()


async def waiting_refund_of(uow: UnitOfWork, credit_note_id: str) -> Refund | None:
    """Lock and give the refund that was noted beside the draft of a credit note."""
    uow.authorize("payments:refund")
    query = select(Refund).where(Refund.idempotency_key == credit_note_id).with_for_update()
    return await uow.session.scalar(query.execution_options(populate_existing=True))


async def refundable(
    uow: UnitOfWork, *, invoice_ids: Collection[str] = (), payment_ids: Collection[str] = ()
) -> Sequence[Payment]:
    """Lock and give payments, of these invoices or with these ids, of which something can still go back."""
    uow.authorize("payments:read")
    query = select(Payment).where(
        or_(Payment.invoice_id.in_(invoice_ids), Payment.id.in_(payment_ids)),
        Payment.status.in_([PaymentState.succeeded, PaymentState.partially_refunded]),
    )
    return (await uow.session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()


def visible_refunds(uow: UnitOfWork) -> Select[Refund]:
    """Every read of refunds beyond one payment, note or credit starts here."""
    uow.authorize("payments:read")
    return select(Refund)


async def find_refund(uow: UnitOfWork, refund_id: str) -> Refund:
    found: Refund | None = await uow.session.scalar(visible_refunds(uow).where(Refund.id == refund_id))
    if found is None:
        raise NotFound(f"No refund {refund_id}.")
    return found


async def pursuit_of(uow: UnitOfWork, invoice_id: str) -> Dunning | None:
    """Say how far the pursuit of an unpaid invoice has come, or None where it never began."""
    uow.authorize("payments:read")
    found: Dunning | None = await uow.session.scalar(select(Dunning).where(Dunning.invoice_id == invoice_id))
    return found


async def refunds_that_failed(uow: UnitOfWork, request: PageRequest) -> Page[Refund]:
    """
    List refunds that need a person, newest first.

    Those that were given up, until their credit finds another way, and those whose answer has been lost for long.
    """
    uow.authorize("payments:read")
    lost = Refund.released_at.is_(None) & (Refund.attempts >= ATTEMPTS)
    given_up = Refund.released_at.is_not(None) & Refund.credit_id.in_(with_rest())
    query = select(Refund).where(Refund.status == RefundState.failed, or_(lost, given_up))
    return await paginate(uow, query, request, {"created_at": Refund.created_at, "amount_cents": Refund.amount_cents})


async def refunds_of_credit(uow: UnitOfWork, credit_id: str) -> Sequence[Refund]:
    """List how a credit was, or will be, paid back by card, oldest first."""
    uow.authorize("payments:read")
    query = select(Refund).where(Refund.credit_id == credit_id).order_by(Refund.created_at, Refund.id)
    return (await uow.session.scalars(query)).all()


async def refunds_of(uow: UnitOfWork, payment_id: str) -> Sequence[Refund]:
    uow.authorize("payments:read")
    return (
        await uow.session.scalars(select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.created_at))
    ).all()


_DISPUTES_SORTABLE = {
    "created_at": Dispute.created_at,
    "opened_at": Dispute.opened_at,
    "evidence_due_at": Dispute.evidence_due_at,
    "amount_cents": Dispute.amount_cents,
}


def visible_disputes(uow: UnitOfWork) -> Select[Dispute]:
    """Every read of disputes starts here; the session's scope decides whose."""
    uow.authorize("disputes:read")
    return select(Dispute)


async def dispute(uow: UnitOfWork, dispute_id: str, *, lock: bool = False) -> Dispute:
    query = visible_disputes(uow).where(Dispute.id == dispute_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No dispute {dispute_id}.")
    return found


async def disputes(uow: UnitOfWork, request: PageRequest, wanted: DisputeFilter | None = None) -> Page[Dispute]:
    """List disputes; the open ones are what waits for a person."""
    wanted = wanted or DisputeFilter()
    query = visible_disputes(uow)
    for column, value in (
        (Dispute.status, wanted.status),
        (Dispute.tenant_id, wanted.tenant_id),
        (Dispute.invoice_id, wanted.invoice_id),
        (Dispute.source_id, wanted.payment_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return await paginate(uow, query, request, _DISPUTES_SORTABLE)


async def disputes_of_invoice(uow: UnitOfWork, invoice_id: str) -> Sequence[Dispute]:
    """List the disputes about money that settled an invoice, oldest first."""
    query = visible_disputes(uow).where(Dispute.invoice_id == invoice_id).order_by(Dispute.opened_at, Dispute.id)
    return (await uow.session.scalars(query)).all()


async def methods(uow: UnitOfWork, tenant_id: str) -> Sequence[PaymentMethod]:
    """List what a tenant can pay with, the default first."""
    uow.authorize("payment_methods:read")
    return (
        await uow.session.scalars(
            select(PaymentMethod)
            .where(PaymentMethod.tenant_id == tenant_id, PaymentMethod.status == MethodState.active)
            .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at)
        )
    ).all()


async def method(uow: UnitOfWork, method_id: str, *, lock: bool = False) -> PaymentMethod:
    uow.authorize("payment_methods:read")
    query = select(PaymentMethod).where(PaymentMethod.id == method_id, PaymentMethod.status != MethodState.removed)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No payment method {method_id}.")
    return found


async def default_method(uow: UnitOfWork, tenant_id: str, currency: str) -> PaymentMethod | None:
    """Give what renewals in a currency are charged to, if anything: the default, else the oldest that can be."""
    uow.authorize("payment_methods:read")
    for each in await methods(uow, tenant_id):
        if each.refuses(currency) is None and await refusal_of(uow, each.account_id, currency) is None:
            return each
    return None


async def who_can_pay(uow: UnitOfWork, tenant_ids: Collection[str]) -> Collection[str]:
    """Name those of these tenants that have a usable payment method."""
    uow.authorize("payment_methods:read")
    return set(
        await uow.session.scalars(
            select(PaymentMethod.tenant_id)
            .where(PaymentMethod.tenant_id.in_(tenant_ids), PaymentMethod.status == MethodState.active)
            .distinct()
        )
    )
