from collections.abc import Sequence
from functools import partial

from rich.console import RenderableType
from rich.text import Text

from scaicontrol.core.actor import Actor
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter

from ..columns import TableColumn
from ..verbs import REASON, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import day, minute, money, state
from .details import ReadScreen, TitledSection, fields, table
from .lists import ListScreen

VERBS = (
    VerbKey(
        "c",
        "cancel",
        "subscriptions:cancel",
        "Lets it run to the end of the period that is paid for; a trial ends at once.",
        lambda door, row, given: door.perform(subscriptions.cancel, row.id, given.text),
        asks=REASON,
    ),
    VerbKey(
        "C",
        "cancel_now",
        "subscriptions:administer",
        "Ends it this moment, whatever was paid for.",
        lambda door, row, given: door.perform(subscriptions.cancel, row.id, given.text, immediate=True),
        asks=REASON,
        grave=True,
        shown=False,
    ),
    VerbKey(
        "r",
        "resume",
        "subscriptions:resume",
        "Takes the scheduled cancellation back, or ends the suspension.",
        lambda door, row, given: door.perform(subscriptions.resume, row.id, reason=given.text),
        asks=REASON,
    ),
    VerbKey(
        "s",
        "suspend",
        "subscriptions:administer",
        "Takes the right to use the service away until it is resumed.",
        lambda door, row, given: door.perform(subscriptions.suspend, row.id, given.text),
        asks=REASON,
        grave=True,
    ),
)


def _row(actor: Actor, found: Subscription) -> Row:
    return Row(
        id=found.id,
        label=str(found),
        status=str(found.status),
        cells=(
            found.id,
            state(str(found.status)),
            found.tenant_id,
            found.plan_key,
            Text(str(found.quantity), justify="right"),
            money(found.mrr_amount_cents, found.currency),
            day(found.current_period_last_day),
        ),
        actions=frozenset(subscriptions.offered(actor, found)),
        about=f"invoices past_due {found.tenant_id}",
    )


class SubscriptionScreen(ReadScreen, verbs=VERBS):
    """One subscription: terms, periods and its story."""

    console = "subscription"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found = await subscriptions.get(uow, row_id)
        story = await subscriptions.timeline(uow, found)
        periods = await subscriptions.periods_of(uow, row_id)
        row = _row(uow.actor, found)
        return row, [
            ("Subscription", _summary(found, row)),
            (
                "Periods",
                table(
                    ("From", "To", "Plan", "Quantity", "Price"),
                    (
                        (
                            day(p.first_day),
                            day(p.last_day),
                            p.plan.slug,
                            p.quantity,
                            money(p.unit_price_cents, p.currency),
                        )
                        for p in reversed(periods)
                    ),
                    right=(3, 4),
                    none="No period has begun yet.",
                ),
            ),
            (
                "Timeline",
                table(
                    ("When", "What", "Who", "Why"),
                    ((minute(e.occurred_at), e.action, e.actor_id or "–", e.reason or "–") for e in story),
                    none="Nothing happened yet.",
                ),
            ),
        ]


class SubscriptionsScreen(ListScreen, verbs=VERBS):
    called = "subscriptions"
    console = "subscription"
    detail = SubscriptionScreen
    states = tuple(SubscriptionStatus)
    searched = True
    columns = (
        TableColumn("Subscription", 30),
        TableColumn("State", 12),
        TableColumn("Tenant", 14),
        TableColumn("Plan", 18, wide=True, grows=True),
        TableColumn("Qty", 4, right=True, wide=True),
        TableColumn("Monthly", 14, right=True),
        TableColumn("Until", 10, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        narrowed = checked(SubscriptionFilter, status=wanted.state, q=wanted.words or None)
        return (await subscriptions.page(uow, request, narrowed)).shown(partial(_row, uow.actor))


def _summary(found: Subscription, row: Row) -> RenderableType:
    return fields(
        ("state", state(str(found.status))),
        ("id", found.id),
        ("tenant", found.tenant_id),
        ("seller", found.partner_id),
        ("plan", found.plan_key),
        ("quantity", found.quantity),
        ("monthly", money(found.mrr_amount_cents, found.currency)),
        ("active since", minute(found.activated_at)),
        ("paid through", day(found.current_period_last_day)),
        ("then", f"{found.pending_plan_key} × {found.pending_quantity}" if found.pending_plan_key else None),
        ("trial ends", minute(found.trial_ends_at)),
        ("past due since", minute(found.past_due_since)),
        ("suspended", f"{minute(found.suspended_at)}  {found.suspended_reason or ''}" if found.suspended_at else None),
        ("ends", minute(found.pending_cancellation_at)),
        ("ended", minute(found.cancelled_at)),
        ("because", found.cancellation_reason),
        ("reference", found.external_reference),
        ("allows", ", ".join(sorted(row.actions)).replace("_", " ")),
    )
