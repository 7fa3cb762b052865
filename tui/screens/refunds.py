"""Refunds that need a person: given up, or without an answer for long."""

from collections.abc import Sequence

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.models import Refund
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay

from ..columns import TableColumn
from ..door import Door
from ..verbs import KeyAnswer, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, money, state
from .details import ReadScreen, TitledSection, fields, story
from .lists import ListScreen


async def _pay_back(door: Door, row: Row, given: KeyAnswer) -> object:
    way = PayBackWay(given.choice or PayBackWay.card)
    body = PayBackIn(way=way, reference=given.text if way is PayBackWay.transfer else None)
    return await door.run(payments.pay_back, row.seen, body)


VERBS = (
    VerbKey(
        "w",
        "pay_back",
        "credits:pay_back",
        "What is left of its credit goes back through the providers, or is recorded as transferred.",
        _pay_back,
        asks="Of a transfer its reference, as on the bank statement; through the provider nothing",
        is_optional=True,
        grave=True,
    ),
)
_WAYS = (
    KeyChoice(PayBackWay.transfer, "a transfer that somebody made: it is recorded with its reference"),
    KeyChoice(PayBackWay.card, "through the providers that took the money, once more"),
)


def _refund(found: Refund) -> Row:
    is_free = found.released_at is not None and found.credit_id is not None
    return Row(
        found.id,
        f"refund {found.id}",
        str(found.status),
        (
            found.id,
            state(str(found.status)),
            str(found.attempts),
            found.tenant_id,
            found.payment_id,
            found.failure_message or "no answer",
        ),
        frozenset(["pay_back"] if is_free else []),
        {"pay_back": _WAYS},
        about=f"payments {found.payment_id}",
        seen=found.credit_id or "",
    )


class RefundScreen(ReadScreen, verbs=VERBS):
    """One refund, and what its provider said."""

    console = "refund"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await payments.find_refund(uow, row_id)
        payment = await payments.get(uow, found.payment_id)
        said = fields(
            ("state", state(str(found.status))),
            ("id", found.id),
            ("tenant", found.tenant_id),
            ("amount", money(found.amount_cents, payment.currency)),
            ("payment", f"{found.payment_id}  (i)"),
            ("credit", found.credit_id),
            ("why", found.failure_message),
            ("attempts", found.attempts),
            ("given up", minute(found.released_at)),
        )
        return _refund(found), [("Refund", said), *await story(uow, row_id)]


class RefundsScreen(ListScreen, verbs=VERBS):
    """Refunds that need a person: given up, or without an answer for long."""

    console = "refund"
    called = "refunds that failed"
    detail = RefundScreen
    columns = (
        TableColumn("Refund", 30),
        TableColumn("State", 10),
        TableColumn("Attempts", 8, right=True),
        TableColumn("Tenant", 14, wide=True),
        TableColumn("Payment", 30, wide=True),
        TableColumn("Why", 14, grows=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await payments.refunds_that_failed(uow, request)).shown(_refund)
