"""What a person decides about a line that books nothing, or takes back what was booked."""

from datetime import UTC, datetime, time

from scaicontrol.core.errors import Refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.schemas import DisputeIn

from .. import queries
from ..events import BankLineIgnored
from ..lifecycle import LineLifecycle, LineStatus
from ..models import BankLine
from ..schemas import BankIgnoreIn, BankReverseIn
from .booking import decide, note_booking, tell_booked


@verb
async def ignore(uow: UnitOfWork, line_id: str, body: BankIgnoreIn) -> BankLine:
    """
    Say that a line needs no booking, and why; it can still be booked later.

    Raises NotFound, Refused for one that is booked or ignored.
    """
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    _ignore(uow, line, body.reason)
    return line


@verb
async def reverse(uow: UnitOfWork, line_id: str, body: BankReverseIn) -> BankLine:
    """
    Take back what an earlier line had booked, since its money went back.

    Each of its bookings becomes a dispute that is lost: by the seller's terms the invoice is owed again, or the loss is
    written off. An earlier line that nobody had booked is ignored together with this one.

    Raises NotFound, Refused for a line that is decided or takes no money back, where it is not clear which line it
    takes back, and where the two amounts differ.
    """
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    if "reverse" not in queries.offered(uow.actor, line):
        raise Refused(f"Cannot reverse by {line}: it is {line.status}, and its money is {line.kind}.")
    original_id = body.line_id or line.reverses_line_id
    if original_id is None:
        raise Refused(f"Cannot reverse by {line}: say which line its money had come by.")
    original = await queries.line(uow, original_id, lock=True)
    if (original.partner_id, original.currency) != (line.partner_id, line.currency):
        raise Refused(f"Cannot reverse {original} by {line}: it is of another seller or currency.")
    if original.amount_cents != -line.amount_cents:
        raise Refused(
            f"Cannot reverse {original} by {line}: the amounts differ. Record a dispute of the invoice, then ignore it."
        )
    line.reverses_line_id = original.id
    if original.status == LineStatus.booked:
        await _take_back(uow, line, original)
    else:
        if original.status != LineStatus.ignored:
            _ignore(uow, original, f"Its money went back by {line}.")
        _ignore(uow, line, f"It takes back {original}, which was not booked.")
    return line


async def _take_back(uow: UnitOfWork, line: BankLine, original: BankLine) -> None:
    line.advance(LineLifecycle.book)
    decide(uow, line)
    done = []
    for booking in await queries.bookings_of(uow, original.id):
        told = DisputeIn(
            invoice_id=booking.invoice_id,
            payment_id=booking.source_id,
            amount_cents=booking.amount_cents,
            reason=(line.bank_code or "Taken back by the bank")[:200],
            reference=line.id,
            opened_at=min(datetime.combine(line.booked_on, time(), UTC), uow.now),
            outcome="lost",
        )
        dispute = await payments.open_dispute(uow, told)
        note_booking(uow, line, booking.tenant_id, booking.invoice_id, dispute.id, -booking.amount_cents)
        done.append(booking)
    tell_booked(uow, line, done[0].tenant_id, [each.invoice_id for each in done])


def _ignore(uow: UnitOfWork, line: BankLine, reason: str) -> None:
    line.advance(LineLifecycle.ignore)
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
        ),
        after={"status": str(line.status)},
        reason=reason,
    )
