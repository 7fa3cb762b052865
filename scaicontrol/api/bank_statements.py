"""Bank statements: what sellers' banks say came and went, and what it pays."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
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
    BankStatementFilter,
    BankStatementOut,
    CsvMappingIn,
    CsvMappingOut,
    CsvPreviewOut,
)

from .door import Many, One, Paged, Paging, Router, narrowing
from .files import AROUND, file_body, file_of

Wanted = Annotated[BankStatementFilter, narrowing(BankStatementFilter)]
WantedLines = Annotated[BankLineFilter, narrowing(BankLineFilter)]

statements = Router("/admin/bank-statements", tags=["admin-bank-statements"])
mappings = Router("/admin/bank-csv-mappings", tags=["admin-bank-statements"])
lines = Router("/admin/bank-lines", tags=["admin-bank-statements"])


@statements.post(
    "", response_model=One[BankImportOut], status_code=201, permission="bank_statements:import",
    summary="Import a bank statement", request_body=file_body("The statement, camt.053, MT940 or CSV."),
    body_max=bank_statements.FILE_MAX + AROUND,
)  # fmt: skip
async def import_statements(
    backend: Backend, actor: Actor, request: Request, iban: Annotated[str | None, Query(max_length=42)] = None
) -> BankImportOut:
    """
    camt.053 (ISO 20022), versions 02 to 14, or MT940, at most 5 MiB; the same file or statement again is harmless.

    CSV needs `iban`, whose mapping says how it is read; a statement of another account is refused then.
    Lines that name open invoices of one tenant and bring exactly what they ask for are booked; the rest waits.
    """
    body = await file_of(request, bank_statements.FILE_MAX, bank_statements.TOO_LARGE, what="statement")
    return await bank_statements.import_statements(backend, actor, body, iban)


@mappings.get(
    "", response_model=Many[CsvMappingOut], permission="bank_statements:read", summary="List how CSV files are read"
)
async def csv_mappings(uow: UnitOfWork) -> list[CsvMappingOut]:
    """One for each account that has one."""
    return [CsvMappingOut.model_validate(each) for each in await bank_statements.csv_mappings(uow)]


@mappings.put(
    "/{iban}",
    response_model=One[CsvMappingOut],
    permission="bank_statements:import",
    summary="Say how CSV files of an account are read",
)
async def keep_csv_mapping(uow: UnitOfWork, iban: str, body: CsvMappingIn) -> CsvMappingOut:
    """In place of what was said before; what was imported stays as it is."""
    kept = await bank_statements.keep_csv_mapping(uow, iban, body)
    await uow.write()
    return CsvMappingOut.model_validate(kept)


@mappings.post(
    "/{iban}/preview", response_model=One[CsvPreviewOut], permission="bank_statements:import",
    summary="Try how a CSV file is read", request_body=file_body("The CSV file."),
    body_max=bank_statements.FILE_MAX + AROUND,
)  # fmt: skip
async def preview_csv(backend: Backend, actor: Actor, request: Request, iban: str) -> CsvPreviewOut:
    """Its first ten rows, or the sentence that refuses it; nothing is stored or booked."""
    body = await file_of(request, bank_statements.FILE_MAX, bank_statements.TOO_LARGE, what="statement")
    return await bank_statements.preview_csv(backend, actor, iban, body)


@statements.get(
    "", response_model=Paged[BankStatementOut], permission="bank_statements:read", summary="List bank statements"
)
async def index(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[BankStatementOut]:
    return await bank_statements.page(uow, paging, wanted)


@statements.get(
    "/{statement_id}",
    response_model=One[BankStatementOut],
    permission="bank_statements:read",
    summary="Read a bank statement",
)
async def read(uow: UnitOfWork, statement_id: str) -> BankStatementOut:
    """Its lines are `GET /admin/bank-lines?statement_id=…`, in as many pages as they need."""
    return await bank_statements.detail(uow, statement_id)


@statements.post(
    "/{statement_id}/match",
    response_model=One[BankStatementOut],
    permission="bank_statements:book",
    keyed=True,
    summary="Look again at what of a statement waits",
)
async def match(backend: Backend, actor: Actor, statement_id: str) -> BankStatementOut:
    """Books what names invoices that ask for exactly its amount by now; goes on where an import was cut off."""
    return await bank_statements.match(backend, actor, statement_id)


@lines.get("", response_model=Paged[BankLineOut], permission="bank_statements:read", summary="List bank lines")
async def line_index(uow: UnitOfWork, paging: Paging, wanted: WantedLines) -> Page[BankLineOut]:
    """With `status=waiting`, those that wait for a person, and why."""
    found = await bank_statements.lines(uow, paging, wanted)
    return found.shown(lambda line: bank_statements.shown_line(uow.actor, line))


@lines.get(
    "/{line_id}", response_model=One[BankLineDetail], permission="bank_statements:read", summary="Read a bank line"
)
async def read_line(uow: UnitOfWork, line_id: str) -> BankLineDetail:
    """With what it booked."""
    return await bank_statements.line_detail(uow, line_id)


@lines.get(
    "/{line_id}/candidates",
    response_model=Many[BankCandidateOut],
    permission="bank_statements:read",
    summary="Find the invoices a line may pay",
)
async def candidates(uow: UnitOfWork, line_id: str) -> list[BankCandidateOut]:
    """Those for which most speaks first: a document number, the amount, the payer's account, the payer's name."""
    return await bank_statements.candidates(uow, line_id)


@lines.post(
    "/{line_id}/book",
    response_model=One[BankLineDetail],
    permission="bank_statements:book",
    keyed=True,
    summary="Book a line on an invoice",
)
async def book(uow: UnitOfWork, line_id: str, body: BankBookIn) -> BankLineDetail:
    """What is more than the invoice asks for becomes a credit."""
    return await bank_statements.shown_with_bookings(uow, await bank_statements.book(uow, line_id, body))


@lines.post(
    "/{line_id}/split",
    response_model=One[BankLineDetail],
    permission="bank_statements:book",
    keyed=True,
    summary="Book a line on several invoices",
)
async def split(uow: UnitOfWork, line_id: str, body: BankSplitIn) -> BankLineDetail:
    """The parts make up all of the line."""
    return await bank_statements.shown_with_bookings(uow, await bank_statements.split(uow, line_id, body))


@lines.post(
    "/{line_id}/credit",
    response_model=One[BankLineDetail],
    permission="bank_statements:book",
    keyed=True,
    summary="Keep a line as credit of a tenant",
)
async def credit(uow: UnitOfWork, line_id: str, body: BankCreditIn) -> BankLineDetail:
    """It is told of by the newest invoice of the tenant that asks for nothing."""
    return await bank_statements.shown_with_bookings(uow, await bank_statements.credit(uow, line_id, body))


@lines.post(
    "/{line_id}/ignore",
    response_model=One[BankLineDetail],
    permission="bank_statements:book",
    keyed=True,
    summary="Say that a line needs no booking",
)
async def ignore(uow: UnitOfWork, line_id: str, body: BankIgnoreIn) -> BankLineDetail:
    """It can still be booked later."""
    return await bank_statements.shown_with_bookings(uow, await bank_statements.ignore(uow, line_id, body))


@lines.post(
    "/{line_id}/reverse",
    response_model=One[BankLineDetail],
    permission="bank_statements:book",
    keyed=True,
    summary="Take back what an earlier line had booked",
)
async def reverse(uow: UnitOfWork, line_id: str, body: BankReverseIn) -> BankLineDetail:
    """Each booking becomes a dispute that is lost: the invoice is owed again, or the loss written off."""
    return await bank_statements.shown_with_bookings(uow, await bank_statements.reverse(uow, line_id, body))
