"""Deeds about packs."""

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import packs
from scaicontrol.services.subscriptions.lifecycle import TERMINAL
from tests.factories import ACME, ada
from tests.factories.packs import beside, packed, sold
from tests.factories.subscriptions import subscribed

from .deed import SUBSCRIPTIONS, WHY, Deed
from .doors import Cli, Console, Rest
from .subscribed import OPERATES, _end_all


async def _for_sale(backend: Backend) -> None:
    """`office` is on sale; nobody has it, nor anything of it."""
    known = (await backend.ask(ada, packs.page, PageRequest(1, 10))).items
    if not known:
        await beside(backend)
        await sold(backend)
    for held in (await backend.ask(ada, packs.page_of_subscriptions, PageRequest(1, 50))).items:
        if held.status not in TERMINAL:
            await backend.perform(ada, packs.cancel, held.id, immediate=True)
    await _end_all(backend)


async def _nothing_held(backend: Backend) -> str:
    await _for_sale(backend)
    return ACME


async def _a_part_held(backend: Backend) -> str:
    await _for_sale(backend)
    await subscribed(backend)
    return ACME


async def _active(backend: Backend) -> str:
    await _for_sale(backend)
    return (await packed(backend)).id


async def _cancelling(backend: Backend) -> str:
    held = await _active(backend)
    await backend.perform(ada, packs.cancel, held)
    return held


async def _suspended(backend: Backend) -> str:
    held = await _active(backend)
    await backend.perform(ada, packs.suspend, held, "Abuse.")
    return held


async def _ended(backend: Backend) -> str:
    held = await _active(backend)
    await backend.perform(ada, packs.cancel, held, immediate=True)
    return held


PACKS = (
    Deed(
        "provisioning.subscribe_pack", "subscriptions:subscribe", _nothing_held, {"a part of it by itself": _a_part_held},
        (
            Rest("POST /service-packs/office/subscribe"),
            Cli("admin packs subscribe", ("office", "--tenant", "{id}")),
            Console("pack-subscription", "create", {"tenant": "{id}", "pack": "office"}, OPERATES),
        ),
    ),
    Deed(
        "packs.cancel", "subscriptions:cancel", _active, {"ended": _ended, "cancelled already": _cancelling},
        (
            Rest("POST /service-packs/subscriptions/{pack_subscription_id}/cancel"),
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/cancel", needs=OPERATES),
            Cli("admin packs cancel", ("{id}", "--reason", WHY["reason"])),
            Console("pack-subscription", "cancel", WHY),
        ),
        WHY,
    ),
    Deed(
        "packs.suspend", OPERATES, _active, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/suspend"),
            Cli("admin packs suspend", ("{id}", "--reason", WHY["reason"])),
            Console("pack-subscription", "suspend", WHY),
        ),
        WHY,
    ),
    Deed(
        "packs.resume", "subscriptions:resume", _suspended, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/resume", needs=OPERATES),
            Cli("admin packs resume", ("{id}", "--reason", WHY["reason"])),
            Console("pack-subscription", "resume", WHY),
        ),
        WHY,
    ),
)  # fmt: skip
