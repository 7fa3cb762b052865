"""What a person decides about a line that books nothing, or takes back what was booked."""

from scaicontrol.core.errors import Refused
from scaicontrol.core.schemas import checked
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.schemas import DisputeIn

from .. import queries
from ..events import BankLineIgnored
from ..lifecycle import LineLifecycle, LineStatus
from ..matching import original_of
from ..models import BankLine
from ..schemas import BankIgnoreIn, BankReverseIn
from .booking import decide, midnight, note_booking, refuse_copy, tell_booked


@verb
async def ignore(uow: UnitOfWork, line_id: str, body: BankIgnoreIn) -> BankLine:
    """
    Say that a line needs no booking, and why; it can still be booked later.

    One that was ignored together with the line it takes back is ignored alone from then on, and leaves that one free.

    Raises NotFound, Refused for one that is booked or ignored.
    """
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    if line.status != LineStatus.ignored or line.reverses_line_id is None:
        line.advance(LineLifecycle.ignore)
    line.reverses_line_id = None  # what is ignored takes nothing back
    _note_ignored(uow, line, body.reason)
    return line


@verb
async def reverse(uow: UnitOfWork, line_id: str, body: BankReverseIn) -> BankLine:
    """
    Take back what an earlier line had booked, since its money went back.

    Each of its bookings becomes a dispute that is lost: by the seller's terms the invoice is owed again, or the loss is
    written off. An earlier line that nobody had booked is ignored together with this one. What was ignored by mistake
    can still take money back.

    Raises NotFound, Refused for a line that is booked, stands in an earlier statement or takes no money back, where it
    is not clear which line it takes back, where that one's money is back already, and where the two amounts differ.
    """
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    await refuse_copy(uow, line, "reverse by")
    if "reverse" not in queries.offered(uow.actor, line):
        raise Refused(f"Cannot reverse by {line}: it is {line.status}, and its money is {line.kind}.")
    original = await _original(uow, line, body.line_id)
    line.reverses_line_id = original.id
    original.version += 1  # also where nothing else of it changes: what is decided at once on another node collides
    if original.status == LineStatus.booked:
        await _take_back(uow, line, original)
    else:
        reasons = ((original, f"Its money went back by {line}."), (line, f"It takes back {original}, not booked."))
        for each, reason in reasons:
            if each.status != LineStatus.ignored:
                each.advance(LineLifecycle.ignore)
            _note_ignored(uow, each, reason)
    return line


async def _original(uow: UnitOfWork, line: BankLine, line_id: str | None) -> BankLine:
    """Lock the line whose money a line takes back: the one that is named, or that was found."""
    original_id = line_id or line.reverses_line_id
    if original_id is None:
        found = await original_of(uow, line)
        if found is None:
            raise Refused(f"Cannot reverse by {line}: say which line its money had come by.")
        original_id = found.id
    original = await queries.line(uow, original_id, lock=True)
    if original.status != LineStatus.booked:
        await refuse_copy(uow, original, "reverse")
    if other := await queries.taken_back_by(uow, original):
        raise Refused(f"Cannot reverse {original} by {line}: its money went back by {other} already.")
    if (original.partner_id, original.currency) != (line.partner_id, line.currency):
        raise Refused(f"Cannot reverse {original} by {line}: it is of another seller or currency.")
    if original.amount_cents != -line.amount_cents:
        raise Refused(
            f"Cannot reverse {original} by {line}: the amounts differ. Record a dispute of the invoice, then ignore it."
        )
    return original


async def _take_back(uow: UnitOfWork, line: BankLine, original: BankLine) -> None:
    line.advance(LineLifecycle.book)
    decide(uow, line)
    done = []
    opened_at = min(await midnight(uow, line), uow.now)
    for booking in await queries.bookings_of(uow, original.id):
        told = checked(
            DisputeIn,
            invoice_id=booking.invoice_id,
            payment_id=booking.source_id,
            amount_cents=booking.amount_cents,
            reason=(line.bank_code or "Taken back by the bank")[:200],
            reference=line.id,
            opened_at=opened_at,
            outcome="lost",
        )
        dispute = await payments.open_dispute(uow, told)
        cents = -booking.amount_cents
        done.append(note_booking(uow, line, booking.tenant_id, booking.invoice_id, dispute.id, cents))
    tell_booked(uow, line, done)


def _note_ignored(uow: UnitOfWork, line: BankLine, reason: str) -> None:
    decide(uow, line)
    line.note = reason
    uow.emit(
        BankLineIgnored(
            line_id=line.id,
            statement_id=line.statement_id,
            partner_id=line.partner_id,
            amount_cents=line.amount_cents,
            currency=line.currency,
            reason=reason,
            version=line.version,
        ),
        after={"status": str(line.status)},
        reason=reason,
    )
