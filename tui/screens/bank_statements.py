"""Bank lines: what sellers' banks say came and went, and what of it waits for somebody."""

from collections.abc import Sequence

from scaicontrol.core.money import Money
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import bank_statements, invoices
from scaicontrol.services.bank_statements.lifecycle import LineStatus
from scaicontrol.services.bank_statements.models import BankLine
from scaicontrol.services.bank_statements.schemas import BankLineFilter

from ..columns import TableColumn
from ..verbs import Row
from ..wanted import Wanted
from ..widgets.states import minute, money, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen


def _row(found: BankLine) -> Row:
    return Row(
        found.id,
        f"bank line {found.id} of {Money(found.amount_cents, found.currency)}",
        str(found.status),
        (
            found.counterparty_name or found.id,
            state(str(found.status)),
            money(found.amount_cents, found.currency),
            str(found.waits_for or "–").replace("_", " "),
            found.remittance or "–",
            minute(found.created_at),
        ),
        frozenset(),
    )


class BankLineScreen(ReadScreen):
    """One line: what the bank says of it, why it waits, and which invoices it may pay."""

    console = "bank-line"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await bank_statements.line(uow, row_id)
        bookings = (await bank_statements.line_detail(uow, row_id)).bookings
        numbers = await invoices.numbers(uow, [each.invoice_id for each in bookings])
        statement = await bank_statements.get(uow, found.statement_id)
        said = fields(
            ("state", state(str(found.status))),
            ("id", found.id),
            ("amount", money(found.amount_cents, found.currency)),
            ("why", found.note),
            ("payer", found.counterparty_name),
            ("account", found.counterparty_iban),
            ("reference", found.structured_reference),
            ("text", found.remittance),
            ("end to end", found.end_to_end_id),
            ("statement", f"{statement.reference}, entry {found.position}, {found.booked_on}"),
            ("kind", found.kind),
        )
        booked = table(
            ["Invoice", "Amount", "Of it credit"],
            [
                (
                    numbers.get(each.invoice_id, each.invoice_id),
                    money(each.amount_cents, found.currency),
                    money(each.credited_cents, found.currency) if each.credited_cents else "–",
                )
                for each in bookings
            ],
            right=[1, 2],
            none="Nothing.",
        )
        rows = [
            (each.number, each.tenant, money(each.amount_due_cents, each.currency), ", ".join(each.evidence))
            for each in await bank_statements.candidates(uow, row_id)
        ]
        may_pay = table(["Invoice", "Tenant", "Due", "What speaks for it"], rows, right=[2], none="No open invoice.")
        told = [("What it booked", booked)] if bookings else [("What it may pay", may_pay)]
        return _row(found), [("Bank line", said), *told, *await story(uow, row_id)]


class BankLinesScreen(ListScreen):
    """What nobody has decided about; another state by the filter."""

    called = "bank lines"
    console = "bank-line"
    detail = BankLineScreen
    states = tuple(LineStatus)
    sort = "created_at"
    columns = (
        TableColumn("Payer", 20, grows=True, names=True),
        TableColumn("State", 9),
        TableColumn("Amount", 14, right=True),
        TableColumn("Waits for", 12),
        TableColumn("Text", 30, wide=True, names=True),
        TableColumn("Since", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        narrowed = checked(BankLineFilter, status=wanted.state, is_open=None if wanted.state else True)
        return (await bank_statements.lines(uow, request, narrowed)).shown(_row)
