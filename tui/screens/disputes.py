"""Disputes: what payers' banks ask back."""

from collections.abc import Sequence

from scaicontrol.core.money import Money
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.payments.models import Dispute
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeFilter

from ..columns import TableColumn
from ..door import Door
from ..verbs import KeyAnswer, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, money, state
from .details import ReadScreen, TitledSection, fields, story
from .lists import ListScreen


async def _close(door: Door, row: Row, given: KeyAnswer) -> object:
    body = DisputeCloseIn.model_validate({"outcome": given.choice})
    return await door.perform(payments.close_dispute, row.id, body)


VERBS = (
    VerbKey(
        "c",
        "close",
        "disputes:record",
        "Lost, its money is unbooked: the invoice is owed again or the loss written off, by the seller's terms.",
        _close,
        grave=True,
    ),
)
_OUTCOMES = tuple(KeyChoice(each, each) for each in ("won", "lost", "withdrawn"))


def _dispute(found: Dispute) -> Row:
    return Row(
        found.id,
        f"dispute {found.id} of {Money(found.amount_cents, found.currency)}",
        str(found.status),
        (
            found.id,
            state(str(found.status)),
            money(found.amount_cents, found.currency),
            found.tenant_id,
            minute(found.evidence_due_at),
            found.reason or "–",
        ),
        frozenset(["close"] if found.is_closed_by_hand else []),
        {"close": _OUTCOMES},
        about=f"invoices {found.invoice_id}",
    )


class DisputeScreen(ReadScreen, verbs=VERBS):
    """One dispute: what is asked back, by when evidence is due, and how it ended."""

    console = "dispute"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await payments.dispute(uow, row_id)
        said = fields(
            ("state", state(str(found.status))),
            ("id", found.id),
            ("tenant", found.tenant_id),
            ("amount", money(found.amount_cents, found.currency)),
            ("invoice", f"{found.invoice_id}  (i)"),
            ("provider", f"{found.provider} {found.external_id}"),
            ("reason", found.reason),
            ("evidence due", minute(found.evidence_due_at)),
            ("opened", minute(found.opened_at)),
            ("closed", minute(found.closed_at)),
            ("its outcome", None if found.is_closed_by_hand else "is told by its provider: send evidence there"),
        )
        return _dispute(found), [("Dispute", said), *await story(uow, row_id)]


class DisputesScreen(ListScreen, verbs=VERBS):
    console = "dispute"
    called = "disputes"
    detail = DisputeScreen
    states = tuple(DisputeState)
    sort = "evidence_due_at"
    columns = (
        TableColumn("Dispute", 30),
        TableColumn("State", 11),
        TableColumn("Amount", 13, right=True),
        TableColumn("Tenant", 14, wide=True),
        TableColumn("Evidence due", 16),
        TableColumn("Why", 10, wide=True, grows=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await payments.disputes(uow, request, checked(DisputeFilter, status=wanted.state))).shown(_dispute)
