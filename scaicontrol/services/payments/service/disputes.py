"""
Disputes: a payer's bank asks money back, and the seller wins or loses.

What the provider says of one is fetched there and written down, like a payment; the operator records what only a bank
statement tells. Money in an open dispute is neither ours to give back nor lost; what is lost is unbooked.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Select, func, select

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.payment_ports import INSTALLATION, DisputeResult, DisputeStatus
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, ledger, partners, provider_accounts
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.ledger.models import Account, EntryKind, SourceType

from ..events import DisputeLost, DisputeOpened, DisputeWithdrawn, DisputeWon, PaymentDisputed, fields_of
from ..lifecycle import DisputeLifecycle, DisputeState
from ..models import LONGEST_REASON, Dispute, DisputeMovement, Payment
from .bookings import book, method_type, settle_state, take_back
from .dunning_steps import begin_dunning, end_dunning

log = get_logger(__name__)
_ACTOR = Actor.system("inbound_webhooks")
_TRIES: Final = 5
_BATCH: Final = 100
_ASK_AGAIN: Final = timedelta(days=1)
_POSTED: Final = {
    "withheld": (EntryKind.dispute_withheld, Account.disputes),
    "fee": (EntryKind.fee_charged, Account.fees),
}
_EVENTS: Final = {
    DisputeStatus.won: DisputeLifecycle.win,
    DisputeStatus.lost: DisputeLifecycle.lose,
    DisputeStatus.withdrawn: DisputeLifecycle.withdraw,
    DisputeStatus.opened: DisputeLifecycle.reopen,
}


async def ask_dispute(backend: Backend, provider_slug: str, account_id: str, external_id: str) -> bool:
    """
    Ask a provider what a dispute has come to and write it down; False where it is about no payment of ours.

    Raises NotFound where the provider does not know it, Unavailable where it is not configured here.
    """
    provider = await provider_accounts.opened(backend, provider_slug, account_id)
    for _ in range(_TRIES):
        seen = await backend.ask(_ACTOR, _version, provider_slug, account_id, external_id)
        told = await provider.fetch_dispute(external_id)
        known = await backend.perform(_ACTOR, record_dispute, provider_slug, account_id, told, seen)
        if known is not None:
            return known
    raise Unavailable(f"Dispute {external_id} changes while it is asked about; it is asked about again.")


async def _version(uow: UnitOfWork, provider: str, account_id: str, external_id: str) -> int:
    uow.authorize("payments:collect")
    known = await uow.session.scalar(_by_name(provider, account_id, external_id))
    return known.version if known else 0


def _by_name(provider: str, account_id: str, external_id: str) -> Select[Dispute]:
    return select(Dispute).where(
        Dispute.provider == provider, Dispute.account_id == account_id, Dispute.external_id == external_id
    )


async def record_dispute(
    uow: UnitOfWork, provider: str, account_id: str, told: DisputeResult, seen_version: int
) -> bool | None:
    """Write what a provider said of a dispute: None where the row has changed since, False for a foreign payment."""
    uow.authorize("payments:collect")
    payment = await uow.session.scalar(
        select(Payment)
        .where(
            Payment.provider == provider,
            Payment.account_id == account_id,
            Payment.external_id == told.payment_external_id,
        )
        .with_for_update()
    )
    if payment is None:
        return False
    dispute = await uow.session.scalar(_by_name(provider, account_id, told.external_id).with_for_update())
    if (dispute.version if dispute else 0) != seen_version:
        return None
    invoice = await invoices.get(uow, payment.invoice_id, lock=True)
    if dispute is None:
        dispute = opened(uow, told, provider=provider, invoice=invoice, source_id=payment.id, payment=payment)
    await follow(uow, dispute, told, payment)
    return True


def opened(
    uow: UnitOfWork,
    told: DisputeResult,
    *,
    provider: str,
    invoice: Invoice,
    source_id: str,
    payment: Payment | None,
) -> Dispute:
    """Write that a dispute exists and tell it; what it has come to follows."""
    dispute = Dispute(
        id=new_id("dsp"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        payment_id=payment.id if payment else None,
        invoice_id=invoice.id,
        source_id=source_id,
        provider=provider,
        account_id=payment.account_id if payment else INSTALLATION,
        external_id=told.external_id,
        status=DisputeState.opened,
        amount_cents=told.amount_cents,
        currency=told.currency,
        reason=(told.reason or "")[:LONGEST_REASON] or None,
        withheld_cents=0,
        lost_cents=0,
        fee_cents=0,
        opened_at=told.opened_at or uow.now,
        evidence_due_at=told.evidence_due_at,
        moves=0,
        version=0,
    )
    uow.session.add(dispute)
    if payment is not None:
        is_first = payment.disputed_at is None
        payment.disputed_at = payment.disputed_at or uow.now
        uow.emit(
            PaymentDisputed(
                **fields_of(payment, invoice.number),
                step="initial" if is_first else dispute.id,
                disputed_at=dispute.opened_at,
            )
        )
    uow.emit(_opened_fact(dispute, invoice))
    return dispute


async def follow(uow: UnitOfWork, dispute: Dispute, told: DisputeResult, payment: Payment | None) -> None:
    """Bring a dispute, its payment and the books to what is told of it; the same told twice changes nothing."""
    before = str(dispute.status)
    changes = dispute.version == 0 or _differs(dispute, told)
    if not changes:
        dispute.due_at = uow.now + _ASK_AGAIN if dispute.is_open and dispute.due_at else dispute.due_at
        return
    dispute.version += 1
    if DisputeState(told.status) != dispute.status:
        dispute.advance(_EVENTS[told.status])
    dispute.amount_cents = told.amount_cents
    dispute.reason = (told.reason or "")[:LONGEST_REASON] or dispute.reason
    dispute.evidence_due_at = told.evidence_due_at or dispute.evidence_due_at
    dispute.closed_at = None if dispute.is_open else dispute.closed_at or uow.now
    dispute.due_at = uow.now + _ASK_AGAIN if dispute.is_open and payment is not None else None
    await _move(uow, dispute, "withheld", told.withheld_cents if dispute.is_open else 0, payment)
    await _move(uow, dispute, "fee", told.fee_cents, payment)
    await _settle(uow, dispute, payment)
    if before != dispute.status:
        await _tell(uow, dispute)


def _differs(dispute: Dispute, told: DisputeResult) -> bool:
    withheld = told.withheld_cents if told.status is DisputeStatus.opened else 0
    return (
        DisputeState(told.status) != dispute.status
        or (told.amount_cents, told.fee_cents, withheld)
        != (dispute.amount_cents, dispute.fee_cents, dispute.withheld_cents)
        or told.evidence_due_at not in (None, dispute.evidence_due_at)
    )


async def _move(uow: UnitOfWork, dispute: Dispute, kind: str, cents: int, payment: Payment | None) -> None:
    """Write the movement that leads from what is withheld, or charged, to `cents`."""
    column = f"{kind}_cents"
    difference = cents - getattr(dispute, column)
    if difference == 0:
        return
    setattr(dispute, column, cents)
    dispute.moves += 1
    movement_id = new_id("dsm")
    uow.session.add(
        DisputeMovement(
            id=movement_id,
            tenant_id=dispute.tenant_id,
            partner_id=dispute.partner_id,
            dispute_id=dispute.id,
            invoice_id=dispute.invoice_id,
            step=dispute.moves,
            kind=kind,
            amount_cents=difference,
            method=(await method_type(uow, payment) or payment.provider) if payment else "manual",
        )
    )
    entry, account = _POSTED[kind]
    ledger.post(
        uow,
        ledger.Books(dispute.tenant_id, dispute.partner_id, dispute.currency, dispute.invoice_id),
        entry,
        (SourceType.dispute_movement, movement_id),
        uow.now,
        (account, difference),
        (ledger.clearing_of(payment.provider if payment else None), -difference),
        about_id=dispute.id,
    )


async def _settle(uow: UnitOfWork, dispute: Dispute, payment: Payment | None) -> None:
    """Unbook what is lost, by the seller's choice an owed invoice or a loss; book again what is not lost after all."""
    terms = await partners.settings_of(uow, dispute.partner_id)
    if dispute.status == DisputeState.lost:
        dispute.outcome = dispute.outcome or terms.dispute_lost
        wanted = min(dispute.amount_cents, await _at_stake(uow, dispute, payment))
    else:
        dispute.outcome, wanted = None, 0
    difference = wanted - dispute.lost_cents
    dispute.lost_cents = wanted
    if payment is None:
        await _settle_by_hand(uow, dispute, difference)
        return
    payment.version += 1
    payment.lost_cents += difference
    if difference > 0:
        await take_back(
            uow, payment, difference, cause="dispute_lost", write_off=dispute.outcome == "write_off"
        )  # fmt: skip
    elif difference < 0:
        invoice = await book(uow, payment, -difference)
        if invoice.amount_due_cents == 0:
            await end_dunning(uow, invoice.id)
    await uow.session.flush()
    still_open = select(func.sum(Dispute.amount_cents)).where(
        Dispute.payment_id == payment.id, Dispute.status == DisputeState.opened
    )
    payment.disputed_cents = min(int(await uow.session.scalar(still_open) or 0), max(payment.kept_cents, 0))
    settle_state(payment)


async def _at_stake(uow: UnitOfWork, dispute: Dispute, payment: Payment | None) -> int:
    """Tell what of the money has not gone back otherwise; a bank takes no more back than came."""
    if payment is not None:
        return max(payment.kept_cents + dispute.lost_cents, 0)
    came = await invoices.find_settlement(uow, dispute.invoice_id, dispute.source_id)
    others = select(func.sum(Dispute.lost_cents)).where(
        Dispute.source_id == dispute.source_id, Dispute.id != dispute.id
    )
    return (came.amount_cents + came.unapplied_cents if came else 0) - int(await uow.session.scalar(others) or 0)


async def _settle_by_hand(uow: UnitOfWork, dispute: Dispute, difference: int) -> None:
    """As with a payment, for money that was recorded by hand and so has no payment of its own."""
    came = await invoices.find_settlement(uow, dispute.invoice_id, dispute.source_id)
    source = f"{dispute.source_id}:{dispute.id}:{dispute.version}"
    method = (came.method if came else None) or "manual"
    if difference > 0:
        back = await invoices.reverse_payment(
            uow,
            dispute.invoice_id,
            payment_id=dispute.source_id,
            reversal_id=source,
            amount_cents=difference,
            reversed_at=uow.now,
            reason="dispute_lost",
            method=method,
            as_loss=dispute.outcome == "write_off",
        )
        if back.applied_cents and dispute.outcome != "write_off":
            await begin_dunning(uow, back.invoice, again=True)
            await invoices.mark_past_due(uow, dispute.invoice_id, cause="dispute_lost")
    elif difference < 0:
        await invoices.record_payment(
            uow, dispute.invoice_id, payment_id=source, amount_cents=-difference, paid_at=uow.now, method=method
        )


async def _tell(uow: UnitOfWork, dispute: Dispute) -> None:
    invoice = await invoices.get(uow, dispute.invoice_id)
    closed = {**_said(dispute, invoice), "closed_at": dispute.closed_at or uow.now}
    match dispute.status:
        case DisputeState.won:
            uow.emit(DisputeWon.model_validate(closed))
        case DisputeState.lost:
            uow.emit(
                DisputeLost.model_validate(
                    closed
                    | {
                        "lost_cents": dispute.lost_cents,
                        "outcome": dispute.outcome or "reopen",
                        "amount_due_cents": invoice.amount_due_cents,
                    }
                )
            )
        case DisputeState.withdrawn:
            uow.emit(DisputeWithdrawn.model_validate(closed))
        case DisputeState.opened:
            uow.emit(_opened_fact(dispute, invoice))


def _opened_fact(dispute: Dispute, invoice: Invoice) -> DisputeOpened:
    more = {"evidence_due_at": dispute.evidence_due_at, "opened_at": dispute.opened_at}
    return DisputeOpened.model_validate(_said(dispute, invoice) | more)


def _said(dispute: Dispute, invoice: Invoice) -> dict[str, object]:
    return {
        "step": max(dispute.version, 1),
        "dispute_id": dispute.id,
        "payment_id": dispute.payment_id,
        "invoice_id": dispute.invoice_id,
        "invoice_number": invoice.number,
        "tenant_id": dispute.tenant_id,
        "partner_id": dispute.partner_id,
        "provider": dispute.provider,
        "amount_cents": dispute.amount_cents,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "fee_cents": dispute.fee_cents,
    }


async def ask_disputes(backend: Backend) -> int:
    """Ask about open disputes once a day, whatever became of their webhooks; give how many were asked about."""
    asked = 0
    while waiting := await backend.perform(_ACTOR, _claim):
        for provider, account_id, external_id in waiting:
            try:
                await ask_dispute(backend, provider, account_id, external_id)
            except ControlError as error:
                log.warning("dispute_not_known", provider=provider, external_id=external_id, error=error.message)
        asked += len(waiting)
    return asked


async def _claim(uow: UnitOfWork) -> list[tuple[str, str, str]]:
    uow.authorize("payments:collect")
    due = await claims.take(uow, Dispute, Dispute.due_at <= uow.now, oldest=[Dispute.due_at], limit=_BATCH)
    for dispute in due:
        dispute.due_at = uow.now + _ASK_AGAIN
    return [(dispute.provider, dispute.account_id, dispute.external_id) for dispute in due]
