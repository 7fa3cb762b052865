"""
What a line brings is booked on invoices by `invoices.mark_paid`, in the transaction that marks the line as booked.

The line is locked first and counts its `version` up, so that of two that book it the second finds it booked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import Money
from scaicontrol.core.periods import start_of_day
from scaicontrol.core.schemas import checked
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, tenants
from scaicontrol.services.invoices.reads import matching as documents
from scaicontrol.services.invoices.schemas import MarkPaidIn

from .. import queries
from ..events import BankLineBooked, BankLineSetAside
from ..lifecycle import LineLifecycle, LineStatus, WaitsFor
from ..matching import judge
from ..models import BankLine, BankLineBooking
from ..schemas import BankBookIn, BankCreditIn, BankSplitIn

_METHOD: Final = "bank_transfer"


@verb
async def book_matched(uow: UnitOfWork, line_id: str) -> BankLine:
    """
    Book a line on the invoices it names, where it brings exactly what they ask for; else it waits for a person.

    One that is decided stays as it is. Raises NotFound, Refused where an invoice takes no money.
    """
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    if line.status not in {LineStatus.received, LineStatus.waiting}:
        return line
    verdict = await judge(uow, line)
    if verdict.reverses is not None and line.reverses_line_id != verdict.reverses.id:
        line.reverses_line_id = verdict.reverses.id
        line.version += 1
    if verdict.waits_for is not None:
        _wait(uow, line, verdict.waits_for, verdict.note)
    else:
        await _book(uow, line, [(each.id, each.amount_due_cents) for each in verdict.pays])
    return line


async def set_aside(uow: UnitOfWork, line_id: str, waits_for: WaitsFor, note: str) -> BankLine:
    """Let a line wait for a person; one that is decided meanwhile stays as it is."""
    uow.authorize("bank_statements:book")
    line = await queries.line(uow, line_id, lock=True)
    if line.status in {LineStatus.received, LineStatus.waiting}:
        _wait(uow, line, waits_for, note)
    return line


@verb
async def book(uow: UnitOfWork, line_id: str, body: BankBookIn) -> BankLine:
    """
    Book all that a line brings on one invoice; what is more than it asks for becomes a credit of its tenant.

    Raises NotFound, Refused for a line that is booked or took money, and for an invoice of another seller or currency.
    """
    uow.authorize("bank_statements:book")
    line = await _of_money(uow, line_id)
    await _book(uow, line, [(body.invoice_id, line.amount_cents)])
    return line


@verb
async def split(uow: UnitOfWork, line_id: str, body: BankSplitIn) -> BankLine:
    """
    Book what a line brings on several invoices, which may be of several tenants.

    Raises NotFound, Refused as booking does, and where the parts do not make up the line or name an invoice twice.
    """
    uow.authorize("bank_statements:book")
    line = await _of_money(uow, line_id)
    parts = [(each.invoice_id, each.amount_cents) for each in body.parts]
    if len({invoice_id for invoice_id, _ in parts}) < len(parts):
        raise Refused(f"Cannot split {line}: an invoice is named twice.")
    whole = sum(cents for _, cents in parts)
    if whole != line.amount_cents:
        raise Refused(
            f"Cannot split {line}: the parts make {_said(whole, line)}, and it brings {_said(line.amount_cents, line)}."
        )
    await _book(uow, line, parts)
    return line


@verb
async def credit(uow: UnitOfWork, line_id: str, body: BankCreditIn) -> BankLine:
    """
    Keep what a line brings as credit of a tenant.

    Credit has a document: it stands with the newest of its paid invoices that would not take the money for a loss.

    Raises NotFound, Refused as booking does, and where the tenant has no such invoice in the line's currency.
    """
    uow.authorize("bank_statements:book")
    line = await _of_money(uow, line_id)
    tenant = await tenants.get(uow, body.tenant_id)
    invoice_id = await documents.newest_settled(uow, line.partner_id, tenant.id, line.currency)
    if invoice_id is None:
        raise Refused(
            f"Cannot keep {line} as credit: {tenant.name} has no invoice in {line.currency} of this seller that is "
            "paid in full and not written off, and credit stands with a document; book it on an open invoice."
        )
    await _book(uow, line, [(invoice_id, line.amount_cents)])
    return line


async def _of_money(uow: UnitOfWork, line_id: str) -> BankLine:
    line = await queries.line(uow, line_id, lock=True)
    if line.amount_cents <= 0:
        raise Refused(f"Cannot book {line}: it took {_said(-line.amount_cents, line)} from the account.")
    if line.status != LineStatus.booked and (other := await queries.taken_back_by(uow, line)):
        raise Refused(
            f"Cannot book {line}: its money went back by {other}. If it did not, ignore {other} once more, or reverse "
            "by it the line that it means."
        )
    await refuse_copy(uow, line, "book")
    return line


async def refuse_copy(uow: UnitOfWork, line: BankLine, what: str) -> None:
    """Raise Refused for a line that stands in an earlier statement: it is decided there."""
    if other := await queries.standing_for(uow, line):
        raise Refused(f"Cannot {what} {line}: it is {other} of an earlier statement; decide about that one.")


async def midnight(uow: UnitOfWork, line: BankLine) -> datetime:
    """Give the moment at which the day of a line begins for its seller: the bank tells no time."""
    settings = await partners.settings_of(uow, line.partner_id)
    return start_of_day(line.booked_on, settings.timezone)


async def _book(uow: UnitOfWork, line: BankLine, parts: Sequence[tuple[str, int]]) -> None:
    """Mark the line first, so that its own state refuses; invoices are locked in the order of their ids."""
    line.advance(LineLifecycle.book)
    decide(uow, line)
    line.note = None  # why it waited is over; the timeline keeps it
    statement = await queries.get(uow, line.statement_id)
    reference = f"{statement.reference}/{line.position}"
    done: list[BankLineBooking] = []
    paid_at = await midnight(uow, line)
    for invoice_id, cents in sorted(parts):
        invoice = await invoices.get(uow, invoice_id)
        if invoice.partner_id != line.partner_id:
            raise Refused(f"Cannot book {line} on {invoice}: it is another seller's.")
        if invoice.currency != line.currency:
            raise Refused(f"Cannot book {line} on {invoice}: one is in {line.currency}, the other {invoice.currency}.")
        told = {"amount_cents": cents, "paid_at": paid_at, "reference": reference[:100], "method": _METHOD}
        recorded = await invoices.mark_paid(uow, invoice_id, checked(MarkPaidIn, **told))
        done.append(note_booking(uow, line, recorded.tenant_id, invoice_id, recorded.source_id, cents))
    tell_booked(uow, line, done)


def note_booking(
    uow: UnitOfWork, line: BankLine, tenant_id: str, invoice_id: str, source_id: str, cents: int
) -> BankLineBooking:
    """Write down what a line did on an invoice."""
    booking = BankLineBooking(
        id=new_id("blb"),
        tenant_id=tenant_id,
        partner_id=line.partner_id,
        line_id=line.id,
        invoice_id=invoice_id,
        source_id=source_id,
        amount_cents=cents,
    )
    uow.session.add(booking)
    return booking


def tell_booked(uow: UnitOfWork, line: BankLine, bookings: Sequence[BankLineBooking]) -> None:
    """Tell of a line that was booked, to each tenant of its own part alone."""
    for tenant_id in dict.fromkeys(each.tenant_id for each in bookings):
        theirs = [each for each in bookings if each.tenant_id == tenant_id]
        uow.emit(
            BankLineBooked(
                line_id=line.id,
                statement_id=line.statement_id,
                partner_id=line.partner_id,
                amount_cents=sum(each.amount_cents for each in theirs),
                currency=line.currency,
                tenant_id=tenant_id,
                invoice_ids=[each.invoice_id for each in theirs],
            ),
            after={"status": str(line.status)},
        )


def decide(uow: UnitOfWork, line: BankLine) -> None:
    """Say who decided about a line, and when."""
    line.waits_for = None
    line.decided_by, line.decided_at = uow.actor.id, uow.now
    line.version += 1


def _wait(uow: UnitOfWork, line: BankLine, waits_for: WaitsFor, note: str | None) -> None:
    if line.status == LineStatus.waiting and (line.waits_for, line.note) == (waits_for, note):
        return
    if line.status == LineStatus.received:
        line.advance(LineLifecycle.wait)
    line.waits_for, line.note = waits_for, note
    line.version += 1
    uow.emit(
        BankLineSetAside(
            line_id=line.id,
            statement_id=line.statement_id,
            partner_id=line.partner_id,
            amount_cents=line.amount_cents,
            currency=line.currency,
            waits_for=waits_for,
            version=line.version,
        ),
        after={"status": str(line.status), "waits_for": waits_for},
        reason=note,
    )


def _said(cents: int, line: BankLine) -> str:
    return f"{Money(cents, line.currency).amount} {line.currency}"
