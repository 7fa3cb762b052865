from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.actor import Actor
from scaicontrol.core.lifecycle import Lifecycle, permitted


class LineStatus(StrEnum):
    received = "received"  # stored, and not looked at yet
    booked = "booked"
    waiting = "waiting"  # for a person
    ignored = "ignored"


class LineLifecycle(Lifecycle):
    """Of one line of a statement; what was ignored can still be booked, what is booked stays."""

    is_ = States.from_enum(LineStatus, initial=LineStatus.received, final=[LineStatus.booked], use_enum_instance=True)
    book = is_.received.to(is_.booked) | is_.waiting.to(is_.booked) | is_.ignored.to(is_.booked)
    wait = is_.received.to(is_.waiting)
    ignore = is_.received.to(is_.ignored) | is_.waiting.to(is_.ignored)


class LineKind(StrEnum):
    incoming = "incoming"  # money that came: it may pay an invoice
    outgoing = "outgoing"  # money the seller spent: nobody is asked
    charge = "charge"  # what the bank takes for itself: nobody is asked
    reversal = "reversal"  # the bank undid an entry of its own
    returned = "returned"  # the other side's bank sent back or took back


SILENT = frozenset({LineKind.outgoing, LineKind.charge})


class WaitsFor(StrEnum):
    """Why a line waits for a person."""

    unmatched = "unmatched"  # it names no invoice of the seller
    amount = "amount"  # it brings another amount than what the named invoices ask for
    currency = "currency"  # the named invoices are in another currency
    settled = "settled"  # a named invoice asks for nothing
    tenants = "tenants"  # the named invoices are of several tenants
    taken_back = "taken_back"  # money that came earlier went back, or is said to
    duplicate = "duplicate"  # a line just like it, without a reference of the bank, is there already
    approval = "approval"  # booking it is above the limits of whoever imported it
    refused = "refused"  # the invoice refused it; the note says why


_PERMISSIONS = {
    "book": "bank_statements:book",
    "split": "bank_statements:book",
    "credit": "bank_statements:book",
    "ignore": "bank_statements:book",
    "reverse": "bank_statements:book",
}


def offered_of(
    actor: Actor, *, status: LineStatus, kind: LineKind, amount_cents: int, is_copy: bool, reverses: bool
) -> list[str]:
    """
    Name what `actor` may do with a line now.

    A copy is decided where it stands first. `reverses` says that a line was ignored together with the one it takes
    back: ignoring it once more leaves that one free again.
    """
    events = set(LineLifecycle.events_from(status))
    actions = events & {"ignore"}
    if status == LineStatus.ignored and reverses:
        actions.add("ignore")
    if "book" in events and amount_cents > 0 and not is_copy:
        actions |= {"book", "split", "credit"}
    if "book" in events and amount_cents < 0 and kind not in SILENT and not is_copy:
        actions.add("reverse")
    return permitted(actor, actions, _PERMISSIONS)
