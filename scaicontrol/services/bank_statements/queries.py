from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Select, func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.credits.reads import brought_beyond

from .lifecycle import LineStatus, offered_of
from .models import BankCsvMapping, BankLine, BankLineBooking, BankStatement
from .schemas import (
    BankBalanceOut,
    BankLineBookingOut,
    BankLineDetail,
    BankLineFilter,
    BankLineOut,
    BankStatementFilter,
    BankStatementOut,
)

_SORTABLE = {"created_at": BankStatement.created_at, "to_on": BankStatement.to_on}
_LINES_SORTABLE = {
    "created_at": BankLine.created_at,
    "booked_on": BankLine.booked_on,
    "amount_cents": BankLine.amount_cents,
}


def visible(uow: UnitOfWork) -> Select[BankStatement]:
    """Every read starts here; the session's scope decides whose accounts. Tenants see none."""
    uow.authorize("bank_statements:read")
    return select(BankStatement)


def visible_lines(uow: UnitOfWork) -> Select[BankLine]:
    """Every read of lines starts here."""
    uow.authorize("bank_statements:read")
    return select(BankLine)


async def get(uow: UnitOfWork, statement_id: str) -> BankStatement:
    """
    Give a statement without its lines.

    Raises NotFound.
    """
    found = await uow.session.scalar(visible(uow).where(BankStatement.id == statement_id))
    if found is None:
        raise NotFound(f"There is no bank statement {statement_id}.")
    return found


async def page(
    uow: UnitOfWork, request: PageRequest, wanted: BankStatementFilter | None = None
) -> Page[BankStatementOut]:
    """List statements with how many of their lines are in which state."""
    wanted, query = wanted or BankStatementFilter(), visible(uow)
    if wanted.partner_id is not None:
        query = query.where(BankStatement.partner_id == wanted.partner_id)
    if wanted.iban is not None:
        query = query.where(BankStatement.iban == wanted.iban.replace(" ", "").upper())
    found = await paginate(uow, query, request, _SORTABLE)
    return found.of(await shown(uow, found.items))


async def references(uow: UnitOfWork, statement_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the banks' references of statements by id: for rows that refer to them, which the caller may see."""
    query = select(BankStatement.id, BankStatement.reference).where(BankStatement.id.in_(set(statement_ids)))
    return {statement_id: str(reference) for statement_id, reference in await uow.session.execute(query)}


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the references of statements that hold these words, by id, the newest first."""
    query = visible(uow).where(BankStatement.reference.icontains(words, autoescape=True))
    newest = query.order_by(BankStatement.created_at.desc(), BankStatement.id.desc()).limit(limit)
    return {each.id: each.reference for each in await uow.session.scalars(newest)}


async def detail(uow: UnitOfWork, statement_id: str) -> BankStatementOut:
    """
    Give a statement as surfaces show it.

    Raises NotFound.
    """
    return (await shown(uow, [await get(uow, statement_id)]))[0]


async def shown(uow: UnitOfWork, statements: Sequence[BankStatement]) -> list[BankStatementOut]:
    """Say statements as surfaces show them."""
    counted = await _counted(uow, [each.id for each in statements])
    names = [name for name in BankStatementOut.model_fields if name not in {"lines", "balances"}]
    return [
        BankStatementOut(
            **{name: getattr(each, name) for name in names},
            lines=counted[each.id],
            balances=[BankBalanceOut.model_validate(balance) for balance in each.balances],
        )
        for each in statements
    ]


async def _counted(uow: UnitOfWork, statement_ids: Collection[str]) -> Mapping[str, dict[LineStatus, int]]:
    query = (
        select(BankLine.statement_id, BankLine.status, func.count(BankLine.id))
        .where(BankLine.statement_id.in_(statement_ids))
        .group_by(BankLine.statement_id, BankLine.status)
    )
    counted: defaultdict[str, dict[LineStatus, int]] = defaultdict(dict)
    for statement_id, status, number in await uow.session.execute(query):
        counted[statement_id][LineStatus(status)] = number
    return counted


def visible_csv_mappings(uow: UnitOfWork) -> Select[BankCsvMapping]:
    """Every read of CSV mappings starts here."""
    uow.authorize("bank_statements:read")
    return select(BankCsvMapping)


async def csv_mappings(uow: UnitOfWork) -> Sequence[BankCsvMapping]:
    """List how the CSV files of accounts are read."""
    return (await uow.session.scalars(visible_csv_mappings(uow).order_by(BankCsvMapping.iban))).all()


async def csv_mapping(uow: UnitOfWork, iban: str) -> BankCsvMapping | None:
    """Find how the CSV files of an account are read, where one seller alone says so."""
    found = (await uow.session.scalars(visible_csv_mappings(uow).where(BankCsvMapping.iban == iban))).all()
    return found[0] if len(found) == 1 else None


async def csv_mapping_by_id(uow: UnitOfWork, mapping_id: str) -> BankCsvMapping:
    """
    Give how the CSV files of an account are read.

    Raises NotFound.
    """
    found = await uow.session.scalar(visible_csv_mappings(uow).where(BankCsvMapping.id == mapping_id))
    if found is None:
        raise NotFound(f"There is no CSV mapping {mapping_id}.")
    return found


async def line(uow: UnitOfWork, line_id: str, *, lock: bool = False) -> BankLine:
    """
    Give a line.

    Raises NotFound.
    """
    query = visible_lines(uow).where(BankLine.id == line_id)
    found = await uow.session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )
    if found is None:
        raise NotFound(f"There is no bank line {line_id}.")
    return found


async def lines(uow: UnitOfWork, request: PageRequest, wanted: BankLineFilter | None = None) -> Page[BankLine]:
    """List lines; those that are `waiting` need a person."""
    wanted, query = wanted or BankLineFilter(), visible_lines(uow)
    for column, value in (
        (BankLine.statement_id, wanted.statement_id),
        (BankLine.partner_id, wanted.partner_id),
        (BankLine.status, wanted.status),
        (BankLine.kind, wanted.kind),
        (BankLine.waits_for, wanted.waits_for),
        (BankLine.currency, wanted.currency),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        undecided = BankLine.status.in_((LineStatus.received, LineStatus.waiting))
        query = query.where(undecided if wanted.is_open else ~undecided)
    return await paginate(uow, query, request, _LINES_SORTABLE)


async def standing_for(uow: UnitOfWork, row: BankLine) -> BankLine | None:
    """Find the line of an earlier statement of which this one is a copy."""
    if not row.is_copy:
        return None
    query = visible_lines(uow).where(
        BankLine.partner_id == row.partner_id, BankLine.iban == row.iban, BankLine.entry_key == row.fingerprint
    )
    return await uow.session.scalar(query)


async def taken_back_by(uow: UnitOfWork, row: BankLine) -> BankLine | None:
    """Find the line that took a line's money back, once a person has said so."""
    query = visible_lines(uow).where(
        BankLine.reverses_line_id == row.id, BankLine.status.in_((LineStatus.booked, LineStatus.ignored))
    )
    return await uow.session.scalar(query.order_by(BankLine.id).limit(1))


async def bookings_of(uow: UnitOfWork, line_id: str) -> list[BankLineBooking]:
    """List what a line did on invoices."""
    uow.authorize("bank_statements:read")
    query = select(BankLineBooking).where(BankLineBooking.line_id == line_id).order_by(BankLineBooking.id)
    return list(await uow.session.scalars(query))


def shown_line(actor: Actor, row: BankLine) -> BankLineOut:
    """Say a line as surfaces show it to `actor`."""
    names = [name for name in BankLineOut.model_fields if name != "available_actions"]
    return BankLineOut(**{name: getattr(row, name) for name in names}, available_actions=offered(actor, row))


async def shown_with_bookings(uow: UnitOfWork, row: BankLine) -> BankLineDetail:
    """Say a line with what it booked, also one that was just changed."""
    await uow.write()
    found = await bookings_of(uow, row.id)
    credited = await brought_beyond(uow, [each.source_id for each in found])
    names = [name for name in BankLineBookingOut.model_fields if name != "credited_cents"]
    bookings = [
        BankLineBookingOut(
            **{name: getattr(each, name) for name in names}, credited_cents=credited.get(each.source_id, 0)
        )
        for each in found
    ]
    return BankLineDetail(**shown_line(uow.actor, row).model_dump(), bookings=bookings)


async def line_detail(uow: UnitOfWork, line_id: str) -> BankLineDetail:
    """
    Give a line with what it booked.

    Raises NotFound.
    """
    return await shown_with_bookings(uow, await line(uow, line_id))


def offered(actor: Actor, row: BankLine) -> list[str]:
    """Name what `actor` may do with a line now: the one source of `available_actions` and buttons."""
    return offered_of(
        actor,
        status=row.status,
        kind=row.kind,
        amount_cents=row.amount_cents,
        is_copy=row.is_copy,
        reverses=row.reverses_line_id is not None,
    )
