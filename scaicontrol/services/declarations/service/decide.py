"""Deciding about a declaration: carrying it out, by the verbs that end contracts and credit invoices, or declining."""

from datetime import datetime, timedelta
from typing import Final

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.periods import civil_date
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, subscriptions
from scaicontrol.services.invoices.reads.documents import creditable_lines, drafts_of_subscription, of_subscription
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import changes_for_billing, due_for_billing
from scaicontrol.services.tenants.reads import billed

from .. import queries
from ..events import DeclarationDecided
from ..lifecycle import CancellationKind, DeclarationKind, Outcome
from ..models import Declaration, DeclarationDecision
from ..periods import last_moment
from ..schemas import CarryOutIn, DeclineIn

# From these no period runs out: who owes, or is suspended, ends at once or not at all.
_ENDS_AT_ONCE: Final = (SubscriptionStatus.past_due, SubscriptionStatus.suspended)


@verb
async def carry_out(uow: UnitOfWork, declaration_id: str, body: CarryOutIn) -> DeclarationDecision:
    """
    End the contract as declared: a cancellation at its day, or at once where it is owed for or suspended; a withdrawal
    at once, with drafts of credit notes.

    Raises NotFound, Conflict once it is decided, Refused where no contract is known or its rules do not allow it.
    """
    uow.authorize("declarations:decide")
    declaration = await _waiting(uow, declaration_id)
    subscription_id = body.subscription_id or declaration.found_subscription_id
    if subscription_id is None:
        raise Refused(f"No contract was found by '{declaration.contract}'; name the subscription it means.")
    contract = await subscriptions.get(uow, subscription_id)
    if contract.partner_id != declaration.partner_id:
        raise Refused(f"{contract} is of another seller than this declaration.")
    if contract.is_child:
        raise Refused(
            f"{contract} is part of the pack {contract.pack_subscription_id}: end that at its page, credit what is to "
            "be given back, and decline this with a note."
        )
    if declaration.kind == DeclarationKind.withdrawal:
        ends_at = await _withdraw(uow, declaration, contract, gives_back=body.gives_back)
    else:
        ends_at = await _cancel(uow, declaration, contract)
    return await _decide(uow, declaration, Outcome.carried_out, body.note, contract, ends_at)


@verb
async def decline(uow: UnitOfWork, declaration_id: str, body: DeclineIn) -> DeclarationDecision:
    """
    Say why nothing follows from a declaration; where its contract was found, the consumer reads it in a mail.

    Raises NotFound, Conflict once it is decided.
    """
    uow.authorize("declarations:decide")
    return await _decide(uow, await _waiting(uow, declaration_id), Outcome.declined, body.note)


async def _waiting(uow: UnitOfWork, declaration_id: str) -> Declaration:
    declaration = await queries.get(uow, declaration_id)
    if (decided := await queries.decision_of(uow, declaration_id)) is not None:
        raise Conflict(f"This declaration is {decided.outcome.replace('_', ' ')} already, by {decided.decided_by}.")
    return declaration


async def _withdraw(
    uow: UnitOfWork, declaration: Declaration, contract: Subscription, *, gives_back: bool
) -> datetime | None:
    terms = await partners.settings_of(uow, contract.partner_id)
    profiles = await billed(uow, [contract.tenant_id])
    if not profiles or profiles[0].is_business:
        raise Refused(f"{contract} is of a business; only consumers may withdraw. Decline it, or cancel the contract.")
    until = last_moment(contract.created_at, terms.timezone)
    if declaration.submitted_at >= until:
        last = civil_date(until - timedelta(seconds=1), terms.timezone)
        declared = civil_date(declaration.submitted_at, terms.timezone)
        raise Refused(
            f"It came too late: {contract} could be withdrawn from until {last}, and this came on {declared}."
        )
    reason = f"Withdrawal {declaration.id}"
    if gives_back:
        await _require_billed(uow, contract)
    if contract.status not in TERMINAL:
        contract = await subscriptions.cancel(uow, contract.id, reason, immediate=True)
    if gives_back:
        await _give_back(uow, contract, reason)
    return contract.cancelled_at


async def _require_billed(uow: UnitOfWork, contract: Subscription) -> None:
    """Only a finalized invoice is credited: what is charged after the withdrawal would be asked for all the same."""
    for draft in await drafts_of_subscription(uow, contract.id):
        raise Refused(f"{draft} charges {contract}; finalize it first, then carry this out and it is given back.")
    due = await due_for_billing(uow, [contract.tenant_id], uow.now, uow.now, contract.id)
    changed = await changes_for_billing(uow, [contract.tenant_id], uow.now, contract.id)
    if changed or any(row.base_due_at is not None and row.base_due_at <= uow.now for row in due):
        raise Refused(
            f"{contract} is charged for what no invoice holds yet; carry this out after the next billing run, "
            "or without giving back."
        )


async def _give_back(uow: UnitOfWork, contract: Subscription, reason: str) -> None:
    """Draft what is left of each line about a contract; some of it may have been credited before."""
    billed_on = await of_subscription(uow, contract.id)
    left = {line.line_id: line.left_cents for line in await creditable_lines(uow, [each.id for each in billed_on])}
    for invoice in billed_on:
        lines = [
            CreditLineIn(line_id=line.id, amount_cents=left[line.id])
            for line in invoice.lines
            if line.subscription_id == contract.id and left.get(line.id)
        ]
        if lines:
            await invoices.draft_credit(uow, invoice.id, CreditIn(lines=lines, reason=reason))


async def _cancel(uow: UnitOfWork, declaration: Declaration, contract: Subscription) -> datetime | None:
    reason = f"Cancellation {declaration.id}"
    if contract.status in TERMINAL:
        return contract.cancelled_at
    if declaration.cancellation_kind == CancellationKind.extraordinary:
        return (await subscriptions.cancel(uow, contract.id, reason, immediate=True)).cancelled_at
    if contract.status in _ENDS_AT_ONCE:
        return await _cancel_at_once(uow, declaration, contract, reason)
    end = contract.current_period_last_day
    if declaration.wanted_end is not None and end is not None and declaration.wanted_end > end:
        raise Refused(
            f"It shall end on {declaration.wanted_end}, and the period that {contract} is in ends on {end} already; "
            "carry it out in the period that holds that day."
        )
    if contract.pending_cancellation_at is None:
        contract = await subscriptions.cancel(uow, contract.id, reason)
    return contract.pending_cancellation_at or contract.cancelled_at


async def _cancel_at_once(
    uow: UnitOfWork, declaration: Declaration, contract: Subscription, reason: str
) -> datetime | None:
    """End what is owed for or suspended: now, and never before the day that was asked for."""
    today = civil_date(uow.now, (await partners.settings_of(uow, contract.partner_id)).timezone)
    if declaration.wanted_end is not None and declaration.wanted_end > today:
        raise Refused(
            f"It shall end on {declaration.wanted_end}, and {contract} is {contract.status.replace('_', ' ')}, so that "
            "it ends as soon as this is carried out; carry it out on that day."
        )
    return (await subscriptions.cancel(uow, contract.id, reason, immediate=True)).cancelled_at


async def _decide(
    uow: UnitOfWork,
    declaration: Declaration,
    outcome: Outcome,
    note: str | None,
    contract: Subscription | None = None,
    ends_at: datetime | None = None,
) -> DeclarationDecision:
    decision = DeclarationDecision(
        declaration_id=declaration.id,
        partner_id=declaration.partner_id,
        outcome=outcome,
        note=note,
        decided_at=uow.now,
        decided_by=uow.actor.id,
        subscription_id=contract.id if contract else None,
        ends_at=ends_at,
    )
    uow.session.add(decision)
    uow.emit(
        DeclarationDecided(
            declaration_id=declaration.id,
            partner_id=declaration.partner_id,
            tenant_id=contract.tenant_id if contract else declaration.found_tenant_id,
            kind=declaration.kind,
            outcome=outcome,
            subscription_id=decision.subscription_id,
            ends_at=ends_at,
        ),
        reason=note,
    )
    await uow.write()
    return decision
