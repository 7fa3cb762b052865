"""What a partner's tenants pay for a plan, and why (contract §9.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import or_, select

from scaicontrol.core.money import half_up
from scaicontrol.core.work import UnitOfWork

from .models import Plan, PlanVersion, PriceOverride


class PriceSource(StrEnum):
    """Which rule gave a price, strongest first."""

    override_price = "override_price"
    override_markup = "override_markup"
    cost_multiplier = "cost_multiplier"
    plan = "plan"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit of a plan for one period, and the rule and override it comes from."""

    unit_price_cents: int
    currency: str
    source: PriceSource
    override_id: str | None = None


def price_of(plan: Plan, override: PriceOverride | None, terms: PlanVersion | None = None) -> Price:
    """
    Decide by precedence: fixed override, markup on the plan, cost multiplier, plan; rounded half up, once.

    `terms` are the version that counts; without them it is the one that is sold now, which the plan itself says.
    """
    said = terms or plan
    base = Decimal(said.base_price_cents)
    if override is not None and override.price_cents is not None:
        return Price(override.price_cents, override.currency, PriceSource.override_price, override.id)
    if override is not None and override.markup_percent is not None:
        cents = half_up(base * (100 + override.markup_percent) / 100)
        return Price(cents, plan.currency, PriceSource.override_markup, override.id)
    if said.cost_multiplier != 1:
        return Price(half_up(base * said.cost_multiplier), plan.currency, PriceSource.cost_multiplier)
    return Price(said.base_price_cents, plan.currency, PriceSource.plan)


async def effective_price(
    uow: UnitOfWork, plan: Plan, partner_id: str, at: datetime, terms: PlanVersion | None = None
) -> Price:
    """Give the price a partner's tenant pays for one unit of `plan` at a moment, under a version or the current one."""
    uow.authorize("plans:read")
    return price_of(plan, (await _overrides(uow, [plan.id], partner_id, at)).get(plan.id), terms)


async def effective_prices(
    uow: UnitOfWork, plans: Iterable[Plan], partner_id: str, at: datetime
) -> Mapping[str, Price]:
    """Give the prices of many plans by plan id, with one query."""
    uow.authorize("plans:read")
    return await prices_of(uow, plans, partner_id, at)


async def prices_of(uow: UnitOfWork, plans: Iterable[Plan], partner_id: str, at: datetime) -> Mapping[str, Price]:
    """Give them likewise; no permission of its own: the calling verb has authorized."""
    wanted = {plan.id: plan for plan in plans}
    overrides = await _overrides(uow, wanted, partner_id, at)
    return {plan.id: price_of(plan, overrides.get(plan.id)) for plan in wanted.values()}


async def _overrides(
    uow: UnitOfWork, plan_ids: Iterable[str], partner_id: str, at: datetime
) -> Mapping[str, PriceOverride]:
    valid = select(PriceOverride).where(
        PriceOverride.partner_id == partner_id,
        PriceOverride.plan_id.in_(list(plan_ids)),
        PriceOverride.valid_from <= at,
        or_(PriceOverride.valid_to.is_(None), PriceOverride.valid_to > at),
    )
    return {row.plan_id: row for row in await uow.session.scalars(valid)}
