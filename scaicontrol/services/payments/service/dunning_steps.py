"""Dunning: retries, reminders and suspension on their days, until the invoice is paid (contract §18.4)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core import claims
from scaicontrol.core.errors import ControlError
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, packs, partners, subscriptions
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads.receivables import is_covered_by_credit

from .. import queries
from ..dunning import Step, StepKind, next_moment, next_retry, timetable
from ..events import DunningEnded, DunningHeld, ReminderDue
from ..models import Dunning
from .attempts import open_attempt

_BATCH: Final = 100
_COVERED_AGAIN: Final = timedelta(days=1)
SUSPENDED_BY_DUNNING: Final = "payment_overdue"


async def begin_dunning(
    uow: UnitOfWork, invoice: Invoice, *, skips_retries: bool = False, again: bool = False
) -> Dunning:
    """
    Start pursuing an unpaid invoice; one that is pursued already goes on, and a hard decline ends its retries.

    `again`: its money was taken back, so that a pursuit which had ended begins anew, from its first day. The verb whose
    step it is has authorized.
    """
    dunning = await uow.session.get(Dunning, invoice.id, with_for_update=True)
    if dunning is None:
        dunning = Dunning(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            started_at=uow.now,
            dunning_stage=0,
            skips_retries=skips_retries,
            pursuit=1,
            suspended=[],
        )
        uow.session.add(dunning)
        dunning.dunning_next_at = next_moment(await _steps(uow, dunning), 0, dunning.started_at)
    elif again and dunning.ended_at is not None:
        dunning.started_at, dunning.ended_at, dunning.dunning_stage = uow.now, None, 0
        dunning.skips_retries, dunning.suspended = skips_retries, []
        dunning.pursuit += 1
        dunning.dunning_next_at = next_moment(await _steps(uow, dunning), 0, dunning.started_at)
    elif skips_retries and not dunning.skips_retries:
        done = (await _steps(uow, dunning))[: dunning.dunning_stage]
        dunning.skips_retries = True
        steps = await _steps(uow, dunning)
        dunning.dunning_stage = sum(1 for step in steps if step in done)
        dunning.dunning_next_at = next_moment(steps, dunning.dunning_stage, dunning.started_at)
    return dunning


async def begin_for(uow: UnitOfWork, invoice_id: str) -> None:
    """Start pursuing an invoice that has become past due, unless it has been paid meanwhile."""
    uow.authorize("payments:collect")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    if invoice.amount_due_cents > 0 and invoice.status == "past_due":
        await begin_dunning(uow, invoice, again=True)


async def retry_moment(uow: UnitOfWork, invoice_id: str) -> datetime | None:
    """Tell when the invoice will be charged again by itself."""
    dunning = await uow.session.get(Dunning, invoice_id)
    if dunning is None or dunning.ended_at is not None:
        return None
    return next_retry(await _steps(uow, dunning), dunning.dunning_stage, dunning.started_at)


async def end_dunning(uow: UnitOfWork, invoice_id: str) -> list[str]:
    """Stop pursuing a settled invoice, as a step of a verb; give the subscriptions dunning had suspended."""
    dunning = await uow.session.get(Dunning, invoice_id, with_for_update=True)
    if dunning is None or dunning.ended_at is not None:
        return []
    dunning.ended_at, dunning.dunning_next_at = uow.now, None
    uow.emit(
        DunningEnded(
            invoice_id=invoice_id,
            tenant_id=dunning.tenant_id,
            partner_id=dunning.partner_id,
            stage=dunning.dunning_stage,
            pursuit=dunning.pursuit,
        )
    )
    return list(dunning.suspended)


async def run_dunning(uow: UnitOfWork) -> int:
    """Take the next step of every pursuit that is due; give how many were taken."""
    uow.authorize("payments:collect")
    due = await claims.take(
        uow, Dunning, Dunning.dunning_next_at <= uow.now, oldest=[Dunning.dunning_next_at], limit=_BATCH
    )
    for dunning in due:
        await _step(uow, dunning)
    return len(due)


async def _step(uow: UnitOfWork, dunning: Dunning) -> None:
    invoice = await invoices.get(uow, dunning.invoice_id, lock=True)
    if invoice.amount_due_cents <= 0 or invoice.status in ("paid", "void"):
        await end_dunning(uow, invoice.id)
        return
    steps = await _steps(uow, dunning)
    step = steps[dunning.dunning_stage]
    if await is_covered_by_credit(uow, invoice):
        await _hold(uow, dunning, invoice)
        return
    dunning.dunning_stage += 1
    dunning.dunning_next_at = next_moment(steps, dunning.dunning_stage, dunning.started_at)
    match step.kind:
        case StepKind.retry:
            await _retry(uow, invoice)
        case StepKind.remind:
            uow.emit(
                ReminderDue(
                    invoice_id=invoice.id,
                    tenant_id=invoice.tenant_id,
                    partner_id=invoice.partner_id,
                    stage=step.number,
                    pursuit=dunning.pursuit,
                )
            )
        case StepKind.suspend:
            dunning.suspended = await _suspend(uow, invoice)


async def _hold(uow: UnitOfWork, dunning: Dunning, invoice: Invoice) -> None:
    """Wait while the tenant's credit covers what is pursued, and say so once a step: somebody is to apply it."""
    dunning.dunning_next_at = uow.now + _COVERED_AGAIN
    fact = DunningHeld(
        invoice_id=invoice.id,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        stage=dunning.dunning_stage,
        amount_due_cents=invoice.amount_due_cents,
        currency=invoice.currency,
        pursuit=dunning.pursuit,
    )
    if await uow.session.scalar(select(Outbox.id).where(Outbox.idempotency_key == fact.idempotency_key)) is None:
        uow.emit(fact, reason="The tenant's credit covers it; apply that.")


async def _retry(uow: UnitOfWork, invoice: Invoice) -> None:
    """Charge once more, when there is something to charge and no payment is open."""
    method = await queries.default_method(uow, invoice.tenant_id, invoice.currency)
    if method is None:
        return
    try:
        await open_attempt(uow, invoice, method.provider, method)
    except ControlError:
        return  # a payment is under way: its outcome decides


async def _suspend(uow: UnitOfWork, invoice: Invoice) -> list[str]:
    suspended = []
    for subscription_id in billed_subscriptions(invoice):
        subscription = await packs.subject(uow, subscription_id, lock=True)
        if subscription.can("suspend"):
            suspend = packs.suspend if packs.is_pack(subscription_id) else subscriptions.suspend
            await suspend(uow, subscription_id, SUSPENDED_BY_DUNNING)
            suspended.append(subscription_id)
    return suspended


def billed_subscriptions(invoice: Invoice) -> list[str]:
    """Name the subscriptions and pack subscriptions an invoice charges, in the order of its lines."""
    subjects = (line.pack_subscription_id or line.subscription_id for line in invoice.lines)
    return list(dict.fromkeys(subject for subject in subjects if subject))


async def _steps(uow: UnitOfWork, dunning: Dunning) -> list[Step]:
    terms = await partners.settings_of(uow, dunning.partner_id)
    return timetable(
        terms.dunning_retry_days,
        terms.dunning_reminder_days,
        terms.dunning_suspend_day,
        skips_retries=dunning.skips_retries,
    )
