from collections import defaultdict
from typing import Any

from sqlalchemy import or_, select

from scaicontrol.core.errors import Conflict, Invalid, NotFound, Reason, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.models import Service

from . import queries
from .brackets import Bracket, check_brackets
from .events import PlanCreated, PlanUpdated, PriceOverrideRemoved, PriceOverrideSet
from .models import Plan, PlanVersion, PriceOverride
from .schemas import PlanIn, PriceOverrideIn
from .versions import bracket, first_version, restate

# Subscriptions, invoices and neighbours refer to a plan by these; another value is another plan.
_LASTING = ("service_id", "slug", "billing_period", "currency")


@verb
async def create(uow: UnitOfWork, new: PlanIn) -> Plan:
    """
    Put a plan into the catalogue.

    Raises NotFound for an unknown service, Conflict for a slug that is taken, Invalid for prices of use the service
    does not measure.
    """
    uow.authorize("plans:manage")
    service = (await registry.by_ids(uow, [new.service_id])).get(new.service_id)
    if service is None or service.status in (ServiceStatus.rejected, ServiceStatus.deregistered):
        raise NotFound(f"No service {new.service_id} that could be sold.")
    _check(service, new)
    taken = select(Plan.id).where(Plan.service_id == service.id, Plan.slug == new.slug)
    if await uow.session.scalar(taken):
        raise Conflict(f"Plan {service.slug}.{new.slug} exists; update it, or choose another slug.")
    plan = Plan(id=new_id("pln"), plan_version=1, version=1, service=service, **_columns(new))
    uow.session.add(first_version(plan, new))
    uow.emit(
        PlanCreated(
            plan_id=plan.id,
            plan_key=plan.key,
            version=plan.version,
            base_price_cents=plan.base_price_cents,
            currency=plan.currency,
            billing_period=plan.billing_period,
        ),
        after=new.model_dump(mode="json"),
    )
    return plan


@verb
async def update(uow: UnitOfWork, plan_id: str, replacement: PlanIn) -> Plan:
    """
    Replace what a plan says; other terms are a new version, for who subscribes from now on.

    Nobody's running period or subscription changes: who has an earlier version keeps its price, tiers, quotas, trial
    and term until a move that was announced to it. A version that nobody has bought yet is changed in place.

    Raises NotFound, Conflict for a stale `version`, Invalid for what lasts as long as the plan and for prices that do
    not fit.
    """
    uow.authorize("plans:manage")
    plan = await queries.get(uow, plan_id, lock=True)
    _check_version(plan.version, replacement.version, f"plan {plan.key}")
    columns = _columns(replacement)
    moved = [name for name in _LASTING if columns[name] != getattr(plan, name)]
    if moved:
        raise Invalid(
            f"{' and '.join(moved)} of {plan.key} cannot change; deactivate it and create another plan.",
            reasons=[Reason("lasting", f"{name} cannot change.", name) for name in moved],
        )
    _check(plan.service, replacement)
    await _check_overrides(uow, plan, replacement)
    changed = restate(uow, plan, replacement)
    for name in columns:
        if getattr(plan, name) != columns[name]:
            setattr(plan, name, columns[name])
            changed.add(name)
    if changed:
        _tell_update(uow, plan, sorted(changed))
    return plan


@verb
async def deactivate(uow: UnitOfWork, plan_id: str) -> Plan:
    """
    Take a plan off sale; who has it keeps it.

    Raises NotFound.
    """
    uow.authorize("plans:manage")
    plan = await queries.get(uow, plan_id, lock=True)
    if plan.is_active:
        plan.is_active = False
        _tell_update(uow, plan, ["is_active"])
    return plan


def _tell_update(uow: UnitOfWork, plan: Plan, changed: list[str]) -> None:
    plan.version += 1
    uow.emit(
        PlanUpdated(
            plan_id=plan.id,
            plan_key=plan.key,
            version=plan.version,
            plan_version=plan.plan_version,
            changed_fields=changed,
        )
    )


def _columns(plan: PlanIn) -> dict[str, Any]:
    columns = plan.model_dump(exclude={"usage_pricing", "version", "metadata", "features"})
    return {**columns, "features": plan.features.model_dump(), "extra": plan.metadata}


def _check(service: Service, plan: PlanIn) -> None:
    by_metric: defaultdict[str, list[Bracket]] = defaultdict(list)
    for price in plan.usage_pricing:
        by_metric[price.metric_slug].append(bracket(price))
    if plan.billing_period is BillingPeriod.one_time and by_metric:
        raise invalid("usage_pricing", "A one-time plan has no periods in which use could be charged.")
    if plan.billing_period is BillingPeriod.one_time and plan.minimum_use_cents:
        raise invalid("minimum_use_cents", "A one-time plan has no periods whose use could have a minimum.")
    declared = sorted(metric["slug"] for metric in service.metrics)
    unknown = sorted(set(by_metric) - set(declared))
    if unknown:
        names = ", ".join(declared) or "none"
        raise invalid(
            "usage_pricing",
            f"{service.slug} declares no metric {', '.join(unknown)}; it declares {names}.",
            "unknown_metric",
        )
    check_brackets(by_metric)


@verb
async def add_override(uow: UnitOfWork, partner_id: str, new: PriceOverrideIn) -> PriceOverride:
    """
    Give a partner its own price for a plan; ranges of one partner and plan never overlap.

    Raises NotFound for an unknown plan, Conflict where the range overlaps another, Invalid for a currency that is not
    the plan's.
    """
    uow.authorize("price_overrides:manage")
    plan = await _priced_plan(uow, partner_id, new, except_id=None)
    override = PriceOverride(
        id=new_id("ovr"), partner_id=partner_id, plan_id=plan.id, version=1, **_override_columns(new)
    )
    uow.session.add(override)
    _tell_override(uow, override)
    return override


@verb
async def change_override(
    uow: UnitOfWork, partner_id: str, override_id: str, replacement: PriceOverrideIn
) -> PriceOverride:
    """
    Replace a partner's price or its range; frozen prices of subscriptions stay.

    Raises NotFound, Conflict for a stale `version` or a range that overlaps another, Invalid for another plan or
    currency.
    """
    uow.authorize("price_overrides:manage")
    override = await queries.override(uow, partner_id, override_id)
    _check_version(override.version, replacement.version, str(override))
    if replacement.plan_id != override.plan_id:
        raise invalid("plan_id", f"{override} is of another plan; remove it and add one for {replacement.plan_id}.")
    await _priced_plan(uow, partner_id, replacement, except_id=override.id)
    for name, value in _override_columns(replacement).items():
        setattr(override, name, value)
    override.version += 1
    _tell_override(uow, override)
    return override


@verb
async def remove_override(uow: UnitOfWork, partner_id: str, override_id: str) -> PriceOverride:
    """
    Let the plan's own price hold again.

    Raises NotFound.
    """
    uow.authorize("price_overrides:manage")
    override = await queries.override(uow, partner_id, override_id)
    await uow.session.delete(override)
    uow.emit(
        PriceOverrideRemoved(
            override_id=override.id,
            partner_id=override.partner_id,
            plan_id=override.plan_id,
            version=override.version,
        )
    )
    return override


async def _priced_plan(uow: UnitOfWork, partner_id: str, override: PriceOverrideIn, *, except_id: str | None) -> Plan:
    plan = await queries.get(uow, override.plan_id, lock=True)
    if override.currency != plan.currency and (override.markup_percent is not None or _has_other_prices(plan.current)):
        raise invalid(
            "currency",
            f"{plan.key} is priced in {plan.currency}: a markup, or a plan that charges for use or for setting up, "
            "keeps that currency.",
        )
    overlaps = select(PriceOverride.id).where(
        PriceOverride.partner_id == partner_id,
        PriceOverride.plan_id == plan.id,
        PriceOverride.id != (except_id or ""),
        or_(PriceOverride.valid_to.is_(None), PriceOverride.valid_to > override.valid_from),
    )
    if override.valid_to is not None:
        overlaps = overlaps.where(PriceOverride.valid_from < override.valid_to)
    if other := await uow.session.scalar(overlaps.limit(1)):
        raise Conflict(f"The range overlaps price override {other} of the same partner and plan; end that one first.")
    return plan


def _has_other_prices(terms: PlanVersion | PlanIn) -> bool:
    """Tell whether a plan charges anything but its base price, in the plan's own currency only."""
    used = terms.usage_pricing if isinstance(terms, PlanIn) else terms.usage_prices
    return bool(used or terms.setup_price_cents or terms.minimum_use_cents)


async def _check_overrides(uow: UnitOfWork, plan: Plan, wanted: PlanIn) -> None:
    """Refuse prices that a partner's own price in another currency cannot go with; nothing is ever converted."""
    if not _has_other_prices(wanted):
        return
    foreign = select(PriceOverride.id).where(
        PriceOverride.plan_id == plan.id,
        PriceOverride.currency != plan.currency,
        or_(PriceOverride.valid_to.is_(None), PriceOverride.valid_to > uow.now),
    )
    if override_id := await uow.session.scalar(foreign.limit(1)):
        raise invalid(
            "usage_pricing",
            f"Price override {override_id} sells {plan.key} in another currency, in which use and setting up have no "
            "price; remove or end it first.",
        )


def _override_columns(override: PriceOverrideIn) -> dict[str, Any]:
    return override.model_dump(exclude={"plan_id", "version"})


def _tell_override(uow: UnitOfWork, override: PriceOverride) -> None:
    price = (
        {"price_cents": override.price_cents}
        if override.price_cents is not None
        else {"markup_percent": str(override.markup_percent)}
    )
    uow.emit(
        PriceOverrideSet(
            override_id=override.id,
            partner_id=override.partner_id,
            plan_id=override.plan_id,
            version=override.version,
            price={**price, "currency": override.currency},
            valid_from=override.valid_from,
            valid_to=override.valid_to,
        )
    )


def _check_version(stored: int, given: int | None, what: str) -> None:
    if given not in (None, stored):
        raise Conflict(
            f"Somebody changed {what} meanwhile: it is at version {stored}, you read {given}. Read it again."
        )
