"""
What other features ask the catalogue for, by name: rows of plain values, one statement a question.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.models import Service

from .brackets import Bracket
from .models import Plan, UsagePrice


class PricedBracket(NamedTuple):
    """One bracket of a metric's price, with the name that the plan's service declared for the metric."""

    plan_id: str
    metric_slug: str
    metric_name: str
    unit_label: str
    bracket: Bracket


async def usage_prices(uow: UnitOfWork, plan_ids: Collection[str]) -> list[PricedBracket]:
    """Give what use costs under these plans: by plan, metric and where the bracket begins."""
    if not plan_ids:
        return []
    rows = await uow.session.execute(
        select(UsagePrice, Service.metrics)
        .join(Plan, Plan.id == UsagePrice.plan_id)
        .join(Service, Service.id == Plan.service_id)
        .where(UsagePrice.plan_id.in_(plan_ids))
        .order_by(UsagePrice.plan_id, UsagePrice.metric_slug, UsagePrice.tier_start)
    )
    found = []
    for price, declared in rows:
        names = {metric["slug"]: metric.get("name") or metric["slug"] for metric in declared or ()}
        name = names.get(price.metric_slug, price.metric_slug)
        found.append(PricedBracket(price.plan_id, price.metric_slug, name, price.unit_label, price.bracket))
    return found
