from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, invalid
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.verbs import VerbCall
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, changes, partners, plan_moves, registry, usage
from scaicontrol.services.catalog import Price
from scaicontrol.services.catalog.models import Plan, PlanVersion, PriceOverride, UsagePrice
from scaicontrol.services.catalog.schemas import PlanIn
from scaicontrol.services.plan_moves.models import PlanMove
from scaicontrol.services.subscriptions.forecast import Held, held_by_version
from scaicontrol.services.usage import Rated

from . import formatting
from .base import ControlView, ListColumn, ListFilter, code_filter, named_column
from .flash import status_of
from .forms import table_of, typed, whole
from .language import gettext, ngettext
from .menu import MenuGroup
from .names import Ref, chosen
from .price_overrides import said_price
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton, cents_of

Given = Mapping[str, str]
_TIERS: Final = (
    "One line a bracket: metric, from, to (empty: open), price, for how many units, what a unit is called, how it is "
    "read (graduated, volume or package), a flat price for the bracket."
)
_TERMS: Final = (
    Field("name", "Name"),
    Field("description", "Description", "long", required=False),
    Field("tier", "Tier", required=False),
    Field("base_price", "Price of a period", hint="In major units, such as 12.50."),
    Field(
        "cost_multiplier", "Cost multiplier", value="1", hint="What partners pay of it where they have no own price."
    ),
    Field("setup_price", "Set-up", value="0", required=False, hint="Charged once, with the first paid period."),
    Field(
        "minimum_use", "Use, at least", value="0", required=False, hint="What the use of a period is charged at least."
    ),
    Field("trial_days", "Days of trial", "number", value="0"),
    Field("term_months", "Months of term", "number", required=False),
    Field("usage", "Prices of use", "lines", required=False, hint=_TIERS),
    Field("quotas", "Quotas", "lines", required=False, hint="One line each: metric, limit."),
    Field("items", "What it offers", "lines", required=False, hint="One line each."),
    Field("unit", "Sold by the", required=False, hint="Such as user."),
    Field("is_public", "In the catalogue", "choice", choices=("yes", "no")),
    Field("is_active", "On sale", "choice", choices=("yes", "no")),
    Field("sort_order", "Place in the catalogue", "number", value="0"),
)


def _plan_in(given: Given, lasting: Mapping[str, object], extra: Mapping[str, object]) -> PlanIn:
    """Read the form of a plan as the body that the API takes."""
    currency = str(lasting["currency"])
    names = (
        "metric_slug", "tier_start", "tier_end", "unit_price_cents", "unit_divisor", "unit_label", "price_model",
        "flat_price_cents",
    )  # fmt: skip
    rows = table_of("usage", given.get("usage", ""), 4, len(names))
    usage_prices: list[dict[str, object]] = [dict(zip(names, row, strict=False)) for row in rows]
    for price in usage_prices:
        price["tier_end"] = price["tier_end"] or None
        price["unit_price_cents"] = cents_of(str(price["unit_price_cents"]), currency)
        price["unit_divisor"] = whole("usage", str(price.get("unit_divisor") or 1))
        price["price_model"] = price.get("price_model") or "graduated"
        price["flat_price_cents"] = cents_of(str(price.get("flat_price_cents") or "0"), currency)
    body = {
        **lasting,
        "name": given.get("name", ""),
        "description": given.get("description", ""),
        "tier": given.get("tier", ""),
        "base_price_cents": cents_of(given.get("base_price", ""), currency),
        "cost_multiplier": given.get("cost_multiplier") or "1",
        "trial_days": whole("trial_days", given.get("trial_days") or "0"),
        "term_months": whole("term_months", given["term_months"]) if given.get("term_months") else None,
        "setup_price_cents": cents_of(given.get("setup_price") or "0", currency),
        "minimum_use_cents": cents_of(given.get("minimum_use") or "0", currency),
        "usage_pricing": usage_prices,
        "quotas": {row[0]: whole("quotas", row[1]) for row in table_of("quotas", given.get("quotas", ""), 2, 2)},
        "features": {"items": given.get("items", "").splitlines(), "unit": given.get("unit", "")},
        "is_public": given.get("is_public") != "no",
        "is_active": given.get("is_active") != "no",
        "sort_order": whole("sort_order", given.get("sort_order") or "0"),
        "metadata": dict(extra),
    }
    if given.get("version"):
        body["version"] = whole("version", given["version"])
    return PlanIn.model_validate(body)


async def create(backend: Backend, actor: Actor, _pk: str, given: Given) -> Done:
    actor.require("plans:manage")
    service = await backend.ask(actor, registry.get, given.get("service", ""))
    lasting = {name: given.get(name, "") for name in ("slug", "billing_period", "currency")}
    lasting |= {"service_id": service.id, "currency": lasting["currency"].upper()}
    made = await backend.perform(actor, catalog.create, _plan_in(given, lasting, {}))
    return Done(gettext("Plan %(slug)s.%(slug_2)s is made.", slug=service.slug, slug_2=made.slug), Ref("plan", made.id))


async def update(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    before, body = await _edited(backend, actor, pk, given)
    plan = await backend.perform(actor, catalog.update, pk, body)
    if plan.plan_version != before:
        return gettext(
            "Version %(plan_version)s is sold from now on; who has the plan keeps the version they have.",
            plan_version=plan.plan_version,
        )
    return gettext("The plan is as you said.")


async def _edited(backend: Backend, actor: Actor, pk: str, given: Given) -> tuple[int, PlanIn]:
    actor.require("plans:manage")
    plan = await backend.ask(actor, catalog.get, pk)
    lasting = {name: getattr(plan, name) for name in ("service_id", "slug", "billing_period", "currency")}
    return plan.plan_version, _plan_in(given, lasting, plan.extra)


async def touched(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    """Say what an edit would change, and whom it touches: nobody who has the plan."""
    _, body = await _edited(backend, actor, pk, given)
    call = VerbCall.read("catalog.update", {"plan_id": pk, "replacement": body.model_dump(mode="json")})
    planned = await changes.plan_call(backend, actor, call)
    said = []
    for fact in planned.content["facts"]:
        fields = ", ".join(map(formatting.spoken, fact["payload"].get("changed_fields", ())))
        if fact["topic"] == "plan.version_made":
            said.append(
                (
                    gettext(
                        "Version %(version)s, for who subscribes from now on", version=fact["payload"]["plan_version"]
                    ),
                    fields,
                )
            )
        elif fact["topic"] == "plan.updated":
            said.append((gettext("What differs"), fields))
    held = await backend.ask(actor, _held, pk)
    keeps = [
        (
            gettext("Keep version %(plan_version)s", plan_version=each.plan_version),
            ngettext("%(num)s subscription", "%(num)s subscriptions", each.subscriptions),
        )
        for each in held
    ]
    return (
        [*said, *(keeps or [(gettext("Touched"), gettext("Nobody has subscribed to it."))])]
        if said
        else [(gettext("What differs"), gettext("Nothing."))]
    )


async def _held(uow: UnitOfWork, plan_id: str) -> Sequence[Held]:
    uow.authorize("plans:administer")
    return await held_by_version(uow, plan_id)


async def deactivate(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    plan = await backend.perform(actor, catalog.deactivate, pk)
    return gettext("%(name)s is off sale; who has it keeps it.", name=plan.name)


def _reading(price: UsagePrice, currency: str) -> tuple[str, ...]:
    """Say how a bracket is read, where that is not the usual way."""
    if price.price_model is catalog.PriceModel.graduated and not price.flat_price_cents:
        return ()
    return price.price_model, formatting.major(price.flat_price_cents, currency)


def _known_plan(detail: "PlanPage") -> Given:
    plan, currency = detail.plan, detail.plan.currency
    rows = [
        (
            price.metric_slug,
            formatting.exact(price.tier_start),
            "" if price.tier_end is None else formatting.exact(price.tier_end),
            formatting.major(price.unit_price_cents, currency),
            str(price.unit_divisor),
            price.unit_label,
            *_reading(price, currency),
        )
        for price in plan.usage_prices
    ]
    return {
        **{field.name: typed(getattr(plan, field.name)) for field in _TERMS if hasattr(plan, field.name)},
        "base_price": formatting.major(plan.base_price_cents, currency),
        "setup_price": formatting.major(plan.setup_price_cents, currency),
        "minimum_use": formatting.major(plan.minimum_use_cents, currency),
        "usage": "\n".join(", ".join(row).removesuffix(", ") for row in rows),
        "quotas": "\n".join(f"{metric}, {limit}" for metric, limit in plan.quotas.items()),
        "items": "\n".join(plan.features.get("items", ())),
        "unit": plan.features.get("unit", ""),
        "version": str(plan.version),
    }


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan with its versions, who has which, and what partners pay."""

    plan: Plan
    versions: Sequence[PlanVersion]
    held: Mapping[int, Held]
    overrides: Sequence[PriceOverride]
    partners: Mapping[str, str]
    moves: Sequence[PlanMove]
    timeline: Timeline

    def price(self, override: PriceOverride) -> str:
        return said_price(override)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a period would cost: the base price and the rule it comes from, and the price of each metric's use."""

    price: Price
    quantity: int
    rated: Mapping[str, Rated]
    minimum_cents: int
    setup_cents: int

    @property
    def base_cents(self) -> int:
        return self.price.unit_price_cents * self.quantity

    @property
    def added_cents(self) -> int:
        """What the use falls short of its minimum."""
        return max(self.minimum_cents - sum(rated.amount_cents for rated in self.rated.values()), 0)

    @property
    def total_cents(self) -> int:
        return self.base_cents + sum(rated.amount_cents for rated in self.rated.values()) + self.added_cents


async def simulate(uow: UnitOfWork, plan_id: str, given: Given) -> Simulated:
    """Price a period with the code that invoices are written with."""
    uow.authorize("plans:administer")
    plan = await catalog.get(uow, plan_id)
    version = await catalog.version_of(uow, plan_id, whole("version", given.get("version") or str(plan.plan_version)))
    if partner := given.get("partner", "").strip():
        partner_id = await chosen(uow, "partner", "partner", partner)
        price = await catalog.effective_price(uow, plan, partner_id, uow.now, version)
    else:
        price = catalog.price_of(plan, None, version)
    metrics = sorted({each.metric_slug for each in version.usage_prices})
    rated = {slug: usage.rate(_used(given.get(f"use_{slug}") or "0"), version.brackets(slug)) for slug in metrics}
    quantity = whole("quantity", given.get("quantity") or "1")
    return Simulated(price, quantity, rated, version.minimum_use_cents, version.setup_price_cents)


def _used(text: str) -> Decimal:
    try:
        used = Decimal(text)
    except InvalidOperation:
        raise invalid("use", gettext("'%(text)s' is not a quantity; write it as 1234.5.", text=text)) from None
    if not used.is_finite() or not 0 <= used < 10**15:
        raise invalid("use", gettext("'%(text)s' is not a quantity that can be priced.", text=text))
    return used


class PlanView(ControlView, model=Plan):
    name, name_plural, icon = "Plan", "Plans", "plans"
    category, rank = MenuGroup.catalogue, 40
    about = "What services are sold as: price, tiers and quotas, in versions that never change under a subscriber."
    prefix = "pln"
    permission = "plans:administer"
    details_template = "console/plan.html"
    searched = (Plan.name, Plan.slug, Plan.id)
    search_hint = "name, slug or id"
    columns = (
        ListColumn("Plan", lambda row: row.key, Plan.name, "link"),
        ListColumn("Name", lambda row: row.name),
        named_column("Service", "service", "service_id"),
        ListColumn(
            "Price",
            lambda row: formatting.money(row.base_price_cents, row.currency),
            Plan.base_price_cents,
            "number",
        ),
        ListColumn("Billed", lambda row: formatting.spoken(row.billing_period)),
        ListColumn("Version", lambda row: str(row.plan_version), None, "number"),
        ListColumn("On sale", lambda row: formatting.plain(row.is_active), Plan.is_active),
        ListColumn("Public", lambda row: formatting.plain(row.is_public)),
        ListColumn("Created", lambda row: formatting.day(row.created_at), Plan.created_at),
    )
    narrowing = (
        ListFilter("service", "Service", lambda value: Plan.service_id == value, kind="service"),
        code_filter("currency", "Currency", Plan.currency),
        ListFilter("on_sale", "On sale", lambda value: Plan.is_active == (value == "yes"), ("yes", "no")),
    )
    verbs = (
        VerbButton(
            "create",
            "New plan",
            "plans:manage",
            "It is sold at once where it is active and public.",
            create,
            [
                Field("service", "Service", "service"),
                Field("slug", "Slug", hint="Its key is service.slug, and stays."),
                Field("billing_period", "Billed", "choice", choices=[each.value for each in BillingPeriod]),
                Field("currency", "Currency", value="EUR"),
                *_TERMS,
            ],
            of_list=True,
        ),
        VerbButton(
            "update",
            "Edit",
            "plans:manage",
            "Other terms are a new version for who subscribes from now on; who has the plan keeps what they have, "
            "until a move is announced to them.",
            update,
            [*_TERMS, Field("version", "Version", "hidden", required=False)],
            known=_known_plan,
            preview=touched,
        ),
        VerbButton(
            "deactivate",
            "Take off sale",
            "plans:manage",
            "Nobody subscribes to it any more; who has it keeps it.",
            deactivate,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Plan]:
        uow.authorize(self.permission)
        return catalog.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PlanPage:
        uow.authorize(self.permission)
        may, plan = uow.actor.may, await catalog.get(uow, pk)
        overrides = await catalog.overrides_of(uow, pk) if may("price_overrides:read") else []
        moves = await plan_moves.page(uow, PageRequest(), plan_id=pk) if may("plans:move") else None
        return PlanPage(
            plan=plan,
            versions=await catalog.versions(uow, pk),
            held={each.plan_version: each for each in await held_by_version(uow, pk)},
            overrides=overrides,
            partners=await partners.names(uow, [row.partner_id for row in overrides]),
            moves=moves.items if moves else [],
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: PlanPage) -> str:
        return f"{detail.plan.name} ({detail.plan.key})"

    def actions_of(self, detail: PlanPage) -> Sequence[str]:
        return ["update", *(["deactivate"] if detail.plan.is_active else [])]

    @expose("/{pk}/price")
    async def price(self, request: Request) -> Response:
        """Show what a period of the plan costs at a quantity, for a partner, with some use."""
        console, pk = console_of(request), request.path_params["pk"]
        console.actor.require(self.permission)
        detail, given = await self._asked(request, pk), dict(request.query_params)
        simulated, error = None, None
        try:
            simulated = await console.backend.ask(console.actor, simulate, pk, given)
        except ControlError as refused:
            error = refused
        context = {
            "model_view": self,
            "heading": gettext("Price of %(key)s", key=detail.plan.key),
            "detail": detail,
            "given": given,
            "simulated": simulated,
            "error": error,
        }
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(request, "console/plan_price.html", context, status)
        return answer


VIEWS = (PlanView,)
