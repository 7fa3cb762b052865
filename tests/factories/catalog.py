"""Plans as tests need them: `pro` of ScaiDrive costs 10 euros a month."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.catalog.models import Plan, PlanVersion, PriceOverride, UsagePrice
from scaicontrol.services.catalog.versions import TERMS

from . import NORTHWIND, SCAIDRIVE, ada
from .registry import BORN


def a_plan(slug: str = "pro", *, service_id: str = SCAIDRIVE, **fields: Any) -> Plan:
    """Make a plan that nobody has stored yet; its id is `pln_<slug>`. Usage prices: `usage={"metric": [Bracket]}`."""
    usage: dict[str, list[Bracket]] = fields.pop("usage", {})
    said: dict[str, Any] = {
        "id": f"pln_{slug}",
        "service_id": service_id,
        "slug": slug,
        "name": slug.capitalize(),
        "tier": slug,
        "billing_period": BillingPeriod.monthly,
        "base_price_cents": 1000,
        "currency": "EUR",
        "features": {"items": ["Everything"], "unit": "user"},
        "quotas": {"storage_gb": 100, "api_calls": 1000},
        "cost_multiplier": Decimal(1),
        "trial_days": 0,
        "term_months": None,
        "setup_price_cents": 0,
        "minimum_use_cents": 0,
    } | fields
    plan = Plan(**said, plan_version=1)
    version = PlanVersion(number=1, sold_at=None, **{name: said[name] for name in TERMS})
    version.usage_prices = [
        UsagePrice(
            id=new_id("upr"),
            metric_slug=metric,
            tier_start=bracket.start,
            tier_end=bracket.end,
            unit_price_cents=bracket.unit_price_cents,
            unit_divisor=bracket.unit_divisor,
            unit_label=bracket.unit_label,
            price_model=bracket.price_model,
            flat_price_cents=bracket.flat_price_cents,
        )
        for metric, brackets in usage.items()
        for bracket in brackets
    ]
    plan.versions = [version]
    set_committed_value(plan, "current", version)
    return plan


async def store_plan(backend: Backend, slug: str = "pro", **fields: Any) -> Plan:
    """Put a plan into the catalogue; its service must be registered."""

    async def store(uow: UnitOfWork) -> Plan:
        plan = a_plan(slug, **fields)
        uow.session.add(plan)
        return plan

    return await backend.perform(ada, store)


async def store_override(
    backend: Backend,
    plan_id: str = "pln_pro",
    *,
    partner_id: str = NORTHWIND,
    price_cents: int | None = None,
    markup_percent: Decimal | None = None,
    valid_from: datetime = BORN,
    valid_to: datetime | None = None,
    currency: str = "EUR",
) -> PriceOverride:
    """Give a partner its own price."""

    async def store(uow: UnitOfWork) -> PriceOverride:
        override = PriceOverride(
            id=new_id("ovr"),
            partner_id=partner_id,
            plan_id=plan_id,
            price_cents=price_cents,
            markup_percent=markup_percent,
            currency=currency,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        uow.session.add(override)
        return override

    return await backend.perform(ada, store)
