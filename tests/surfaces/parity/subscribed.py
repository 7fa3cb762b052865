"""Deeds about subscriptions."""

from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations, subscriptions
from scaicontrol.services.declarations.schemas import DeclineIn
from scaicontrol.services.subscriptions.lifecycle import TERMINAL
from scaicontrol.services.subscriptions.models import Subscription
from tests.factories import ACME, ada
from tests.factories.declarations import cancelled_by_a_consumer
from tests.factories.subscriptions import show, subscribed

from .deed import SUBSCRIPTIONS, WHY, Deed
from .doors import Cli, Console, Mcp, Rest, Tui


async def _end_all(backend: Backend) -> None:
    async def running(uow: UnitOfWork) -> list[str]:
        query = select(Subscription.id).where(Subscription.tenant_id == ACME, Subscription.status.not_in(TERMINAL))
        return list(await uow.session.scalars(query))

    for subscription_id in await backend.ask(ada, running):
        await backend.perform(ada, subscriptions.cancel, subscription_id, immediate=True)


async def _nothing_subscribed(backend: Backend) -> str:
    await _end_all(backend)
    return ACME


async def _active(backend: Backend) -> str:
    await _end_all(backend)
    return (await subscribed(backend)).id


async def _something_subscribed(backend: Backend) -> str:
    await _active(backend)
    return ACME


async def _cancelling(backend: Backend) -> str:
    subscription_id = await _active(backend)
    await backend.perform(ada, subscriptions.cancel, subscription_id)
    return subscription_id


async def _changing_later(backend: Backend) -> str:
    subscription_id = await _active(backend)
    await backend.perform(ada, subscriptions.change_plan, subscription_id, plan="scaidrive.team", when="period_end")
    return subscription_id


async def _ended(backend: Backend) -> str:
    subscription_id = await _active(backend)
    await backend.perform(ada, subscriptions.cancel, subscription_id, immediate=True)
    assert (await show(backend, subscription_id)).status in TERMINAL
    return subscription_id


async def _declared(backend: Backend) -> str:
    """A consumer cancels what is active, anew for each door."""
    return (await cancelled_by_a_consumer(backend, await _active(backend))).id


async def _decided(backend: Backend) -> str:
    declaration_id = await _declared(backend)
    await backend.perform(ada, declarations.decline, declaration_id, DeclineIn(note="Not ours."))
    return declaration_id


OPERATES = "subscriptions:administer"  # what the operators' routes ask for, before the verb asks for its own
SUBSCRIBED = (
    Deed(
        "subscriptions.subscribe", "subscriptions:subscribe", _nothing_subscribed,
        {"subscribed already": _something_subscribed},
        (
            Rest("POST /subscriptions"), Rest(f"POST {SUBSCRIPTIONS}", {"tenant_id": "{id}"}, needs=OPERATES),
            Mcp("manage_subscriptions", "create", body={"tenant_id": "{id}"}),
            Console("subscription", "create", {"tenant": "{id}", "plan": "scaidrive.pro", "quantity": "2"}, OPERATES),
        ),
        {"plan_key": "scaidrive.pro", "quantity": 2},
    ),
    Deed(
        "subscriptions.change_plan", "subscriptions:change", _active,
        {"ended": _ended, "cancelled already": _cancelling},
        (
            Rest("POST /subscriptions/{subscription_id}/change-plan"),
            Mcp("manage_subscriptions", "change_plan", "subscription_id"),
            Cli("admin subscriptions change-plan", ("{id}", "--plan", "scaidrive.team", "--quantity", "4")),
            Console("subscription", "change_plan", {"plan": "scaidrive.team", "quantity": "4"}),
        ),
        {"plan_key": "scaidrive.team", "quantity": 4},
    ),
    Deed(
        "subscriptions.undo_change", "subscriptions:change", _changing_later, {"no change waits": _active},
        (
            Rest("POST /subscriptions/{subscription_id}/undo-change"),
            Mcp("manage_subscriptions", "undo_change", "subscription_id"), Cli("admin subscriptions undo-change"),
            Console("subscription", "undo_change"),
        ),
    ),
    Deed(
        "subscriptions.override", OPERATES, _active, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/override"),
            Mcp("manage_subscriptions", "override", "subscription_id"),
            Console("subscription", "override", {**WHY, "quantity": "3"}),
        ),
        {**WHY, "quantity": 3},
    ),
    Deed(
        "subscriptions.cancel", "subscriptions:cancel", _active, {"ended": _ended, "cancelled already": _cancelling},
        (
            Rest("POST /subscriptions/{subscription_id}/cancel"),
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/cancel", needs=OPERATES),
            Mcp("manage_subscriptions", "cancel", "subscription_id"),
            Cli("admin subscriptions cancel", ("{id}", "--reason", WHY["reason"])),
            Console("subscription", "cancel", WHY), Tui("subscriptions", "cancel", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "subscriptions.cancel at once", OPERATES, _active, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/cancel"),
            Mcp("manage_subscriptions", "cancel", "subscription_id", needs="subscriptions:cancel"),
            Cli("admin subscriptions cancel", ("{id}", "--immediate", "--reason", WHY["reason"])),
            Console("subscription", "cancel_now", WHY), Tui("subscriptions", "cancel_now", WHY["reason"]),
        ),
        {**WHY, "immediate": True},
    ),
    Deed(
        "subscriptions.resume", "subscriptions:resume", _cancelling, {"active": _active, "ended": _ended},
        (
            Rest("POST /subscriptions/{subscription_id}/resume"),
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/resume", needs=OPERATES),
            Mcp("manage_subscriptions", "resume", "subscription_id"), Cli("admin subscriptions resume"),
            Console("subscription", "resume"), Tui("subscriptions", "resume"),
        ),
    ),
    Deed(
        "subscriptions.suspend", OPERATES, _active, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/suspend"),
            Mcp("manage_subscriptions", "suspend", "subscription_id"),
            Cli("admin subscriptions suspend", ("{id}", "--reason", WHY["reason"])),
            Console("subscription", "suspend", WHY), Tui("subscriptions", "suspend", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "subscriptions.bulk", OPERATES, _active, {"without a reason": (_active, {"reason": None})},
        (
            Rest(f"POST {SUBSCRIPTIONS}/bulk", {"action": "suspend"}),
            Mcp("manage_subscriptions", "bulk", body={"verb": "suspend"}),
        ),
        {**WHY, "ids": ["{id}"]},
    ),
    Deed(
        "declarations.carry_out", "declarations:decide", _declared, {"decided already": _decided},
        (Rest("POST /admin/declarations/{declaration_id}/carry-out"), Console("declaration", "carry_out")),
    ),
    Deed(
        "declarations.decline", "declarations:decide", _declared, {"decided already": _decided},
        (
            Rest("POST /admin/declarations/{declaration_id}/decline"),
            Console("declaration", "decline", {"note": "Not ours."}),
        ),
        {"note": "Not ours."},
    ),
)  # fmt: skip
