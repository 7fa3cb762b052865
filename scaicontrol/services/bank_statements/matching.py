"""What a line pays, as far as it says so itself; whatever is left open is for a person."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from scaicontrol.core.money import Money
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, tenants
from scaicontrol.services.invoices.lifecycle import OWED
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads import matching as documents

from . import references
from .lifecycle import LineKind, LineStatus, WaitsFor
from .models import BankLine, BankLineBooking
from .queries import line as get_line
from .schemas import BankCandidateOut

_CANDIDATES = 20
_ORIGINALS = 200


@dataclass(frozen=True, slots=True)
class MatchVerdict:
    """The invoices that a line pays exactly, or why it waits."""

    pays: Sequence[Invoice] = field(default_factory=tuple)
    waits_for: WaitsFor | None = None
    note: str | None = None
    reverses: BankLine | None = None


async def judge(uow: UnitOfWork, line: BankLine) -> MatchVerdict:
    """
    Say what becomes of a line by itself.

    Only one that names open invoices of one tenant, and brings exactly what they ask for, is booked without a person.
    """
    if line.kind != LineKind.incoming:
        return await _taken_back(uow, line)
    if await _is_taken_back(uow, line):
        return MatchVerdict(waits_for=WaitsFor.taken_back, note="The same statements tell that this money went back.")
    return _weighed(line, [await invoices.get(uow, each.id, lock=True) for each in await named(uow, line)])


def _weighed(line: BankLine, found: Sequence[Invoice]) -> MatchVerdict:
    numbers = ", ".join(str(each.number) for each in found)
    due = sum(each.amount_due_cents for each in found)
    if not found:
        return MatchVerdict(waits_for=WaitsFor.unmatched, note=line.note or "It names no invoice.")
    if len({each.tenant_id for each in found}) > 1:
        return MatchVerdict(waits_for=WaitsFor.tenants, note=f"{numbers} are of several tenants.")
    if any(each.currency != line.currency for each in found):
        return MatchVerdict(waits_for=WaitsFor.currency, note=f"{numbers}: not all in {line.currency}.")
    if any(each.status not in OWED or each.amount_due_cents <= 0 for each in found):
        return MatchVerdict(waits_for=WaitsFor.settled, note=f"{numbers}: not all ask for money.")
    if due != line.amount_cents:
        asked, asks = Money(due, line.currency).amount, "asks for" if len(found) == 1 else "ask for"
        return MatchVerdict(waits_for=WaitsFor.amount, note=f"{numbers} {asks} {asked} {line.currency}.")
    return MatchVerdict(pays=found)


async def named(uow: UnitOfWork, line: BankLine) -> list[Invoice]:
    """Find the invoices of the seller whose numbers the payer wrote anywhere, in the order of their ids."""
    structured = references.plain(line.structured_reference or "")
    said = [each for each in (structured, line.remittance, line.end_to_end_id) if each]
    places = {place for each in said for place in references.places_in(each)}
    found = await documents.by_places(uow, line.partner_id, places)
    kept = [each for each in found if any(references.names(text, str(each.number)) for text in said)]
    return sorted(kept, key=lambda each: each.id)


async def _is_taken_back(uow: UnitOfWork, line: BankLine) -> bool:
    query = select(BankLine.id).where(BankLine.reverses_line_id == line.id, BankLine.status != LineStatus.ignored)
    return await uow.session.scalar(query.limit(1)) is not None


async def _taken_back(uow: UnitOfWork, line: BankLine) -> MatchVerdict:
    original = await original_of(uow, line)
    if original is None:
        return MatchVerdict(waits_for=WaitsFor.taken_back, note="Which earlier line it undoes is not clear.")
    return MatchVerdict(
        waits_for=WaitsFor.taken_back,
        note=f"It takes back {original} of {original.booked_on}.",
        reverses=original,
    )


async def original_of(uow: UnitOfWork, line: BankLine) -> BankLine | None:
    """
    Find the line whose money a reversal or return undoes; None where none or several could be meant.

    What stands in several statements is one movement, found as the line that is booked or that the bank has named.
    """
    query = (
        select(BankLine)
        .where(
            BankLine.partner_id == line.partner_id,
            BankLine.iban == line.iban,
            BankLine.amount_cents == -line.amount_cents,
            BankLine.currency == line.currency,
            BankLine.booked_on <= line.booked_on,
            BankLine.id != line.id,
        )
        .order_by(BankLine.booked_on.desc(), BankLine.id.desc())
        .limit(_ORIGINALS)
    )
    taken = {
        str(each)
        for each in await uow.session.scalars(
            select(BankLine.reverses_line_id).where(
                BankLine.partner_id == line.partner_id,
                BankLine.amount_cents == line.amount_cents,
                BankLine.reverses_line_id.is_not(None),
                BankLine.id != line.id,
            )
        )
    }
    movements: defaultdict[str, list[BankLine]] = defaultdict(list)
    for each in sorted(await uow.session.scalars(query), key=_standing):
        if _is_alike(line, each):
            movements[each.fingerprint].append(each)
    left = [each for copies in movements.values() for each in _free(copies, taken)]
    return left[0] if len(left) == 1 else None


def _free(copies: Sequence[BankLine], taken: Collection[str]) -> list[BankLine]:
    """Give what of lines that are just alike can still be undone: each that is booked, else one for all."""
    booked = [each for each in copies if each.status == LineStatus.booked]
    if booked:
        return [each for each in booked if each.id not in taken]
    return [] if any(each.id in taken for each in copies) else [copies[0]]


def _standing(line: BankLine) -> tuple[bool, bool, str]:
    """Order the copies of a movement: the one that is decided about first."""
    return (line.entry_key is None, line.status == LineStatus.ignored, line.id)


def _is_alike(line: BankLine, other: BankLine) -> bool:
    pairs = (
        (line.end_to_end_id, other.end_to_end_id),
        (line.bank_reference, other.bank_reference),
        (line.structured_reference, other.structured_reference),
        (line.remittance, other.remittance),
    )
    return any(mine is not None and mine == theirs for mine, theirs in pairs)


async def candidates(uow: UnitOfWork, line_id: str) -> list[BankCandidateOut]:
    """
    Give the invoices that a line may pay, those for which most speaks first.

    A document number counts most, then the exact amount, an account that paid for the tenant before, and its name.

    Raises NotFound.
    """
    uow.authorize("bank_statements:read")
    line = await get_line(uow, line_id)
    evidence: dict[str, set[str]] = {}
    found: dict[str, Invoice] = {}

    def note(rows: Sequence[Invoice], why: str) -> None:
        for row in rows:
            found[row.id] = row
            evidence.setdefault(row.id, set()).add(why)

    owner = (line.partner_id, line.currency)
    note(await named(uow, line), "reference")
    note(await documents.open_of(uow, *owner, amount_cents=line.amount_cents, limit=_CANDIDATES), "amount")
    if paid_for := await _tenants_paid_for(uow, line):
        note(await documents.open_of(uow, *owner, tenant_ids=paid_for, limit=_CANDIDATES), "iban")
    if line.counterparty_name and (called := await tenants.called(uow, line.counterparty_name, 5)):
        note(await documents.open_of(uow, *owner, tenant_ids=list(called), limit=_CANDIDATES), "name")
    names = await tenants.names(uow, {each.tenant_id for each in found.values()})
    ranked = sorted(found.values(), key=lambda each: (_rank(evidence[each.id]), str(each.due_date or ""), each.id))
    return [
        BankCandidateOut(
            invoice_id=each.id,
            number=each.number or "",
            tenant_id=each.tenant_id,
            tenant=names.get(each.tenant_id, each.tenant_id),
            status=each.status,
            amount_due_cents=each.amount_due_cents,
            currency=each.currency,
            due_date=each.due_date,
            evidence=sorted(evidence[each.id]),
        )
        for each in ranked[:_CANDIDATES]
    ]


def _rank(evidence: set[str]) -> int:
    weights = {"reference": 8, "amount": 4, "iban": 2, "name": 1}
    return -sum(weights[each] for each in evidence)


async def _tenants_paid_for(uow: UnitOfWork, line: BankLine) -> list[str]:
    """Name the tenants for which the payer's account paid before."""
    if line.counterparty_iban is None:
        return []
    query = (
        select(BankLineBooking.tenant_id)
        .join(BankLine, BankLine.id == BankLineBooking.line_id)
        .where(BankLine.partner_id == line.partner_id, BankLine.counterparty_iban == line.counterparty_iban)
        .distinct()
        .limit(10)
    )
    return list(await uow.session.scalars(query))
