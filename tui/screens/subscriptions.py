from collections.abc import Sequence
from functools import partial
from typing import Any

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

from ..verbs import Row, VerbKey
from ..widgets.states import day, minute, money, state
from .details import DetailScreen, fields, table
from .lists import ListScreen, TableColumn
from .place import PlaceScreen


async def _resume(uow: UnitOfWork, subscription_id: str, reason: str) -> Any:
    return await subscriptions.resume(uow, subscription_id, reason=reason)


async def _cancel_now(uow: UnitOfWork, subscription_id: str, reason: str) -> Any:
    return await subscriptions.cancel(uow, subscription_id, reason, immediate=True)


VERBS = (
    VerbKey(
        "c",
        "cancel",
        "subscriptions:cancel",
        "Lets it run to the end of the period that is paid for; a trial ends at once.",
        subscriptions.cancel,
        needs_reason=True,
    ),
    VerbKey(
        "C",
        "cancel_now",
        "subscriptions:administer",
        "Ends it this moment, whatever was paid for.",
        _cancel_now,
        needs_reason=True,
        grave=True,
        shown=False,
    ),
    VerbKey(
        "r",
        "resume",
        "subscriptions:resume",
        "Takes the scheduled cancellation back, or ends the suspension.",
        _resume,
        needs_reason=True,
    ),
    VerbKey(
        "p",
        "suspend",
        "subscriptions:administer",
        "Takes the right to use the service away until it is resumed.",
        subscriptions.suspend,
        needs_reason=True,
        grave=True,
    ),
)


class SubscriptionsScreen(ListScreen):
    BINDINGS = [verb.binding for verb in VERBS]
    verbs = VERBS
    columns = (
        TableColumn("Subscription", 30),
        TableColumn("State", 13),
        TableColumn("Tenant", 20),
        TableColumn("Plan", 22),
        TableColumn("Qty", 5, right=True),
        TableColumn("Monthly", 16, right=True),
        TableColumn("Until", 10),
    )

    @property
    def crumb(self) -> str:
        return "subscriptions"

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: str) -> Page[Row]:
        words = wanted.split()
        status = next((word for word in words if word in set(SubscriptionStatus)), None)
        rest = " ".join(word for word in words if word != status)
        page = await subscriptions.page(uow, request, checked(SubscriptionFilter, status=status, q=rest or None))
        return page.shown(partial(_row, uow.actor))

    def open_row(self, row: Row) -> PlaceScreen:
        return SubscriptionScreen(self.door, row)


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
    )


class SubscriptionScreen(DetailScreen):
    """One subscription: terms, periods and its story."""

    BINDINGS = [verb.binding for verb in VERBS]
    verbs = VERBS

    async def sections(self) -> Sequence[tuple[str, RenderableType]]:
        self.row, parts = await self.door.ask(_page, self.row.id)
        return parts


async def _page(uow: UnitOfWork, subscription_id: str) -> tuple[Row, list[tuple[str, RenderableType]]]:
    found = await subscriptions.get(uow, subscription_id)
    story = await subscriptions.timeline(uow, found)
    periods = await subscriptions.periods_of(uow, subscription_id)
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
