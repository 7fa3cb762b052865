from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, packs
from scaicontrol.services.packs.models import DiscountType, ServicePack
from scaicontrol.services.packs.schemas import PackDetailOut, PackIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, code_filter
from .forms import table_of, whole
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of

Given = Mapping[str, str]
_ITEMS: Final = "One line each: the key of a plan, such as scaidrive.pro, and, after a comma, a price of its own in it."
_TERMS: Final = (
    Field("name", "Name"),
    Field("description", "Description", "long", required=False),
    Field("discount_type", "Priced by", "choice", choices=[each.value for each in DiscountType]),
    Field("base_price", "Price of a period", value="0", hint="In major units, such as 12.50; of a fixed price."),
    Field("discount_percentage", "Discount on its items", required=False, hint="In per cent; of a percentage."),
    Field("pack_items", "What is in it", "lines", hint=_ITEMS),
    Field("trial_days", "Days of trial", "number", value="0"),
    Field("items", "What it offers", "lines", required=False, hint="One line each."),
    Field("icon_url", "Address of its icon", required=False),
    Field("is_public", "In the catalogue", "choice", choices=("yes", "no")),
    Field("is_active", "On sale", "choice", choices=("yes", "no")),
    Field("sort_order", "Place in the catalogue", "number", value="0"),
)


async def _pack_in(backend: Backend, actor: Actor, given: Given, lasting: Mapping[str, object]) -> PackIn:
    """Read the form of a pack as the body that the API takes."""
    actor.require("packs:manage")
    currency = str(lasting["currency"])
    items = []
    for place, row in enumerate(table_of("pack_items", given.get("pack_items", ""), 1, 2)):
        plan = await backend.ask(actor, catalog.plan_by, row[0])
        price = cents_of(row[1], currency) if len(row) > 1 and row[1] else None
        items.append({"plan_id": plan.id, "override_price_cents": price, "sort_order": place})
    body = {
        **lasting,
        "name": given.get("name", ""),
        "description": given.get("description", ""),
        "icon_url": given.get("icon_url", ""),
        "base_price_cents": cents_of(given.get("base_price") or "0", currency),
        "discount_type": given.get("discount_type", ""),
        "discount_percentage": given.get("discount_percentage") or None,
        "trial_days": whole("trial_days", given.get("trial_days") or "0"),
        "features": {"items": given.get("items", "").splitlines()},
        "is_public": given.get("is_public") != "no",
        "is_active": given.get("is_active") != "no",
        "sort_order": whole("sort_order", given.get("sort_order") or "0"),
        "items": items,
    }
    if given.get("version"):
        body["version"] = whole("version", given["version"])
    return PackIn.model_validate(body)


async def create(backend: Backend, actor: Actor, _pk: str, given: Given) -> Done:
    lasting = {name: given.get(name, "") for name in ("slug", "billing_period", "currency")}
    lasting["currency"] = lasting["currency"].upper()
    made = await backend.perform(actor, packs.create, await _pack_in(backend, actor, given, lasting))
    return Done(gettext("Pack %(slug)s is made.", slug=made.slug), Ref("service-pack", made.id))


async def update(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    pack = await backend.ask(actor, packs.get, pk)
    lasting = {name: getattr(pack, name) for name in ("slug", "billing_period", "currency")}
    await backend.perform(actor, packs.update, pk, await _pack_in(backend, actor, given, lasting))
    return gettext("The pack is as you said; who has it gets other services with the next period.")


async def remove(backend: Backend, actor: Actor, pk: str, _: Given) -> Done | str:
    pack = await backend.perform(actor, packs.delete, pk)
    if await backend.ask(actor, _is_kept, pk):
        return gettext("%(name)s is off sale; who has it keeps it.", name=pack.name)
    return Done(gettext("%(name)s is gone.", name=pack.name), is_gone=True)


async def _is_kept(uow: UnitOfWork, pack_id: str) -> bool:
    uow.authorize("packs:administer")
    return await packs.is_kept(uow, pack_id)


def _known(detail: "PackPage") -> Given:
    pack = detail.pack
    lines = [
        item.plan_key
        if item.override_price_cents is None
        else f"{item.plan_key}, {formatting.major(item.override_price_cents, pack.currency)}"
        for item in pack.items
    ]
    return {
        "name": pack.name,
        "description": pack.description,
        "icon_url": pack.icon_url or "",
        "base_price": formatting.major(pack.base_price_cents, pack.currency),
        "discount_type": pack.discount_type,
        "discount_percentage": "" if pack.discount_percentage is None else formatting.exact(pack.discount_percentage),
        "trial_days": str(pack.trial_days),
        "items": "\n".join(pack.features.items),
        "is_public": "yes" if pack.is_public else "no",
        "is_active": "yes" if pack.is_active else "no",
        "sort_order": str(pack.sort_order),
        "pack_items": "\n".join(lines),
        "version": str(pack.version),
    }


@dataclass(frozen=True, slots=True)
class PackPage:
    """A pack with what is in it and what it costs, and what happened to it."""

    pack: PackDetailOut
    timeline: Timeline

    @property
    def saved_cents(self) -> int:
        """What it costs less than its items one by one; never negative."""
        return max(self.pack.items_price_cents - self.pack.price_cents, 0)


def _listed_price(pack: ServicePack) -> str:
    """Say the price of a pack, or by how much it is cheaper than what is in it."""
    if pack.discount_type is DiscountType.percentage:
        return gettext("%(percent)s %% off", percent=formatting.exact(pack.discount_percentage or 0))
    return formatting.money(pack.base_price_cents, pack.currency)


class PackView(ControlView, model=ServicePack):
    name, name_plural, icon = "Pack", "Packs", "plans"
    category, rank = MenuGroup.catalogue, 45
    about = "Several services sold as one, at one price."
    prefix = "pck"
    permission = "packs:administer"
    details_template = "console/pack.html"
    searched = (ServicePack.name, ServicePack.slug, ServicePack.id)
    search_hint = "name, slug or id"
    columns = (
        ListColumn("Pack", lambda row: row.slug, ServicePack.slug, "link"),
        ListColumn("Name", lambda row: row.name, ServicePack.name),
        ListColumn("What is in it", lambda row: ", ".join(item.plan.key for item in row.items)),
        ListColumn("Price", _listed_price, None, "number"),
        ListColumn("Billed", lambda row: formatting.spoken(row.billing_period)),
        ListColumn("On sale", lambda row: formatting.plain(row.is_active), ServicePack.is_active),
        ListColumn("Public", lambda row: formatting.plain(row.is_public)),
        ListColumn("Created", lambda row: formatting.day(row.created_at), ServicePack.created_at),
    )
    narrowing = (
        code_filter("currency", "Currency", ServicePack.currency),
        ListFilter("on_sale", "On sale", lambda value: ServicePack.is_active == (value == "yes"), ("yes", "no")),
    )
    verbs = (
        VerbButton(
            "create",
            "New pack",
            "packs:manage",
            "It is sold at once where it is active and public.",
            create,
            [
                Field("slug", "Slug", hint="It is its address, and stays."),
                Field("billing_period", "Billed", "choice", choices=[each.value for each in BillingPeriod]),
                Field("currency", "Currency", value="EUR"),
                *_TERMS,
            ],
            of_list=True,
        ),
        VerbButton(
            "update",
            "Edit",
            "packs:manage",
            "Who has it keeps its price, and gets other services with the next period.",
            update,
            [*_TERMS, Field("version", "Version", "hidden", required=False)],
            known=_known,
        ),
        VerbButton(
            "remove",
            "Remove",
            "packs:manage",
            "One that anybody ever subscribed to is taken off sale instead; who has it keeps it.",
            remove,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[ServicePack]:
        uow.authorize(self.permission)
        return packs.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PackPage:
        uow.authorize(self.permission)
        return PackPage(await packs.detail_of(uow, await packs.get(uow, pk)), await timeline_of(uow, pk))

    def title_of(self, detail: PackPage) -> str:
        return f"{detail.pack.name} ({detail.pack.slug})"

    def actions_of(self, detail: PackPage) -> Sequence[str]:
        return ["update", *(["remove"] if detail.pack.is_active else [])]


VIEWS = (PackView,)
