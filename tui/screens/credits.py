"""Receivables: what tenants owe beside their documents, since they have money twice."""

from collections.abc import Sequence

from scaicontrol.core.money import Money
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.models import Receivable
from scaicontrol.services.credits.schemas import ReceivableFilter, ReceivableSettleIn, SettledWith

from ..columns import TableColumn
from ..door import Door
from ..verbs import REASON, KeyAnswer, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, money, state
from .details import ReadScreen, TitledSection, fields, story
from .lists import ListScreen


async def _settle(door: Door, row: Row, given: KeyAnswer) -> object:
    body = ReceivableSettleIn(way=SettledWith(given.choice), reason=given.text)
    return await door.perform(invoices.settle_receivable, row.id, body)


VERBS = (
    VerbKey(
        "r",
        "settle",
        "receivables:settle",
        "With credit of the tenant, or as a loss. Money that came is recorded on the invoice: mark it as paid there.",
        _settle,
        asks=REASON,
        grave=True,
    ),
)
_WAYS = (
    KeyChoice(SettledWith.credit, "with credit of the tenant, oldest first"),
    KeyChoice(SettledWith.write_off, "as a loss of the seller's"),
)


def _row(found: Receivable) -> Row:
    standing = "open" if found.remaining_cents else "settled"
    return Row(
        found.id,
        f"receivable {found.id} of {Money(found.remaining_cents, found.currency)}",
        standing,
        (
            found.id,
            state(standing),
            money(found.remaining_cents, found.currency),
            found.tenant_id,
            str(found.source).replace("_", " "),
            minute(found.created_at),
        ),
        frozenset(["settle"] if found.remaining_cents else []),
        {"settle": _WAYS},
        about=f"invoices {found.invoice_id}",
    )


class ReceivableScreen(ReadScreen, verbs=VERBS):
    """One receivable: what is owed, since when, and beside which invoice."""

    console = "receivable"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await credits.receivable(uow, row_id)
        said = fields(
            ("id", found.id),
            ("tenant", found.tenant_id),
            ("owed", money(found.amount_cents, found.currency)),
            ("left", money(found.remaining_cents, found.currency)),
            ("why", str(found.source).replace("_", " ")),
            ("invoice", f"{found.invoice_id}  (i)"),
            ("since", minute(found.created_at)),
        )
        return _row(found), [("Receivable", said), *await story(uow, row_id)]


class ReceivablesScreen(ListScreen, verbs=VERBS):
    """What is open; what was settled stands with its invoice."""

    called = "receivables"
    console = "receivable"
    detail = ReceivableScreen
    sort = "created_at"
    columns = (
        TableColumn("Receivable", 30, grows=True),
        TableColumn("State", 9),
        TableColumn("Left", 14, right=True),
        TableColumn("Tenant", 16),
        TableColumn("Why", 17, wide=True),
        TableColumn("Since", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await credits.receivables(uow, request, ReceivableFilter(is_open=True))).shown(_row)
