"""Bank statements: what sellers' banks say came and went, and what it pays."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, NotFound
from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.schemas import checked, invalid_of
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.schemas import (
    BankBookIn,
    BankCandidateOut,
    BankCreditIn,
    BankIgnoreIn,
    BankImportOut,
    BankLineDetail,
    BankLineFilter,
    BankLineOut,
    BankReverseIn,
    BankSplitIn,
    BankStatementOut,
    CsvMappingIn,
    CsvMappingOut,
    CsvPreviewOut,
)

from .door import command

app = typer.Typer(
    name="bank-statements", no_args_is_help=True, help="What sellers' banks say came and went, and what it pays."
)


@command(app, "import", changes=True)
async def import_(
    backend: Backend,
    actor: Actor,
    file: Path,
    account: Annotated[str | None, typer.Option(help="The IBAN it is of; CSV is read by its mapping.")] = None,
) -> BankImportOut:
    """Import a camt.053, MT940 or CSV file; the same file, or the same statement, again is harmless."""
    return await bank_statements.import_statements(backend, actor, _bytes(file), account)


@command(app)
async def csv_mappings(uow: UnitOfWork) -> list[CsvMappingOut]:
    """List how the CSV files of accounts are read."""
    return [CsvMappingOut.model_validate(each) for each in await bank_statements.csv_mappings(uow)]


@command(app, changes=True)
async def keep_csv_mapping(
    uow: UnitOfWork, iban: str, file: Annotated[Path, typer.Argument(help="The mapping as JSON, as REST takes it.")]
) -> CsvMappingOut:
    """Say how CSV files of an account are read, in place of what was said before."""
    try:
        mapping = CsvMappingIn.model_validate_json(_bytes(file))
    except ValidationError as error:
        raise invalid_of(error) from error
    kept = await bank_statements.keep_csv_mapping(uow, iban, mapping)
    await uow.write()
    return CsvMappingOut.model_validate(kept)


@command(app)
async def preview_csv(backend: Backend, actor: Actor, iban: str, file: Path) -> CsvPreviewOut:
    """Show how the first rows of a CSV file are read, or why it is refused; imports nothing."""
    return await bank_statements.preview_csv(backend, actor, iban, _bytes(file))


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            body = opened.read(bank_statements.FILE_MAX + 1)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error
    if len(body) > bank_statements.FILE_MAX:
        raise Invalid(bank_statements.TOO_LARGE)
    return body


@command(app, "list")
async def list_(uow: UnitOfWork, page: Annotated[int, typer.Option(min=1)] = 1) -> list[BankStatementOut]:
    """List bank statements, newest first, 200 a page."""
    return list((await bank_statements.page(uow, PageRequest(page, PAGE_SIZE_MAX))).items)


@command(app)
async def show(uow: UnitOfWork, statement_id: str) -> BankStatementOut:
    """Show a bank statement; its lines are `lines --statement`."""
    return await bank_statements.detail(uow, statement_id)


@command(app, changes=True)
async def match(backend: Backend, actor: Actor, statement_id: str) -> BankStatementOut:
    """Look again at what of a statement waits, and go on where an import was cut off."""
    return await bank_statements.match(backend, actor, statement_id)


@command(app)
async def lines(
    uow: UnitOfWork,
    statement: Annotated[str | None, typer.Option(help="Of this statement only.")] = None,
    status: Annotated[str | None, typer.Option(help="received, booked, waiting or ignored; default: all.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[BankLineOut]:
    """List bank lines, newest first, 200 a page; `--status waiting` waits for somebody."""
    wanted = checked(BankLineFilter, statement_id=statement, status=status)
    found = await bank_statements.lines(uow, PageRequest(page, PAGE_SIZE_MAX), wanted)
    return [bank_statements.shown_line(uow.actor, line) for line in found.items]


@command(app)
async def line(uow: UnitOfWork, line_id: str) -> BankLineDetail:
    """Show a bank line with what it booked."""
    return await bank_statements.line_detail(uow, line_id)


@command(app)
async def candidates(uow: UnitOfWork, line_id: str) -> list[BankCandidateOut]:
    """Find the invoices a line may pay, those for which most speaks first."""
    return await bank_statements.candidates(uow, line_id)


@command(app, changes=True)
async def book(uow: UnitOfWork, line_id: str, invoice_id: str) -> BankLineDetail:
    """Book a line on an invoice; what is more than it asks for becomes a credit."""
    done = await bank_statements.book(uow, line_id, checked(BankBookIn, invoice_id=invoice_id))
    return await bank_statements.shown_with_bookings(uow, done)


@command(app, changes=True)
async def split(
    uow: UnitOfWork,
    line_id: str,
    parts: Annotated[list[str], typer.Argument(help="invoice=cents, two or more, such as inv_1=11900")],
) -> BankLineDetail:
    """Book a line on several invoices, whose parts make up all of it."""
    done = await bank_statements.split(uow, line_id, checked(BankSplitIn, parts=[_part(each) for each in parts]))
    return await bank_statements.shown_with_bookings(uow, done)


def _part(written: str) -> dict[str, object]:
    invoice_id, _, cents = written.partition("=")
    if not cents.isdecimal() or len(cents) > 15:
        raise Invalid(f"'{written}' is not a part; write it as invoice=cents, such as inv_1=11900.")
    return {"invoice_id": invoice_id, "amount_cents": int(cents)}


@command(app, changes=True)
async def credit(uow: UnitOfWork, line_id: str, tenant_id: str) -> BankLineDetail:
    """Keep a line as credit of a tenant."""
    done = await bank_statements.credit(uow, line_id, checked(BankCreditIn, tenant_id=tenant_id))
    return await bank_statements.shown_with_bookings(uow, done)


@command(app, changes=True)
async def ignore(
    uow: UnitOfWork, line_id: str, reason: Annotated[str, typer.Option(help="Why, for the record.")]
) -> BankLineDetail:
    """Say that a line needs no booking; it can still be booked later."""
    done = await bank_statements.ignore(uow, line_id, checked(BankIgnoreIn, reason=reason))
    return await bank_statements.shown_with_bookings(uow, done)


@command(app, changes=True)
async def reverse(
    uow: UnitOfWork,
    line_id: str,
    of: Annotated[str | None, typer.Option(help="The line whose money went back; default: as found.")] = None,
) -> BankLineDetail:
    """Take back what an earlier line had booked, since its money went back."""
    done = await bank_statements.reverse(uow, line_id, checked(BankReverseIn, line_id=of))
    return await bank_statements.shown_with_bookings(uow, done)
