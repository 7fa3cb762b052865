from datetime import datetime
from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.actor import Actor
from scaicontrol.core.lifecycle import Lifecycle, permitted


class InvoiceStatus(StrEnum):
    draft = "draft"
    finalized = "finalized"
    sent = "sent"
    past_due = "past_due"
    paid = "paid"
    void = "void"


class InvoiceLifecycle(Lifecycle):
    """
    Of invoices and credit notes alike (contract §14.1).

    A paid one opens again only because the money that had paid it went back.
    """

    is_ = States.from_enum(
        InvoiceStatus,
        initial=InvoiceStatus.draft,
        final=[InvoiceStatus.void],
        use_enum_instance=True,
    )
    finalize = is_.draft.to(is_.finalized)
    deliver = is_.finalized.to(is_.sent)  # not `send`: that is how the machine itself takes events
    age = is_.sent.to(is_.past_due)
    settle = is_.finalized.to(is_.paid) | is_.sent.to(is_.paid) | is_.past_due.to(is_.paid)
    # Money that came went back. One that had been sent is delivered again at once, so that it can age.
    reopen = is_.paid.to(is_.finalized)
    void = is_.draft.to(is_.void) | is_.finalized.to(is_.void) | is_.sent.to(is_.void) | is_.past_due.to(is_.void)


NUMBERED = frozenset(InvoiceStatus) - {InvoiceStatus.draft}
OWED = frozenset({InvoiceStatus.finalized, InvoiceStatus.sent, InvoiceStatus.past_due})


class DocumentType(StrEnum):
    invoice = "invoice"
    credit_note = "credit_note"


_PERMISSIONS = {
    "check": "invoices:finalize",
    "credit": "invoices:credit",
    "delete": "invoices:delete",
    "finalize": "invoices:finalize",
    "mark_paid": "invoices:mark_paid",
    "regenerate_pdf": "invoices:regenerate_pdf",
    "send": "invoices:send",
    "update": "invoices:update",
    "void": "invoices:void",
}
# What of a document decides; whoever reads less of it than all must read these.
DECISIVE = (
    "status", "document_type", "finalized_at", "amount_paid_cents", "amount_credited_cents", "amount_applied_cents",
)  # fmt: skip


def offered_of(
    actor: Actor,
    *,
    status: InvoiceStatus,
    document_type: DocumentType,
    finalized_at: datetime | None,
    amount_paid_cents: int,
    amount_credited_cents: int,
    amount_applied_cents: int,
) -> list[str]:
    """
    Name what `actor` may do with a document now.

    Reminders are not among them: they follow from the seller's calendar and not from the document's state. Neither is
    applying credit, which follows from the tenant's balance.
    """
    events = set(InvoiceLifecycle.events_from(status))
    actions = events & {"finalize", "void"}
    if status == InvoiceStatus.draft:
        actions |= {"check", "delete", "update"}
    if finalized_at is not None:
        actions.add("regenerate_pdf")
        if status != InvoiceStatus.void:
            actions.add("send")
            if document_type == DocumentType.invoice:
                actions.add("credit")
        if document_type == DocumentType.invoice:
            actions.add("mark_paid")  # what comes for a paid or a void one stands unapplied
        # Credit of the balance goes back there; after anything else only a credit note corrects it.
        own = amount_credited_cents - (0 if document_type == DocumentType.credit_note else amount_applied_cents)
        if amount_paid_cents or own:
            actions.discard("void")
    return permitted(actor, actions, _PERMISSIONS)


class SettledBy(StrEnum):
    payment = "payment"
    credit_note = "credit_note"
    credit = "credit"  # of the tenant's balance with its seller
    wallet = "wallet"  # what the tenant has in its wallet with its seller
    manual = "manual"
    zero_total = "zero_total"
    reversal = "reversal"  # of a payment: its money was taken back
    write_off = "write_off"  # the seller bears the loss; no money


MONEY = frozenset({SettledBy.payment, SettledBy.manual, SettledBy.reversal})  # what moved money
AS_PAID = MONEY | {SettledBy.write_off}  # what counts as paid; the rest counts as credited
APPLIED = frozenset({SettledBy.credit, SettledBy.wallet})  # what goes back there when the document is void


class Channel(StrEnum):
    email = "email"
    portal = "portal"
