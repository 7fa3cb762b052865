from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqladmin import expose
from sqlalchemy import ColumnElement, Select
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Forbidden, NotFound, invalid
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import bank_statements, invoices
from scaicontrol.services.bank_statements.lifecycle import LineKind, LineStatus, WaitsFor
from scaicontrol.services.bank_statements.models import BankLine, BankStatement
from scaicontrol.services.bank_statements.schemas import (
    BankBookIn,
    BankCandidateOut,
    BankCreditIn,
    BankIgnoreIn,
    BankLineDetail,
    BankLineFilter,
    BankLineOut,
    BankReverseIn,
    BankSplitIn,
    BankStatementOut,
)

from . import formatting
from .base import ControlView, ListColumn, ListFilter, amount_column, day_column, moment_column, named_column
from .flash import say, status_of
from .forms import table_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of, picked
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton, cents_of

Given = Mapping[str, str]
_AROUND: Final = 16_384  # bytes of a form around its file
_CLIPPED: Final = 80  # letters of a text in a list; the page of a line has all of it
_SHOWN: Final = PageRequest(page_size=200, sort="created_at")


async def match(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    return _counts(await bank_statements.match(backend, actor, pk))


def _counts(statement: BankStatementOut) -> str:
    counts = ", ".join(f"{number} {formatting.spoken(status)}" for status, number in sorted(statement.lines.items()))
    return f"{statement.reference}: {counts or gettext('no lines')}."


@dataclass(frozen=True, slots=True)
class BankStatementPage:
    """What the page of a statement shows."""

    statement: BankStatementOut
    lines: Sequence[BankLineOut]
    total: int
    names: Mapping[str, str]
    timeline: Timeline


class BankStatementView(ControlView, model=BankStatement):
    name, name_plural, icon = "Bank statement", "Bank statements", "payments"
    category, rank = MenuGroup.money, 32
    about = "What sellers' banks say came and went, and what it pays."
    when_empty = "Download a statement from the bank as camt.053, MT940 or CSV and import it here."
    prefix = "bst"
    permission = "bank_statements:read"
    details_template = "console/bank_statement.html"
    list_template = "console/bank_statements.html"
    searched = (BankStatement.id, BankStatement.reference, BankStatement.iban)
    search_hint = "id, the bank's reference or IBAN"
    columns = (
        ListColumn("Statement", lambda row: row.reference, None, "link"),
        named_column("Seller", "partner", "partner_id"),
        ListColumn("Account", lambda row: row.iban),
        day_column("Until", "to_on", BankStatement.to_on),
        ListColumn("Message", lambda row: row.message),
        moment_column("Imported", "created_at", BankStatement.created_at),
    )
    narrowing = (ListFilter("partner", "Seller", lambda value: BankStatement.partner_id == value, kind="partner"),)
    verbs = (
        VerbButton(
            "match",
            "Match again",
            "bank_statements:book",
            "Lines that wait and name invoices that ask for exactly their amount by now are booked; an import that was "
            "cut off goes on.",
            match,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[BankStatement]:
        uow.authorize(self.permission)
        return bank_statements.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> BankStatementPage:
        uow.authorize(self.permission)
        told = await bank_statements.detail(uow, pk)
        lines = await bank_statements.lines(uow, _SHOWN, BankLineFilter(statement_id=pk))
        shown = lines.shown(lambda line: bank_statements.shown_line(uow.actor, line)).items
        names = await names_of(uow, [Ref("partner", told.partner_id)])
        return BankStatementPage(told, shown, lines.total, names, await timeline_of(uow, pk))

    def title_of(self, detail: BankStatementPage) -> str:
        return gettext("Statement %(reference)s", reference=detail.statement.reference)

    def actions_of(self, detail: BankStatementPage) -> Sequence[str]:
        open_ones = {LineStatus.received, LineStatus.waiting} & detail.statement.lines.keys()
        return ["match"] if open_ones else []

    @expose("/bring", methods=["GET", "POST"])
    async def bring(self, request: Request) -> Response:
        """Take a statement, and say in the page what is wrong with one that cannot be believed."""
        console = console_of(request)
        console.actor.require("bank_statements:import")
        if request.method == "GET":
            return await self._form(request, None)
        try:
            if int(request.headers.get("content-length", "0")) > bank_statements.FILE_MAX + _AROUND:
                raise invalid("file", bank_statements.TOO_LARGE)
            async with request.form(max_files=1, max_fields=3) as form:
                if await console.form_key(str(form.get("form_token", "")), request.url.path) is None:
                    raise Forbidden(gettext("This form is too old or was not ours; look again and confirm once more."))
                file = form.get("file")
                if not isinstance(file, UploadFile) or not file.size:
                    raise invalid("file", gettext("Nothing was done: choose a file."))
                body, iban = await file.read(), str(form.get("account", "")) or None
            # Twice is once.
            done = await bank_statements.import_statements(console.backend, console.actor, body, iban)
        except ControlError as error:
            return await self._form(request, error)
        first = done.statements[0]
        answer = RedirectResponse(str(request.url_for("admin:details", identity=self.identity, pk=first.id)), 303)
        known = (
            gettext(
                " %(known)s of %(statements)s had been imported before.",
                known=done.known,
                statements=len(done.statements),
            )
            if done.known
            else ""
        )
        await say(answer, console, "success", " ".join(_counts(each) for each in done.statements) + known)
        return answer

    async def _accounts(self, request: Request) -> list[str]:
        console = console_of(request)
        return await console.backend.ask(console.actor, _accounts_with_mapping)

    async def _form(self, request: Request, error: ControlError | None) -> Response:
        context = {
            "model_view": self,
            "heading": gettext("Import a bank statement"),
            "error": error,
            "accounts": await self._accounts(request),
            "form_token": await console_of(request).form_token(request.url.path),
        }
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(request, "console/bank_import.html", context, status)
        return answer


async def _accounts_with_mapping(uow: UnitOfWork) -> list[str]:
    return [each.iban for each in await bank_statements.csv_mappings(uow)]


async def _invoice(backend: Backend, actor: Actor, line: BankLine, said: str) -> str:
    """Give the id of an invoice that somebody named by its number, or by its id."""
    found = await backend.ask(actor, invoices.find_number, line.partner_id, said)
    if found is None:
        found = await backend.ask(actor, invoices.find, said)
    if found is None:
        raise NotFound(gettext("There is no invoice %(said)s.", said=said))
    return found.id


async def book(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    line = await backend.ask(actor, bank_statements.line, pk)
    body = BankBookIn(invoice_id=await _invoice(backend, actor, line, given.get("invoice", "")))
    done = await backend.perform(actor, bank_statements.book, pk, body)
    return await _booked(backend, actor, done)


async def _booked(backend: Backend, actor: Actor, line: BankLine) -> str:
    """Say what was booked, and what of it became credit, since the invoices asked for less."""
    credited = (await backend.ask(actor, bank_statements.line_detail, line.id)).credited_cents
    amount, as_credit = formatting.money(line.amount_cents, line.currency), formatting.money(credited, line.currency)
    if not credited:
        return gettext("%(amount)s are booked.", amount=amount)
    if credited == line.amount_cents:
        return gettext("The invoice asks for nothing more: %(amount)s became credit of its tenant.", amount=amount)
    return gettext("%(amount)s are booked; of it %(credited)s became credit.", amount=amount, credited=as_credit)


async def split(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    line = await backend.ask(actor, bank_statements.line, pk)
    parts = [
        {"invoice_id": await _invoice(backend, actor, line, said), "amount_cents": cents_of(amount, line.currency)}
        for said, amount in table_of("parts", given.get("parts", ""), 2, 2)
    ]
    done = await backend.perform(actor, bank_statements.split, pk, BankSplitIn.model_validate({"parts": parts}))
    return await _booked(backend, actor, done)


async def credit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    tenant_id = await backend.ask(actor, picked, "tenant", given.get("tenant", ""))
    done = await backend.perform(actor, bank_statements.credit, pk, BankCreditIn(tenant_id=tenant_id))
    return gettext("%(amount)s stand as credit.", amount=formatting.money(done.amount_cents, done.currency))


async def ignore(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    await backend.perform(actor, bank_statements.ignore, pk, BankIgnoreIn(reason=given.get("reason", "")))
    return gettext("It needs no booking.")


async def reverse(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    done = await backend.perform(actor, bank_statements.reverse, pk, BankReverseIn(line_id=given.get("line") or None))
    return (
        gettext("Its invoice is owed again, or the loss written off.")
        if done.status == LineStatus.booked
        else gettext("Both are ignored.")
    )


@dataclass(frozen=True, slots=True)
class BankLinePage:
    """What the page of a line shows."""

    line: BankLineDetail
    statement: BankStatement
    candidates: Sequence[BankCandidateOut]
    names: Mapping[str, str]
    timeline: Timeline


def _likely(detail: BankLinePage) -> Mapping[str, str]:
    """Begin with the invoice for which most speaks, where the payer named it."""
    found = [each.number for each in detail.candidates if "reference" in each.evidence]
    return {"invoice": found[0]} if len(found) == 1 else {}


def _clipped(said: str) -> str:
    return said if len(said) <= _CLIPPED else f"{said[:_CLIPPED]}…"


def _undecided(value: str) -> ColumnElement[bool]:
    open_ones = BankLine.status.in_((LineStatus.received, LineStatus.waiting))
    return open_ones if value == "yes" else ~open_ones


class BankLineView(ControlView, model=BankLine):
    name, name_plural, icon = "Bank line", "Bank lines", "payments"
    category, rank = MenuGroup.money, 33
    about = "Every movement on sellers' accounts; what waits is decided here."
    when_empty = "They come with the first statement that is imported."
    prefix = "bln"
    permission = "bank_statements:read"
    details_template = "console/bank_line.html"
    grows = True
    searched = (BankLine.id, BankLine.counterparty_name, BankLine.counterparty_iban, BankLine.end_to_end_id)
    amounts = (BankLine.amount_cents,)
    presets = (("Waiting", "open=yes"), ("Money that went back", "waits_for=taken_back"))
    search_hint = "payer, the payer's IBAN, end-to-end id or id"
    columns = (
        ListColumn("Payer", lambda row: row.counterparty_name or row.id, None, "link"),
        ListColumn("Status", lambda row: row.status, BankLine.status, "status"),
        ListColumn("Waits for", lambda row: formatting.spoken(row.waits_for)),
        amount_column("Amount", "amount_cents", BankLine.amount_cents),
        ListColumn("Text", lambda row: _clipped(row.remittance or row.structured_reference or formatting.NOTHING)),
        ListColumn("Kind", lambda row: formatting.spoken(row.kind)),
        named_column("Seller", "partner", "partner_id"),
        day_column("Booked", "booked_on", BankLine.booked_on),
        moment_column("Imported", "created_at", BankLine.created_at),
    )
    narrowing = (
        ListFilter("open", "Undecided", _undecided, ["yes", "no"]),
        ListFilter("status", "Status", lambda value: BankLine.status == value, list(LineStatus)),
        ListFilter("waits_for", "Waits for", lambda value: BankLine.waits_for == value, list(WaitsFor)),
        ListFilter("kind", "Kind", lambda value: BankLine.kind == value, list(LineKind)),
        ListFilter("statement", "Statement", lambda value: BankLine.statement_id == value, kind="bank-statement"),
        ListFilter("partner", "Seller", lambda value: BankLine.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "book",
            "Book on an invoice",
            "bank_statements:book",
            "All of it is booked on one invoice; what is more than it asks for becomes a credit of its tenant.",
            book,
            [Field("invoice", "Invoice", hint="Its number or id.")],
            known=_likely,
        ),
        VerbButton(
            "split",
            "Split",
            "bank_statements:book",
            "It is booked on several invoices; the parts make up all of it.",
            split,
            [
                Field(
                    "parts",
                    "Parts",
                    "long",
                    hint="One a line, number or id and amount with a comma between: SCAI-2026-000005, 112.00",
                )
            ],
        ),
        VerbButton(
            "credit",
            "Keep as credit",
            "bank_statements:book",
            "It stands as credit of a tenant, told of by the newest of its paid invoices that was not written off.",
            credit,
            [Field("tenant", "Tenant", hint="Its name or id.")],
        ),
        VerbButton(
            "reverse",
            "Take back",
            "bank_statements:book",
            "What the earlier line had booked is owed again, or written off, by the seller's terms.",
            reverse,
            [Field("line", "Earlier line", required=False, hint="Its id; empty: the one that was found.")],
            danger=True,
        ),
        VerbButton(
            "ignore",
            "Ignore",
            "bank_statements:book",
            "It needs no booking; it can still be booked later.",
            ignore,
            [Field("reason", "Reason", "long", hint="Kept with the line and in the audit log.")],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[BankLine]:
        uow.authorize(self.permission)
        return bank_statements.visible_lines(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> BankLinePage:
        uow.authorize(self.permission)
        line = await bank_statements.line_detail(uow, pk)
        statement = await bank_statements.get(uow, line.statement_id)
        refs = [Ref("partner", line.partner_id), *(Ref("invoice", each.invoice_id) for each in line.bookings)]
        candidates = await bank_statements.candidates(uow, pk) if line.amount_cents > 0 else []
        return BankLinePage(line, statement, candidates, await names_of(uow, refs), await timeline_of(uow, pk))

    def title_of(self, detail: BankLinePage) -> str:
        amount = formatting.money(detail.line.amount_cents, detail.line.currency)
        return f"{amount}, {detail.line.counterparty_name or gettext('nobody named')}"

    def actions_of(self, detail: BankLinePage) -> Sequence[str]:
        return detail.line.available_actions


VIEWS = (BankStatementView, BankLineView)
