"""
What other features ask the catalogue for, by name: rows of plain values, one statement a question.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import selectinload

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.reads import metric_names

from .brackets import Bracket
from .models import Plan, PlanVersion, UsagePrice
from .versions import VersionKey

# Loads the prices of use with a version of a plan, within another question.
WITH_USAGE_PRICES: Final = selectinload(PlanVersion.usage_prices)


class PricedBracket(NamedTuple):
    """One bracket of a metric's price, with the name that the plan's service declared for the metric."""

    plan_id: str
    plan_version: int
    metric_slug: str
    metric_name: str
    unit_label: str
    bracket: Bracket


async def usage_prices(uow: UnitOfWork, versions: Collection[VersionKey]) -> list[PricedBracket]:
    """Give what use costs under these versions of plans: by version, metric and where the bracket begins."""
    if not versions:
        return []
    rows = await uow.session.execute(
        select(UsagePrice, Plan.service_id)
        .join(Plan, Plan.id == UsagePrice.plan_id)
        .where(tuple_(UsagePrice.plan_id, UsagePrice.plan_version).in_(sorted(versions)))
        .order_by(UsagePrice.plan_id, UsagePrice.plan_version, UsagePrice.metric_slug, UsagePrice.tier_start)
    )
    priced = rows.all()
    names = await metric_names(uow, {service_id for _, service_id in priced})
    found = []
    for price, service_id in priced:
        name = names[service_id].get(price.metric_slug, price.metric_slug)
        key = (price.plan_id, price.plan_version)
        found.append(PricedBracket(*key, price.metric_slug, name, price.unit_label, price.bracket))
    return found
