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


class SettledBy(StrEnum):
    payment = "payment"
    credit_note = "credit_note"
    manual = "manual"
    zero_total = "zero_total"


class Channel(StrEnum):
    email = "email"
    portal = "portal"
