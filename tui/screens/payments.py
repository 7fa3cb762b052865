"""Payments: those that failed, and those on which provider and books disagree."""

from collections.abc import Sequence

from scaicontrol.core.money import Money
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.lifecycle import MismatchDecision, PaymentState
from scaicontrol.services.payments.models import Payment
from scaicontrol.services.payments.schemas import MismatchIn, PaymentFilter

from ..columns import TableColumn
from ..door import Door
from ..verbs import REASON, KeyAnswer, KeyChoice, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, money, state
from .details import ReadScreen, TitledSection, fields, story
from .lists import ListScreen


async def _resolve(door: Door, row: Row, given: KeyAnswer) -> object:
    body = MismatchIn(decision=MismatchDecision(given.choice), reason=given.text)
    return await door.perform(payments.resolve_mismatch, row.id, body)


VERBS = (
    VerbKey(
        "r",
        "retry",
        "payments:retry",
        "The provider is asked once more, as a new attempt with a key of its own.",
        lambda door, row, _: door.run(payments.retry, row.id),
    ),
    VerbKey(
        "a",
        "resolve",
        "payments:resolve",
        "Accepted, the books follow what the provider says; kept, they stay, and a payment under way has failed.",
        _resolve,
        asks=REASON,
        grave=True,
    ),
)
_DECISIONS = (
    KeyChoice(MismatchDecision.accept, "accept: the books follow what the provider says"),
    KeyChoice(MismatchDecision.keep, "keep: the books stay as they are"),
)


def _payment(found: Payment) -> Row:
    why = found.failure_message or found.failure_code or ""
    is_open = found.status in (PaymentState.failed, PaymentState.reversed)
    return Row(
        found.id,
        f"payment {found.id} of {Money(found.amount_cents, found.currency)}",
        str(found.status),
        (
            found.id,
            state("mismatched" if found.is_mismatched else str(found.status)),
            money(found.amount_cents, found.currency),
            found.tenant_id,
            why,
            minute(found.created_at),
        ),
        frozenset([*(["resolve"] if found.is_mismatched else []), *(["retry"] if is_open else [])]),
        {"resolve": _DECISIONS},
        about=f"invoices {found.invoice_id}",
    )


class PaymentScreen(ReadScreen, verbs=VERBS):
    """One attempt to collect an invoice, and what its provider said."""

    console = "payment"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await payments.get(uow, row_id)
        reported = None
        if found.reported_currency is not None and found.reported_cents is not None:
            reported = money(found.reported_cents, found.reported_currency)
        said = fields(
            ("state", state(str(found.status))),
            ("id", found.id),
            ("tenant", found.tenant_id),
            ("invoice", f"{found.invoice_id}  (i)"),
            ("amount", money(found.amount_cents, found.currency)),
            ("provider", f"{found.provider} {found.external_id or ''}"),
            ("provider says", reported),
            ("attempt", found.attempt),
            ("why", found.failure_message or found.failure_code),
            ("tried again", minute(found.next_retry_at)),
            ("created", minute(found.created_at)),
        )
        return _payment(found), [("Payment", said), *await story(uow, row_id)]


class PaymentsScreen(ListScreen, verbs=VERBS):
    console = "payment"
    called = "payments"
    detail = PaymentScreen
    states = (*PaymentState, "mismatched", "uncollected")
    searched = True
    columns = (
        TableColumn("Payment", 30),
        TableColumn("State", 13),
        TableColumn("Amount", 14, right=True),
        TableColumn("Tenant", 14, wide=True),
        TableColumn("Why", 12, grows=True),
        TableColumn("Created", 16, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        mismatched = True if wanted.state == "mismatched" else None
        uncollected = True if wanted.state == "uncollected" else None
        of_tenant = wanted.words.startswith("tnt_")
        narrowed = checked(
            PaymentFilter,
            status=None if mismatched or uncollected else wanted.state,
            is_mismatched=mismatched,
            is_uncollected=uncollected,
            tenant_id=wanted.words if of_tenant else None,
            q=None if of_tenant else wanted.words or None,
        )
        return (await payments.page(uow, request, narrowed)).shown(_payment)
