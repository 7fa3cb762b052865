"""Giving money back for a paid invoice: what its notes give already, a note over the rest, then the providers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.credits.reads import of_documents
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn

from ..models import Refund
from .promises import payments_of, promise, share, waiting_refund
from .refund_calls import carried_out

_BEGUN: Final = "refund"
_SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class Refunded:
    """What a refund came to; without a note the notes before it gave all of it."""

    refunds: Sequence[Refund]
    note: Invoice | None


@verb
async def refund(backend: Backend, actor: Actor, invoice_id: str, amount_cents: int | None, reason: str) -> Refunded:
    """
    Refund a paid invoice, whole or in part, through the providers that took the money.

    What earlier credit notes left is given back first; only what lies beyond it is credited by a new note. Several
    payments are refunded newest first, each through its own provider. A provider that fails leaves its refund `failed`
    and visible; it is tried again, always as the same refund, and given up when the provider is known to have refused.

    Raises NotFound, and Refused for an invoice that is not paid, that no provider collected, of which nothing is left,
    and for more than can go back.
    """
    actor.require("payments:refund")
    if kept := backend.reached(_BEGUN):
        begun = BegunRefund(**kept)
    else:
        begun = await backend.perform(actor, _keep_begun, backend, invoice_id, amount_cents, reason)
    note, ids = None, list(begun.refund_ids)
    if begun.note_id is not None:
        note = await invoices.finalize(backend, actor, begun.note_id)
        ids += backend.reached(_SHARED) or await backend.perform(actor, _keep_shared, backend, begun.note_id)
    return Refunded([await carried_out(backend, each) for each in ids], note)


async def _keep_begun(
    uow: UnitOfWork, backend: Backend, invoice_id: str, amount_cents: int | None, reason: str
) -> "BegunRefund":
    begun = await begin_refund(uow, invoice_id, amount_cents, reason)
    await backend.keep(uow, _BEGUN, asdict(begun))
    return begun


async def _keep_shared(uow: UnitOfWork, backend: Backend, note_id: str) -> list[str]:
    ids = await share(uow, note_id)
    await backend.keep(uow, _SHARED, ids)
    return ids


@dataclass(frozen=True, slots=True)
class BegunRefund:
    """What was noted in one transaction: refunds of what notes left before, and the draft of a note over the rest."""

    refund_ids: Sequence[str]
    note_id: str | None


async def begin_refund(uow: UnitOfWork, invoice_id: str, amount_cents: int | None, reason: str) -> BegunRefund:
    """
    Promise what earlier notes left, and draft the note over the rest with its refund beside it.

    The refund of the draft waits from the start, so that a crash on the way leaves work that is due.
    """
    uow.authorize("payments:refund")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    if invoice.status != "paid" or invoice.is_credit_note:
        raise Refused(f"Cannot refund {invoice}: it is {invoice.status}; only a paid invoice is refunded.")
    taken = await payments_of(uow, invoice)
    if not taken:
        raise Refused("No provider took a payment for this invoice; credit it and return the money by hand.")
    room = sum(payment.refundable_cents for payment in taken)
    if room < (amount_cents or 1):
        raise Refused(
            f"Cannot refund {amount_cents or 'anything'} of {invoice}: {room} {invoice.currency} cents can still go "
            "back through the providers that took its payments; what came otherwise is credited and transferred back."
        )
    given = await _credits_of_notes(uow, invoice)
    before = sum(credit.remaining_cents for credit in given)
    rows = [
        row
        for credit, part in _shared(given, before if amount_cents is None else min(amount_cents, before))
        for row in await promise(uow, credit, taken, part)
    ]
    if amount_cents is not None and amount_cents <= before:
        return BegunRefund([row.id for row in rows], None)
    if amount_cents is None and rows and not await _has_rest(uow, invoice):
        return BegunRefund([row.id for row in rows], None)
    rest = None if amount_cents is None else amount_cents - before
    note = await invoices.draft_credit(uow, invoice_id, CreditIn(amount_cents=rest, basis="gross", reason=reason))
    uow.session.add(waiting_refund(uow, taken[0], note.id))
    return BegunRefund([row.id for row in rows], note.id)


async def _credits_of_notes(uow: UnitOfWork, invoice: Invoice) -> list[Credit]:
    notes = await invoices.credit_notes_of(uow, [invoice.id])
    found = await of_documents(uow, [note.id for note in notes if note.is_sealed], lock=True)
    return [credit for credit in found if credit.remaining_cents > 0 and credit.order_id is None]


def _shared(given: Sequence[Credit], wanted: int) -> list[tuple[Credit, int]]:
    parts = []
    for credit in given:
        part = min(credit.remaining_cents, wanted)
        wanted -= part
        if part:
            parts.append((credit, part))
    return parts


async def _has_rest(uow: UnitOfWork, invoice: Invoice) -> bool:
    """Tell whether anything of an invoice has not been credited, by sealed notes and drafts."""
    notes = await invoices.credit_notes_of(uow, [invoice.id])
    credited = sum(line.amount_cents for note in notes for line in note.lines)
    return invoice.subtotal_cents + credited > 0
