"""Credits of Acme, how they come about, and what must hold of money and credit whatever happened."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, documents, invariants, invoices, statements
from scaicontrol.services.credits.models import Credit, CreditUse, Receivable
from scaicontrol.services.credits.schemas import CreditFilter
from scaicontrol.services.invoices.lifecycle import APPLIED, AS_PAID, MONEY, DocumentType
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.invoices.reads.receivables import owed_by_tenant
from scaicontrol.services.invoices.schemas import CreditIn, MarkPaidIn
from scaicontrol.services.payments.models import Payment, Refund

from . import ACME, ada, petra

_NEVER = date.min


async def transferred(backend: Backend, invoice: Invoice, cents: int | None = None, *, by: Actor = petra) -> Settlement:
    """Money for an invoice that came by bank transfer."""
    data = MarkPaidIn(amount_cents=cents, paid_at=backend.clock.now(), reference="ABN 4711", method="transfer")
    return await backend.perform(by, invoices.mark_paid, invoice.id, data)


async def credited(backend: Backend, invoice: Invoice, cents: int | None = None) -> Invoice:
    """A numbered credit note over an amount with VAT, or over all that is left."""
    body = CreditIn(amount_cents=cents, reason="Outage", finalize=True)
    return await invoices.credit(backend, petra, invoice.id, body)


async def open_credits(backend: Backend, tenant_id: str = ACME) -> Sequence[Credit]:
    """What a tenant has left, newest first."""
    wanted = CreditFilter(tenant_id=tenant_id, is_open=True)
    return (await backend.ask(ada, credits.page, PageRequest(page_size=200), wanted)).items


async def balance(backend: Backend, tenant_id: str = ACME) -> int:
    return sum(each.remaining_cents for each in await open_credits(backend, tenant_id))


async def broken_books(backend: Backend) -> list[str]:
    """Name every rule of money and credit that does not hold."""
    return await backend.ask(ada, broken)


async def net_received(backend: Backend) -> int:
    """All money that came for documents, less all that went back, as it is booked."""
    return await backend.ask(ada, _net)


async def _net(uow: UnitOfWork) -> int:
    rows = await uow.session.scalars(select(Settlement).where(Settlement.kind.in_(MONEY)))
    return sum(row.amount_cents + row.unapplied_cents for row in rows)


async def broken(uow: UnitOfWork) -> list[str]:
    papers = {row.id: row for row in await uow.session.scalars(select(Invoice))}
    settlements = list(await uow.session.scalars(select(Settlement)))
    balances = {row.id: row for row in await uow.session.scalars(select(Credit))}
    uses = list(await uow.session.scalars(select(CreditUse)))
    refunds = list(await uow.session.scalars(select(Refund)))
    found = _documents(papers, settlements) + _credits(balances, uses)
    promised: defaultdict[str, int] = defaultdict(int)
    for refund in refunds:
        if refund.credit_id and refund.status != "succeeded" and refund.released_at is None:
            promised[refund.credit_id] += refund.amount_cents
    owed = list(await uow.session.scalars(select(Receivable)))
    found += _balances(papers, settlements, balances, owed, promised)
    found += _payments(list(await uow.session.scalars(select(Payment))), refunds)
    found += await _accounts(uow, papers, settlements, balances, owed, promised)
    for each in await documents.series(uow):
        kind = DocumentType(each.document_type)
        verdict = await documents.verify_series(uow, each.partner_id, kind, each.fiscal_year)
        found += [violation.message for violation in verdict.violations if violation.code != "files_missing"]
    told = await invariants.check(uow)
    return found + [f"{each.rule}: {row}" for each in told for row in each.broken]


def _documents(documents: dict[str, Invoice], settlements: Sequence[Settlement]) -> list[str]:
    found = []
    for each in documents.values():
        mine = [row for row in settlements if row.invoice_id == each.id]
        paid = sum(row.amount_cents for row in mine if row.kind in AS_PAID)
        credited_ = sum(row.amount_cents for row in mine if row.kind not in AS_PAID)
        applied = sum(row.amount_cents for row in mine if row.kind in APPLIED)
        said = (each.amount_paid_cents, each.amount_credited_cents, each.amount_applied_cents)
        if said != (paid, credited_, applied):
            found.append(f"{each} says {said}, its settlements {(paid, credited_, applied)}")
        if each.is_sealed and each.status != "void" and each.amount_due_cents != each.total_cents - paid - credited_:
            found.append(f"{each} owes {each.amount_due_cents}")
        if each.is_sealed and (each.status == "paid") is not (each.amount_due_cents == 0) and each.status != "void":
            found.append(f"{each} is {each.status} and owes {each.amount_due_cents}")
    return found


def _credits(balances: dict[str, Credit], uses: Sequence[CreditUse]) -> list[str]:
    found = []
    for each in balances.values():
        used = sum(use.amount_cents for use in uses if use.credit_id == each.id)
        if each.remaining_cents != each.amount_cents - used or not 0 <= each.remaining_cents <= each.amount_cents:
            found.append(f"{each}: {each.remaining_cents} of {each.amount_cents} remain, {used} were used")
    return found


def _balances(
    documents: dict[str, Invoice],
    settlements: Sequence[Settlement],
    balances: dict[str, Credit],
    owed: Sequence[Receivable],
    promised: dict[str, int],
) -> list[str]:
    """What documents leave open is what the credits made of them hold: nothing is lost, nothing counts twice."""
    held: defaultdict[str, int] = defaultdict(int)
    for one in owed:
        held[one.invoice_id] -= one.remaining_cents
    for each in balances.values():
        held[each.invoice_id] += each.remaining_cents + promised[each.id]
    found = []
    for document in documents.values():
        if document.is_credit_note and document.is_sealed and document.status != "void":
            left = -document.amount_due_cents
        else:
            left = sum(row.unapplied_cents for row in settlements if row.invoice_id == document.id)
        if document.is_sealed and document.status == "void" and document.is_credit_note:
            left = 0
        if left != held[document.id]:
            found.append(f"{document} leaves {left}, its credits hold {held[document.id]}")
    return found


async def _accounts(
    uow: UnitOfWork,
    documents: dict[str, Invoice],
    settlements: Sequence[Settlement],
    balances: dict[str, Credit],
    owed: Sequence[Receivable],
    promised: dict[str, int],
) -> list[str]:
    """What a tenant owes is the same by its documents, by its statement, and by what is open, credited and beside."""
    currencies = {(each.tenant_id, each.currency) for each in documents.values() if each.is_sealed}
    found = []
    for tenant_id, currency in sorted(currencies):
        mine = {
            each.id: each for each in documents.values() if (each.tenant_id, each.currency) == (tenant_id, currency)
        }
        sealed = [each for each in mine.values() if each.is_sealed and each.status != "void"]
        by_documents = sum(each.amount_due_cents for each in sealed)
        by_documents -= sum(row.unapplied_cents for row in settlements if row.invoice_id in mine)
        standing = (await owed_by_tenant(uow, tenant_id, currency)).open_cents
        standing -= sum(
            each.remaining_cents + promised[each.id] for each in balances.values() if each.invoice_id in mine
        )
        standing += sum(each.remaining_cents for each in owed if each.invoice_id in mine)
        last = max([*(row.settled_at.date() for row in settlements), *(each.issue_date or _NEVER for each in sealed)])
        last = max(last, uow.now.date()) + timedelta(days=1)
        account = await statements.statement(uow, tenant_id, last - timedelta(days=30), last, currency)
        if not by_documents == standing == account.closing_cents:
            found.append(
                f"{tenant_id} owes {by_documents} {currency} by its documents, {standing} by what is open, credited "
                f"and beside, {account.closing_cents} by its statement"
            )
    return found


def _payments(payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[str]:
    found = []
    for each in payments:
        mine = [row for row in refunds if row.payment_id == each.id]
        done = sum(row.amount_cents for row in mine if row.status == "succeeded")
        waits = sum(row.amount_cents for row in mine if row.status != "succeeded" and row.released_at is None)
        if (each.refunded_cents, each.promised_cents) != (done, waits):
            found.append(f"{each}: {each.refunded_cents} and {each.promised_cents} against refunds of {done}, {waits}")
        if done > each.amount_cents:
            found.append(f"{each} of {each.amount_cents} gave back {done}")
    return found
