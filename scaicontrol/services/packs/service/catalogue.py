"""What a pack is: its words, its price and its items."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Invalid, Reason, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan

from .. import queries
from ..events import PackCreated, PackDeleted, PackUpdated
from ..models import ServicePack, ServicePackItem
from ..schemas import PackIn

# Subscriptions and portals refer to a pack by these; another value is another pack.
_LASTING: Final = ("slug", "billing_period", "currency")


@verb
async def create(uow: UnitOfWork, new: PackIn) -> ServicePack:
    """
    Put a pack into the catalogue.

    Raises Conflict for a slug that is taken, Invalid for items that do not fit: an unknown plan or one off sale, two of
    one service, another billing period or currency than the pack's.
    """
    uow.authorize("packs:manage")
    if await uow.session.scalar(select(ServicePack.id).where(ServicePack.slug == new.slug)):
        raise Conflict(f"Pack {new.slug} exists; update it, or choose another slug.")
    plans = await _plans(uow, new)
    pack = ServicePack(id=new_id("pck"), version=1, items=[], **_columns(new))
    _set_items(pack, new, plans)
    uow.session.add(pack)
    uow.emit(PackCreated(pack_id=pack.id, pack_slug=pack.slug, version=pack.version), after=new.model_dump(mode="json"))
    return pack


@verb
async def update(uow: UnitOfWork, pack_id: str, replacement: PackIn) -> ServicePack:
    """
    Replace what a pack says; who has it keeps its price, and gets other items with its next period.

    Raises NotFound, Conflict for a stale `version`, Invalid for what lasts as long as the pack and for items that do
    not fit.
    """
    uow.authorize("packs:manage")
    pack = await queries.get(uow, pack_id, lock=True)
    if replacement.version not in (None, pack.version):
        raise Conflict(
            f"Somebody changed {pack} meanwhile: it is at version {pack.version}, you read {replacement.version}. "
            "Read it again."
        )
    columns = _columns(replacement)
    if moved := [name for name in _LASTING if columns[name] != getattr(pack, name)]:
        raise Invalid(
            f"{' and '.join(moved)} of {pack} cannot change; deactivate it and create another pack.",
            reasons=[Reason("lasting", f"{name} cannot change.", name) for name in moved],
        )
    plans = await _plans(uow, replacement, {item.plan_id for item in pack.items})
    changed = {name for name, value in columns.items() if getattr(pack, name) != value}
    for name in changed:
        setattr(pack, name, columns[name])
    if _said(pack) != {(i.plan_id, i.override_price_cents, i.sort_order) for i in replacement.items}:
        _set_items(pack, replacement, plans)
        changed.add("items")
    if changed:
        _tell_update(uow, pack, sorted(changed))
    return pack


@verb
async def delete(uow: UnitOfWork, pack_id: str) -> ServicePack:
    """
    Remove a pack; one that anybody ever subscribed to is taken off sale instead, and who has it keeps it.

    Raises NotFound.
    """
    uow.authorize("packs:manage")
    pack = await queries.get(uow, pack_id, lock=True)
    if await queries.was_ever_subscribed(uow, pack.id):
        if pack.is_active:
            pack.is_active = False
            _tell_update(uow, pack, ["is_active"])
        return pack
    await uow.session.delete(pack)
    uow.emit(PackDeleted(pack_id=pack.id, pack_slug=pack.slug, version=pack.version + 1))
    return pack


def _tell_update(uow: UnitOfWork, pack: ServicePack, changed: list[str]) -> None:
    pack.version += 1
    uow.emit(
        PackUpdated(pack_id=pack.id, pack_slug=pack.slug, version=pack.version, changed_fields=changed),
        after={"items": [item.plan.key for item in pack.items]} if "items" in changed else None,
    )


def _columns(pack: PackIn) -> dict[str, object]:
    columns = pack.model_dump(exclude={"items", "version", "features"})
    return {**columns, "features": pack.features.model_dump()}


def _said(pack: ServicePack) -> set[tuple[str, int | None, int]]:
    return {(item.plan_id, item.override_price_cents, item.sort_order) for item in pack.items}


def _set_items(pack: ServicePack, wanted: PackIn, plans: Mapping[str, Plan]) -> None:
    """Make the items these, changing rows in place: of one service there is one."""
    there = {item.service_id: item for item in pack.items}
    for new in wanted.items:
        plan = plans[new.plan_id]
        item = there.pop(plan.service_id, None)
        if item is None:
            item = ServicePackItem(id=new_id("pki"), service_id=plan.service_id, service=plan.service)
            pack.items.append(item)
        item.plan_id, item.plan = plan.id, plan
        item.override_price_cents, item.sort_order = new.override_price_cents, new.sort_order
    for item in there.values():
        pack.items.remove(item)


async def _plans(uow: UnitOfWork, pack: PackIn, kept: set[str] | None = None) -> Mapping[str, Plan]:
    """Find the plans of the items and say which do not fit; what the pack holds already may be off sale by now."""
    plans = await catalog.plans_by_id(uow, {item.plan_id for item in pack.items})
    services: set[str] = set()
    for item in pack.items:
        plan = plans.get(item.plan_id)
        if plan is None:
            raise invalid("items", f"No plan {item.plan_id}.", "unknown_plan")
        if plan.service_id in services:
            raise invalid("items", f"Two plans of {plan.service.slug}: a pack holds one of a service.", "twice")
        services.add(plan.service_id)
        if plan.id not in (kept or ()) and not (plan.is_active and plan.service.is_sellable):
            raise invalid("items", f"{plan.key} is not on sale.", "plan_not_sold")
        if plan.billing_period != pack.billing_period:
            raise invalid(
                "items", f"{plan.key} is billed {plan.billing_period}, the pack {pack.billing_period}.", "other_period"
            )
        if plan.currency != pack.currency:
            raise invalid(
                "items", f"{plan.key} is priced in {plan.currency}, the pack in {pack.currency}.", "other_currency"
            )
    return plans
