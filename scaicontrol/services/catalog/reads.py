"""
What other features ask the catalogue for, by name: rows of plain values, one statement a question.

No permission of their own: the calling verb has authorized.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.reads import metric_names

from .brackets import Bracket
from .models import Plan, PlanVersion, UsagePrice
from .versions import VersionKey

# Loads the prices of use with a version of a plan, within another question.
WITH_USAGE_PRICES: Final = selectinload(PlanVersion.usage_prices)
# Loads a plan's service and the version that is sold now with it, within another question.
WITH_CURRENT_TERMS: Final = (joinedload(Plan.service), joinedload(Plan.current))


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


class Sold(NamedTuple):
    """From when to when a version of a plan was what new subscriptions got; None where it never was, or still is."""

    since: datetime | None
    until: datetime | None


async def sold(uow: UnitOfWork, plan_keys: Collection[str]) -> Mapping[tuple[str, int], Sold]:
    """Say when each version of these plans was sold, by plan key and number."""
    slugs = {key.rpartition(".")[2] for key in plan_keys}
    if not slugs:
        return {}
    rows = await uow.session.scalars(
        select(PlanVersion)
        .join(PlanVersion.plan)
        .options(joinedload(PlanVersion.plan).joinedload(Plan.service))
        .where(Plan.slug.in_(slugs))
        .order_by(PlanVersion.plan_id, PlanVersion.number.desc())
    )
    found: dict[tuple[str, int], Sold] = {}
    until: dict[str, datetime | None] = {}
    for row in rows:
        found[row.plan.key, row.number] = Sold(row.sold_at, until.get(row.plan_id))
        until[row.plan_id] = row.sold_at or until.get(row.plan_id)
    return found
