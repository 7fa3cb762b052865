"""Deeds about packs."""

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import packs
from scaicontrol.services.subscriptions.lifecycle import TERMINAL
from tests.factories import ACME, ada
from tests.factories.packs import beside, office, packed, sold
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
    return f"office/{ACME}"


async def _a_part_held(backend: Backend) -> str:
    await _for_sale(backend)
    await subscribed(backend)
    return f"office/{ACME}"


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


async def _a_slug(backend: Backend) -> str:
    await _for_sale(backend)
    return f"waiting{(await backend.ask(ada, packs.page, PageRequest(1, 1))).total}"


async def _a_taken_slug(backend: Backend) -> str:
    await _for_sale(backend)
    return "office"


async def _a_pack(backend: Backend) -> str:
    slug = await _a_slug(backend)
    return (await sold(backend, slug=slug)).id


async def _a_fresh_one(backend: Backend) -> str:
    """`fresh` anew, since its slug is part of what a change says."""
    await _for_sale(backend)
    for pack in (await backend.ask(ada, packs.page, PageRequest(1, 100))).items:
        if pack.slug == "fresh":
            await backend.perform(ada, packs.delete, pack.id)
    return (await sold(backend, slug="fresh")).id


async def _no_pack(backend: Backend) -> str:
    await _for_sale(backend)
    return "pck_nowhere"


_FORM = {
    "name": "Office", "description": "Files and contacts together.", "discount_type": "fixed_price", "base_price": "26",
    "pack_items": "scaidrive.pro\nscaicrm.contacts", "trial_days": "0", "is_public": "yes", "is_active": "yes",
    "sort_order": "0",
}  # fmt: skip
_BODY = {**office(base_price_cents=2600).model_dump(mode="json", exclude={"version"})}
PACKS = (
    Deed(
        "packs.create", "packs:manage", _a_slug, {"a slug that is taken": _a_taken_slug},
        (
            Rest("POST /admin/packs"),
            Console(
                "service-pack", "create", {**_FORM, "slug": "{id}", "billing_period": "monthly", "currency": "EUR"}
            ),
        ),
        {**_BODY, "slug": "{id}"},
    ),
    Deed(
        "packs.update", "packs:manage", _a_fresh_one, {"no such pack": _no_pack},
        (Rest("PUT /admin/packs/{pack_id}"), Console("service-pack", "update", {**_FORM, "version": "1"})),
        {**_BODY, "slug": "fresh", "version": 1},
    ),
    Deed(
        "packs.delete", "packs:manage", _a_pack, {"no such pack": _no_pack},
        (Rest("DELETE /admin/packs/{pack_id}"), Cli("admin packs remove"), Console("service-pack", "remove")),
    ),
    Deed(
        "provisioning.subscribe_pack",
        "subscriptions:subscribe",
        _nothing_held,
        {"a part of it by itself": _a_part_held},
        (
            Rest("POST /service-packs/{slug}/subscribe"),
            Cli("admin packs subscribe", ("{id}", "--tenant", "{inner}")),
            Console("pack-subscription", "create", {"tenant": "{inner}", "pack": "{id}"}, OPERATES),
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
        "packs.cancel", "subscriptions:cancel", _active, {"ended": _ended},
        (
            Rest(f"POST {SUBSCRIPTIONS}/{{subscription_id}}/cancel", {"immediate": True}, OPERATES),
            Console("pack-subscription", "cancel_now", WHY, OPERATES),
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
