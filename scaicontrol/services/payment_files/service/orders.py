"""One order: proposed for a credit that it holds, and what became of it."""

from typing import TypedDict

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.models import Credit

from .. import queries
from ..events import PaymentOrderProposed, PaymentOrderRejected, PaymentOrderSettled, PaymentOrderWithdrawn
from ..lifecycle import OrderLifecycle, OrderStatus
from ..models import PaymentOrder
from ..schemas import OrderReasonIn, OrderSettleIn, PaymentOrderIn
from ..sepa import sepa_iban, sepa_text


@verb
async def propose(uow: UnitOfWork, body: PaymentOrderIn) -> PaymentOrder:
    """
    Let a credit be paid back by the next file of its seller; it is held for that and used for nothing else meanwhile.

    Raises NotFound, Invalid for an account that SEPA does not reach, and Refused for another currency than EUR, for
    more than remains, and for a credit that is held already.
    """
    uow.authorize("payment_files:manage")
    credit = await credits.get(uow, body.credit_id, lock=True)
    if credit.currency != "EUR":
        raise Refused(f"Cannot pay {credit} back by SEPA: it is in {credit.currency}, and SEPA moves EUR only.")
    cents = credit.remaining_cents if body.amount_cents is None else body.amount_cents
    if not 0 < cents <= credit.remaining_cents:
        raise Refused(f"Cannot pay back {cents} of {credit}: {credit.remaining_cents} EUR cents remain.")
    iban = sepa_iban(body.payee_iban, "payee_iban")
    order = PaymentOrder(
        id=new_id("por"),
        tenant_id=credit.tenant_id,
        partner_id=credit.partner_id,
        credit_id=credit.id,
        status=OrderStatus.proposed,
        amount_cents=cents,
        currency=credit.currency,
        payee_name=sepa_text(body.payee_name, 70) or "-",
        payee_iban=iban,
        remittance=sepa_text(body.remittance or await _told(uow, credit), 140) or "-",
        version=1,
    )
    credits.hold(credit, order.id)
    uow.session.add(order)
    uow.emit(PaymentOrderProposed(**_common(order)), after={"status": order.status, "payee_iban": iban})
    await uow.session.flush()
    return order


async def _told(uow: UnitOfWork, credit: Credit) -> str:
    number = (await invoices.get(uow, credit.invoice_id)).number or credit.invoice_id
    return f"Refund {number}"


@verb
async def settle(uow: UnitOfWork, order_id: str, body: OrderSettleIn) -> PaymentOrder:
    """
    Write that the money of an order left: the credit is used, and the transfer is booked with the bank's reference.

    Settled already changes nothing. Raises NotFound, Refused for one that is in no file or was closed otherwise, for a
    day to come, and where less than the order remains of its credit.
    """
    uow.authorize("payment_files:manage")
    order = await queries.order(uow, order_id, lock=True)
    if order.status == OrderStatus.settled:
        return order
    order.advance(OrderLifecycle.settle)
    paid_at = body.paid_at or uow.now
    invoices.refuse_moment_to_come(uow, "paid_at", paid_at)
    credit = await credits.get(uow, order.credit_id, lock=True)
    credits.release(credit, order.id)
    use = await credits.transfer(uow, credit, order.amount_cents, body.reference)
    await invoices.record_paid_back(
        uow,
        credit,
        source_id=use.id,
        amount_cents=order.amount_cents,
        paid_at=paid_at,
        reference=body.reference,
        method="transfer",
    )
    _close(uow, order, body.reference)
    uow.emit(PaymentOrderSettled(**_common(order), reference=body.reference), after={"status": order.status})
    return order


@verb
async def reject(uow: UnitOfWork, order_id: str, body: OrderReasonIn) -> PaymentOrder:
    """
    Write that the bank did not carry an order out; its credit is free again.

    Raises NotFound, Refused for one that is in no file or was closed.
    """
    uow.authorize("payment_files:manage")
    order = await queries.order(uow, order_id, lock=True)
    order.advance(OrderLifecycle.reject)
    await _let_go(uow, order, body.reason)
    uow.emit(PaymentOrderRejected(**_common(order), reason=body.reason), reason=body.reason)
    return order


@verb
async def withdraw(uow: UnitOfWork, order_id: str, body: OrderReasonIn) -> PaymentOrder:
    """
    Take an order back that the bank does not have; its credit is free again.

    A file that it stands in is not to be sent any more: the other orders of it are withdrawn the same way.

    Raises NotFound, Refused for one whose file was sent, or that was closed.
    """
    uow.authorize("payment_files:manage")
    order = await queries.order(uow, order_id, lock=True)
    order.advance(OrderLifecycle.withdraw)
    if order.file_id is not None:
        file = await queries.get(uow, order.file_id, lock=True)
        if file.sent_at is not None:
            raise Refused(f"Cannot withdraw {order}: {file} was sent to the bank; ask it, then settle or reject.")
        file.version += 1  # marking it sent at another node collides with this
    await _let_go(uow, order, body.reason)
    uow.emit(PaymentOrderWithdrawn(**_common(order), reason=body.reason), reason=body.reason)
    return order


async def _let_go(uow: UnitOfWork, order: PaymentOrder, reason: str) -> None:
    credits.release(await credits.get(uow, order.credit_id, lock=True), order.id)
    _close(uow, order, reason)


def _close(uow: UnitOfWork, order: PaymentOrder, note: str) -> None:
    order.note, order.closed_at = note, uow.now
    order.version += 1


class _OrderFacts(TypedDict):
    """What every fact of an order says."""

    order_id: str
    credit_id: str
    tenant_id: str
    partner_id: str
    amount_cents: int
    currency: str


def _common(order: PaymentOrder) -> _OrderFacts:
    return {
        "order_id": order.id,
        "credit_id": order.credit_id,
        "tenant_id": order.tenant_id,
        "partner_id": order.partner_id,
        "amount_cents": order.amount_cents,
        "currency": order.currency,
    }
