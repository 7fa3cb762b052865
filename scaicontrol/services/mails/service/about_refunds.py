"""What is said when a refund needs a person or money went twice: to the seller by mail, to the tenant as a notice."""

from dataclasses import dataclass
from decimal import Decimal
from html import escape

from scaicontrol.core.i18n import say
from scaicontrol.core.money import exponent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices, notifications, partners, payments
from scaicontrol.services.credits.models import ReceivableSource
from scaicontrol.services.templates import filters


@dataclass(frozen=True, slots=True)
class RefundTold:
    """What a fact tells of a refund; `step` makes it told once."""

    refund_id: str
    payment_id: str
    amount_cents: int
    step: str
    error: str = "–"


async def tell_given_up(uow: UnitOfWork, refund: RefundTold) -> None:
    """Tell the seller that a refund was given up: its credit waits for another way back."""
    await _mail(uow, refund, refund.amount_cents, "given_up")


async def tell_after_all(uow: UnitOfWork, refund: RefundTold, twice_cents: int) -> None:
    """Tell the seller that a refund went that had been given up, and whether its money has gone twice."""
    await _mail(uow, refund, twice_cents or refund.amount_cents, "after_all_twice" if twice_cents else "after_all")


async def tell_owed(uow: UnitOfWork, receivable_id: str) -> None:
    """Tell the tenant what it has twice, and so owes beside its documents."""
    owed = await credits.receivable(uow, receivable_id)
    if owed.source == ReceivableSource.refunded_by_hand:
        return  # the seller gave it back on purpose: nobody is asked for it before a person has decided what it was
    invoice = await invoices.get(uow, owed.invoice_id)
    seller = await partners.settings_of(uow, owed.partner_id)
    theirs = str(invoice.language or seller.default_language)
    amount = _amount(owed.amount_cents, owed.currency, theirs)
    await notifications.notify(
        uow,
        tenant_id=owed.tenant_id,
        partner_id=owed.partner_id,
        category="billing",
        severity="warning",
        title=say("refunds.tenant_owes", theirs, number=invoice.number or "", amount=amount),
        dedup_key=f"receivable:{owed.id}",
        link=f"/billing/invoices/{invoice.id}",
    )


async def _mail(uow: UnitOfWork, refund: RefundTold, cents: int, what: str) -> None:
    payment = await payments.get(uow, refund.payment_id)
    invoice = await invoices.get(uow, payment.invoice_id)
    seller = await partners.settings_of(uow, payment.partner_id)
    address = seller.seller_email or seller.operator.get("seller_email")
    if not address:
        return
    ours = str(seller.default_language)
    number = invoice.number or ""
    amount = _amount(cents, payment.currency, ours)
    body = say(f"refunds.{what}_body", ours, number=number, amount=amount, reason=refund.error)
    await notifications.queue_mail(
        uow,
        tenant_id=payment.tenant_id,
        partner_id=payment.partner_id,
        kind="refund",
        resource_id=refund.refund_id,
        step=f"{what}:{refund.step}",
        recipients=[(address, "")],
        subject=say(f"refunds.{what}_subject", ours, number=number),
        html=f"<p>{escape(body)}</p>",
    )


def _amount(cents: int, currency: str, language: str) -> str:
    return filters.money(Decimal(cents).scaleb(-exponent(currency)), currency, language)
