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
    """Of invoices and credit notes alike (contract §14.1)."""

    is_ = States.from_enum(
        InvoiceStatus,
        initial=InvoiceStatus.draft,
        final=[InvoiceStatus.paid, InvoiceStatus.void],
        use_enum_instance=True,
    )
    finalize = is_.draft.to(is_.finalized)
    deliver = is_.finalized.to(is_.sent)  # not `send`: that is how the machine itself takes events
    age = is_.sent.to(is_.past_due)
    settle = is_.finalized.to(is_.paid) | is_.sent.to(is_.paid) | is_.past_due.to(is_.paid)
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
DECISIVE = ("status", "document_type", "finalized_at", "amount_paid_cents", "amount_credited_cents")


def offered_of(
    actor: Actor,
    *,
    status: InvoiceStatus,
    document_type: DocumentType,
    finalized_at: datetime | None,
    amount_paid_cents: int,
    amount_credited_cents: int,
) -> list[str]:
    """
    Name what `actor` may do with a document now.

    Reminders are not among them: they follow from the seller's calendar and not from the document's state.
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
        if "settle" in events and document_type == DocumentType.invoice:
            actions.add("mark_paid")
        if amount_paid_cents or amount_credited_cents:
            actions.discard("void")  # then only a credit note corrects it
    return permitted(actor, actions, _PERMISSIONS)


class SettledBy(StrEnum):
    payment = "payment"
    credit_note = "credit_note"
    manual = "manual"
    zero_total = "zero_total"


class Channel(StrEnum):
    email = "email"
    portal = "portal"
