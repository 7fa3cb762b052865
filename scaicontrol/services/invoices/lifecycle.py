from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


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


_PERMISSIONS = {"check": "invoices:finalize"}


def permission_for(action: str) -> str:
    """Name the permission an action needs."""
    return _PERMISSIONS.get(action, f"invoices:{action}")


def actions_of(status: InvoiceStatus, document_type: DocumentType, *, sealed: bool) -> list[str]:
    """Name what the state of a document allows now; who asks may still lack the permission."""
    events = set(InvoiceLifecycle.events_from(status))
    actions = events & {"finalize", "void"}
    invoice = document_type == DocumentType.invoice
    if status == InvoiceStatus.draft:
        actions |= {"update", "delete", "check"}
    elif sealed:
        actions |= {"regenerate_pdf"}
        if status != InvoiceStatus.void:
            actions |= {"send"}
            if invoice:
                actions |= {"credit"}
        if "settle" in events and invoice:
            actions |= {"mark_paid"}
    return sorted(actions)


class SettledBy(StrEnum):
    payment = "payment"
    credit_note = "credit_note"
    manual = "manual"
    zero_total = "zero_total"


class Channel(StrEnum):
    email = "email"
    portal = "portal"
