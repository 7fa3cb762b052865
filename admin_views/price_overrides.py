from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, partners
from scaicontrol.services.catalog.models import Plan, PriceOverride
from scaicontrol.services.catalog.schemas import PriceOverrideIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, named_column
from .forms import day_start, whole
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of

Given = Mapping[str, str]
_PRICE: Final = (
    Field("price", "Price", required=False, hint="In major units; or a markup, not both."),
    Field("markup_percent", "Markup on the list price", required=False, hint="In per cent; -10 is a discount."),
    Field("currency", "Currency"),
    Field("valid_from", "From", "date"),
    Field("valid_to", "Until", "date", required=False, hint="This day is the first without it; empty: for good."),
)


async def add(backend: Backend, actor: Actor, _pk: str, given: Given) -> Done:
    partner_id = given.get("partner", "")
    actor.require("price_overrides:manage")
    plan = await backend.ask(actor, catalog.plan_by, given.get("plan", ""))
    await backend.ask(actor, partners.get, partner_id)
    made = await backend.perform(actor, catalog.add_override, partner_id, _override_in(given, plan.id))
    return Done(gettext("The partner has its own price for %(key)s.", key=plan.key), Ref("price-override", made.id))


async def change(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    actor.require("price_overrides:manage")
    there = await backend.ask(actor, catalog.find_override, pk)
    await backend.perform(actor, catalog.change_override, there.partner_id, pk, _override_in(given, there.plan_id))
    return gettext("It holds from now on; prices that subscriptions have already stay.")


async def remove(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    actor.require("price_overrides:manage")
    there = await backend.ask(actor, catalog.find_override, pk)
    await backend.perform(actor, catalog.remove_override, there.partner_id, pk)
    return Done(gettext("The list price holds again."), Ref("partner", there.partner_id))


def _override_in(given: Given, plan_id: str) -> PriceOverrideIn:
    currency = given.get("currency", "").upper()
    return PriceOverrideIn.model_validate({
        "plan_id": plan_id,
        "price_cents": cents_of(given.get("price", ""), currency),
        "markup_percent": given.get("markup_percent") or None,
        "currency": currency,
        "valid_from": day_start("valid_from", given.get("valid_from", "")),
        "valid_to": day_start("valid_to", given["valid_to"]) if given.get("valid_to") else None,
        "version": whole("version", given["version"]) if given.get("version") else None,
    })  # fmt: skip


def _known_override(detail: "OverridePage") -> Given:
    row = detail.override
    return {
        "price": "" if row.price_cents is None else formatting.major(row.price_cents, row.currency),
        "markup_percent": "" if row.markup_percent is None else formatting.exact(row.markup_percent),
        "currency": row.currency,
        "valid_from": row.valid_from.date().isoformat(),
        "valid_to": row.valid_to.date().isoformat() if row.valid_to else "",
        "version": str(row.version),
    }


def said_price(row: PriceOverride) -> str:
    """Say a partner's own price: an amount, or how far it is from the list price."""
    if row.price_cents is not None:
        return formatting.money(row.price_cents, row.currency)
    markup = row.markup_percent or Decimal(0)
    return gettext(
        "list %(more)s %(markup)s %%", more="+" if markup >= 0 else "−", markup=formatting.number(abs(markup))
    )


@dataclass(frozen=True, slots=True)
class OverridePage:
    """A partner's own price, and of what."""

    override: PriceOverride
    plan: Plan
    partner: str
    timeline: Timeline

    @property
    def price(self) -> str:
        return said_price(self.override)


class PriceOverrideView(ControlView, model=PriceOverride):
    name, name_plural, icon = "Price override", "Price overrides", "overrides"
    category, rank = MenuGroup.catalogue, 50
    about = "Partners' own prices for plans: an amount, or a markup on the list price, while it is valid."
    prefix = "ovr"
    permission = "price_overrides:read"
    details_template = "console/price_override.html"
    searched = (PriceOverride.id, PriceOverride.plan_id, PriceOverride.partner_id)
    search_hint = "id, plan or partner"
    columns = (
        ListColumn("Price", said_price, None, "link"),
        named_column("Partner", "partner", "partner_id"),
        named_column("Plan", "plan", "plan_id"),
        ListColumn("From", lambda row: formatting.day(row.valid_from), PriceOverride.valid_from),
        ListColumn("Until", lambda row: formatting.day(row.valid_to), PriceOverride.valid_to),
        ListColumn("Created", lambda row: formatting.day(row.created_at), PriceOverride.created_at),
    )
    narrowing = (
        ListFilter("partner", "Partner", lambda value: PriceOverride.partner_id == value, kind="partner"),
        ListFilter("plan", "Plan", lambda value: PriceOverride.plan_id == value, kind="plan"),
    )
    verbs = (
        VerbButton(
            "add",
            "Give a partner its own price",
            "price_overrides:manage",
            "Its tenants get it when they subscribe or renew while it is valid; ranges never overlap.",
            add,
            [Field("partner", "Partner", "partner"), Field("plan", "Plan", "plan"), *_PRICE],
            of_list=True,
        ),
        VerbButton(
            "change",
            "Change",
            "price_overrides:manage",
            "It holds from now on; prices that subscriptions have already stay.",
            change,
            [*_PRICE, Field("version", "Version", "hidden", required=False)],
            known=_known_override,
        ),
        VerbButton(
            "remove",
            "Remove",
            "price_overrides:manage",
            "The list price holds again for who subscribes or renews.",
            remove,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[PriceOverride]:
        return catalog.visible_overrides(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> OverridePage:
        row = await catalog.find_override(uow, pk)
        plans = await catalog.plans_by_id(uow, [row.plan_id])
        return OverridePage(
            override=row,
            plan=plans[row.plan_id],
            partner=(await partners.names(uow, [row.partner_id])).get(row.partner_id, row.partner_id),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: OverridePage) -> str:
        return gettext("%(key)s for %(partner)s", key=detail.plan.key, partner=detail.partner)

    def actions_of(self, detail: OverridePage) -> Sequence[str]:
        return ["change", "remove"]


VIEWS = (PriceOverrideView,)
