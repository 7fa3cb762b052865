"""
A file becomes statements and lines at once, and each line is booked in a transaction of its own.

Whatever dies on the way is gone on with by importing the file again, or by matching the statement: what is stored is
known, what is booked is no longer received.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import select

from scaicontrol.core import canonical_json
from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired, Approvals
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, Refused
from scaicontrol.core.ids import new_id, new_ids
from scaicontrol.core.schemas import invalid_of
from scaicontrol.core.verbs import VerbCall, verb
from scaicontrol.core.work import UnitOfWork

from .. import queries, statement_files
from ..events import BankStatementImported
from ..lifecycle import SILENT, LineKind, LineStatus, WaitsFor
from ..models import BankLine, BankStatement
from ..parsed import ReadLine, ReadStatement
from ..schemas import BankImportOut, BankStatementOut, CsvMappingIn
from .booking import book_matched, set_aside
from .csv_mappings import account_of, seller_of
from .ordered import settle_ordered

# What only a person ends: the rest is looked at again whenever its statement is.
_DECIDED: Final = (WaitsFor.approval, WaitsFor.duplicate)
_ABOVE_LIMITS: Final = "Booking it needs another person's approval; its change plan waits."


@dataclass(frozen=True, slots=True)
class _Unplanned:
    """Judges as the policy does and keeps no plan: a line is set aside first, or its plan would be stale at once."""

    policy: Approvals

    async def blocks_commit(self, uow: UnitOfWork) -> bool:
        return await self.policy.blocks_commit(uow)

    def needs_rehearsal(self, actor: Actor, call: VerbCall) -> bool:
        return self.policy.needs_rehearsal(actor, call)

    def exempts(self, call: VerbCall) -> bool:
        return self.policy.exempts(call)

    def is_plan(self, call: VerbCall) -> bool:
        return self.policy.is_plan(call)

    async def require_plan(self, _: Backend, actor: Actor, call: VerbCall) -> None:
        raise ApprovalRequired(f"{actor.id} may not {call.verb.label} without a plan.")


@verb
async def import_statements(backend: Backend, actor: Actor, body: bytes, iban: str | None = None) -> BankImportOut:
    """
    Store the statements of a camt.053, MT940 or CSV file and book every line that says itself what it pays.

    CSV is read by the mapping of the account `iban`; of another format every statement must be of that account.

    The same file again, and the same statement in another file, change nothing; what an import that died had left is
    gone on with. What lies above somebody's limits waits with its change plan.

    Raises Invalid where the file cannot be believed, Refused for an account that is no seller's or several sellers'
    whom `actor` may see, and for a statement that was imported with other content; nothing is stored or booked then.
    """
    actor.require("bank_statements:import")
    account = None if iban is None else account_of(iban)
    kept = None if account is None else await backend.ask(actor, queries.csv_mapping, account)
    mapping = None if kept is None else CsvMappingIn.model_validate(kept.mapping)
    read = await asyncio.to_thread(statement_files.read, body, account, mapping)
    digest = sha256(body).hexdigest()
    try:
        stored = await backend.perform(actor, store, read, digest)
    except Conflict:  # a twin imported the same at the same moment
        stored = await backend.perform(actor, store, read, digest)
    await _book_lines(backend, actor, stored.ids)
    await settle_ordered(backend, actor, stored.ids)
    return BankImportOut(statements=await backend.ask(actor, _shown, stored.ids), known=stored.known)


@verb
async def match(backend: Backend, actor: Actor, statement_id: str) -> BankStatementOut:
    """
    Look again at what of a statement waits: an invoice it names may ask for exactly that by now.

    Raises NotFound.
    """
    actor.require("bank_statements:book")
    await backend.ask(actor, queries.get, statement_id)
    await _book_lines(backend, actor, [statement_id])
    await settle_ordered(backend, actor, [statement_id])
    return await backend.ask(actor, queries.detail, statement_id)


async def _book_lines(backend: Backend, actor: Actor, statement_ids: Collection[str]) -> None:
    cleared = backend.execution is not None and backend.execution.is_cleared
    by_line = backend if cleared else replace(backend, execution=None)  # each is judged, and planned, by itself
    stage = by_line if cleared else replace(by_line, approvals=_Unplanned(by_line.approvals))
    for line_id in await backend.ask(actor, _open_lines, statement_ids):
        try:
            await _book_line(stage, by_line, actor, line_id)
        except (ControlError, ValidationError) as error:  # whatever stops one line leaves those behind it alone
            told = invalid_of(error) if isinstance(error, ValidationError) else error
            await stage.perform(actor, set_aside, line_id, WaitsFor.refused, told.message)


async def _book_line(stage: Backend, by_line: Backend, actor: Actor, line_id: str) -> None:
    try:
        await stage.perform(actor, book_matched, line_id)
    except ApprovalRequired:
        await stage.perform(actor, set_aside, line_id, WaitsFor.approval, _ABOVE_LIMITS)
        with suppress(ApprovalRequired):
            await by_line.perform(actor, book_matched, line_id)


async def _open_lines(uow: UnitOfWork, statement_ids: Collection[str]) -> Sequence[str]:
    """Name what is not decided: what takes money back first, since its line must not be booked meanwhile."""
    query = (
        queries.visible_lines(uow)
        .where(
            BankLine.statement_id.in_(statement_ids),
            (BankLine.status == LineStatus.received)
            | ((BankLine.status == LineStatus.waiting) & BankLine.waits_for.not_in(_DECIDED)),
        )
        .order_by(BankLine.kind == LineKind.incoming, BankLine.statement_id, BankLine.position, BankLine.part)
        .with_only_columns(BankLine.id)
    )
    return (await uow.session.scalars(query)).all()


async def _shown(uow: UnitOfWork, statement_ids: Sequence[str]) -> list[BankStatementOut]:
    return [await queries.detail(uow, each) for each in statement_ids]


@dataclass(frozen=True, slots=True)
class _ImportedFile:
    ids: list[str]
    known: int


async def store(uow: UnitOfWork, statements: Sequence[ReadStatement], file_sha256: str) -> _ImportedFile:
    """Write down every statement that is not known yet, with all its lines: of a file all or none."""
    uow.authorize("bank_statements:import")
    ids, known = [], 0
    for read in statements:
        partner_id = await seller_of(uow, read.iban)
        content = _content(read)
        _refuse_future(uow, read)
        there = await _find(uow, partner_id, read, content)
        if there is None:
            there = await _store(uow, partner_id, read, content, file_sha256)
        else:
            known += 1
        ids.append(there.id)
    return _ImportedFile(list(dict.fromkeys(ids)), known)


def _refuse_future(uow: UnitOfWork, read: ReadStatement) -> None:
    """Refuse a booked entry of a day that has begun nowhere yet: it could not be decided about."""
    latest = (uow.now + timedelta(days=1)).date()
    if late := next((line for line in read.lines if line.booked_on > latest), None):
        raise Refused(
            f"Statement {read.reference}, entry {late.position} is booked on {late.booked_on}, which is yet to come: "
            "nothing was imported. Ask the bank for the statement of a day that is over."
        )


def _content(read: ReadStatement) -> str:
    """Give what tells a statement from every other, whenever and however it was written into a file."""
    said = {
        "iban": read.iban,
        "reference": read.reference,
        "to_on": read.to_on.isoformat(),
        "balances": [[each.currency, each.opening_cents, each.closing_cents] for each in read.balances],
        "lines": [each.fingerprint for each in read.lines],
    }
    return sha256(canonical_json.dumps(said)).hexdigest()


async def _find(uow: UnitOfWork, partner_id: str, read: ReadStatement, content: str) -> BankStatement | None:
    query = select(BankStatement).where(
        BankStatement.partner_id == partner_id,
        BankStatement.iban == read.iban,
        BankStatement.reference == read.reference,
    )
    named = (await uow.session.scalars(query.order_by(BankStatement.id))).all()
    if there := next((each for each in named if each.content_sha256 == content), None):
        return there
    same_day = [each for each in named if each.to_on == read.to_on]
    if same_day and not await _adjoins(uow, same_day, read):
        raise Refused(
            f"S{str(same_day[0])[1:]} was imported on {same_day[0].created_at:%Y-%m-%d} and said something else, "
            "and this one goes on where none of its day ended: nothing was imported. Import what lies between first, "
            "or ask the bank which of the two holds."
        )
    return None


async def _adjoins(uow: UnitOfWork, same_day: Sequence[BankStatement], read: ReadStatement) -> bool:
    """
    Tell whether a statement goes on where one of its day ended, or ends where one begins, in every currency.

    What begins or ends just as one that has entries tells of the same stretch, and contradicts it.
    """
    with_lines = set(
        await uow.session.scalars(
            select(BankLine.statement_id).where(BankLine.statement_id.in_([each.id for each in same_day])).distinct()
        )
    )
    moved = [each for each in same_day if each.id in with_lines]
    opening = {each.currency: each.opening_cents for each in read.balances}
    closing = {each.currency: each.closing_cents for each in read.balances}
    goes_on = opening in _held(same_day, "closing_cents") and opening not in _held(moved, "opening_cents")
    goes_before = closing in _held(same_day, "opening_cents") and closing not in _held(moved, "closing_cents")
    return goes_on or goes_before


def _held(statements: Sequence[BankStatement], when: str) -> list[dict[str, int]]:
    return [{each["currency"]: each[when] for each in statement.balances} for statement in statements]


async def _store(
    uow: UnitOfWork, partner_id: str, read: ReadStatement, content: str, file_sha256: str
) -> BankStatement:
    statement = BankStatement(
        id=new_id("bst"),
        partner_id=partner_id,
        iban=read.iban,
        reference=read.reference,
        message=read.message,
        from_on=read.from_on,
        to_on=read.to_on,
        balances=[
            {"currency": each.currency, "opening_cents": each.opening_cents, "closing_cents": each.closing_cents}
            for each in read.balances
        ],
        pending=read.pending,
        content_sha256=content,
        file_sha256=file_sha256,
        imported_by=uow.actor.id,
    )
    uow.session.add(statement)
    await uow.session.flush()
    prints = _numbered(read.lines)
    there = await _known(uow, partner_id, read.iban, prints)
    ids = new_ids("bln", len(read.lines))
    await uow.store(
        [
            _line(statement, line, line_id, fingerprint, there.get(fingerprint))
            for line, line_id, fingerprint in zip(read.lines, ids, prints, strict=True)
        ]
    )
    uow.emit(
        BankStatementImported(
            statement_id=statement.id,
            partner_id=partner_id,
            iban=read.iban,
            reference=read.reference,
            lines=len(read.lines),
        )
    )
    return statement


def _line(
    statement: BankStatement, read: ReadLine, line_id: str, fingerprint: str, known: "_KnownEntry | None"
) -> BankLine:
    status, waits_for, note = LineStatus.received, None, read.note
    is_silent = read.kind in SILENT or read.amount_cents == 0
    if is_silent:
        status = LineStatus.ignored
    if known is not None:
        note = f"It stands in statement {known.statement}, too."
        asks = not known.has_name and not is_silent
        status, waits_for = (LineStatus.waiting, WaitsFor.duplicate) if asks else (LineStatus.ignored, None)
    return BankLine(
        id=line_id,
        partner_id=statement.partner_id,
        statement_id=statement.id,
        iban=statement.iban,
        position=read.position,
        part=read.part,
        kind=read.kind,
        status=status,
        amount_cents=read.amount_cents,
        currency=read.currency,
        booked_on=read.booked_on,
        value_on=read.value_on,
        bank_reference=read.bank_reference,
        end_to_end_id=read.end_to_end_id,
        structured_reference=read.structured_reference,
        remittance=read.remittance,
        counterparty_name=read.counterparty_name,
        counterparty_iban=read.counterparty_iban,
        bank_code=read.bank_code,
        fingerprint=fingerprint,
        entry_key=fingerprint if read.bank_reference is not None and known is None else None,
        waits_for=waits_for,
        note=note,
        version=1,
    )


def _numbered(lines: Sequence[ReadLine]) -> list[str]:
    """Give the fingerprints of lines; of several that are just alike the second and later ones are counted."""
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        seen[line.fingerprint] += 1
        number = seen[line.fingerprint]
        found.append(line.fingerprint if number == 1 else f"{line.fingerprint}:{number}")
    return found


class _KnownEntry(NamedTuple):
    """Where a line stands already, and whether the bank has a name for it there."""

    statement: str
    has_name: bool


async def _known(uow: UnitOfWork, partner_id: str, iban: str, fingerprints: Sequence[str]) -> dict[str, _KnownEntry]:
    """Give the lines that are there already, by their fingerprints."""
    found: dict[str, _KnownEntry] = {}
    for start in range(0, len(fingerprints), 500):
        query = (
            select(BankLine.fingerprint, BankLine.entry_key, BankStatement.reference)
            .join(BankStatement, BankStatement.id == BankLine.statement_id)
            .where(
                BankLine.partner_id == partner_id,
                BankLine.iban == iban,
                BankLine.fingerprint.in_(fingerprints[start : start + 500]),
            )
            .order_by(BankLine.entry_key.is_not(None), BankLine.id)
        )
        for fingerprint, key, reference in await uow.session.execute(query):
            found[fingerprint] = _KnownEntry(reference, key is not None)
    return found
