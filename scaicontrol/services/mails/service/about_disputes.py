"""What is said when a payer's bank asks money back: to the seller by mail, to the tenant in the portal."""

from decimal import Decimal
from html import escape
from typing import Final

from scaicontrol.core.i18n import say
from scaicontrol.core.money import exponent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, notifications, partners, payments
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.payments.models import Dispute
from scaicontrol.services.templates import filters

_WORRIES: Final = {DisputeState.opened: "warning", DisputeState.lost: "error"}


async def tell(uow: UnitOfWork, dispute_id: str, step: str) -> None:
    """Tell the seller, who has until a day to answer, and the tenant; the same step is told once."""
    dispute = await payments.dispute(uow, dispute_id)
    invoice = await invoices.get(uow, dispute.invoice_id)
    seller = await partners.settings_of(uow, dispute.partner_id)
    number = invoice.number or ""
    theirs = str(invoice.language or seller.default_language)
    await notifications.notify(
        uow,
        tenant_id=dispute.tenant_id,
        partner_id=dispute.partner_id,
        category="billing",
        severity=_WORRIES.get(dispute.status, "info"),
        title=say(f"disputes.tenant_{dispute.status}", theirs, number=number, amount=_amount(dispute, theirs)),
        dedup_key=f"dispute:{dispute.id}:{step}",
        link=f"/billing/invoices/{invoice.id}",
    )
    address = seller.seller_email or seller.operator.get("seller_email")
    if not address:
        return
    ours = str(seller.default_language)
    due = dispute.evidence_due_at
    body = say(
        f"disputes.{_outcome(dispute)}_body",
        ours,
        number=number,
        amount=_amount(dispute, ours),
        reason=dispute.reason or "–",
        date=filters.day(due.date(), ours) if due else "–",
    )
    await notifications.queue_mail(
        uow,
        tenant_id=dispute.tenant_id,
        partner_id=dispute.partner_id,
        kind="dispute",
        resource_id=dispute.id,
        step=step,
        recipients=[(address, "")],
        subject=say(f"disputes.{dispute.status}_subject", ours, number=number),
        html=f"<p>{escape(body)}</p>",
    )


def _outcome(dispute: Dispute) -> str:
    return f"lost_{dispute.outcome}" if dispute.status == DisputeState.lost else str(dispute.status)


def _amount(dispute: Dispute, language: str) -> str:
    return filters.money(Decimal(dispute.amount_cents).scaleb(-exponent(dispute.currency)), dispute.currency, language)
