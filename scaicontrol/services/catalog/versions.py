"""
The versions of a plan: its terms from one edit to the next (contract §9.5).

A version is sealed by the first subscription to it. Whoever sells writes its row, and so does whoever edits it: on
Galera only rows that change are compared, so that no version changes behind the back of who buys it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import PLATFORM_SQL, Capability

from . import queries
from .brackets import Bracket
from .events import PlanVersionMade
from .models import Plan, PlanVersion, UsagePrice
from .schemas import PlanIn, UsagePriceIn

_SEAL: Final = Capability(
    "catalog:seal_version", "Whoever subscribes seals the version it gets; of the row only the moment is written."
)
VersionKey = tuple[str, int]  # the plan's id and the number of its version
# What belongs to a version; the rest of a plan is words and may be edited in place.
TERMS: Final = (
    "base_price_cents",
    "cost_multiplier",
    "quotas",
    "trial_days",
    "term_months",
    "setup_price_cents",
    "minimum_use_cents",
)


def first_version(plan: Plan, new: PlanIn) -> PlanVersion:
    """Make the version a new plan begins with."""
    version = PlanVersion(plan_id=plan.id, number=1, usage_prices=[], **_terms(new))
    _price_usage(version, new.usage_pricing)
    set_committed_value(plan, "current", version)
    plan.versions = [version]
    return version


def restate(uow: UnitOfWork, plan: Plan, wanted: PlanIn) -> set[str]:
    """Let the plan be sold under these terms and name what differs; a version that was sold is left as it is."""
    version, terms = plan.current, _terms(wanted)
    changed = {name for name in TERMS if getattr(version, name) != terms[name]}
    if _stated(version.usage_prices) != {(price.metric_slug, bracket(price)) for price in wanted.usage_pricing}:
        changed.add("usage_pricing")
    if not changed:
        return changed
    if version.sold_at is None:
        version.updated_at = uow.now  # also where only its tiers change: who sells it meanwhile must clash
        for name in TERMS:
            setattr(version, name, terms[name])
        _price_usage(version, wanted.usage_pricing)
        return changed
    following = PlanVersion(plan_id=plan.id, number=plan.plan_version + 1, usage_prices=[], **terms)
    _price_usage(following, wanted.usage_pricing)
    uow.session.add(following)
    plan.plan_version = following.number
    set_committed_value(plan, "current", following)
    uow.emit(
        PlanVersionMade(
            plan_id=plan.id,
            plan_key=plan.key,
            version=plan.version + 1,
            plan_version=following.number,
            changed_fields=sorted(changed),
        ),
        before=terms_of(version),
        after=terms_of(following),
    )
    return changed


async def sell(uow: UnitOfWork, plan: Plan) -> PlanVersion:
    """Give the version that a subscription begun now has for good, and seal it; no permission of its own."""
    version = plan.current
    if version.sold_at is None:
        unsold = update(PlanVersion).where(
            PlanVersion.plan_id == plan.id, PlanVersion.number == version.number, PlanVersion.sold_at.is_(None)
        )
        await uow.session.execute(
            unsold.values(sold_at=uow.now, updated_at=uow.now),
            execution_options={PLATFORM_SQL: _SEAL, "synchronize_session": False},
        )
        set_committed_value(version, "sold_at", uow.now)
    return version


async def versions(uow: UnitOfWork, plan_id: str) -> Sequence[PlanVersion]:
    """List the versions of a plan the actor may see, newest first, with their usage prices."""
    plan = await queries.get(uow, plan_id)
    rows = select(PlanVersion).options(selectinload(PlanVersion.usage_prices)).where(PlanVersion.plan_id == plan.id)
    return (await uow.session.scalars(rows.order_by(PlanVersion.number.desc()))).all()


async def version_of(uow: UnitOfWork, plan_id: str, number: int) -> PlanVersion:
    """Find one version of a plan."""
    found = next((each for each in await versions(uow, plan_id) if each.number == number), None)
    if found is None:
        raise NotFound(f"Plan {plan_id} has no version {number}.")
    return found


async def versions_by_key(uow: UnitOfWork, keys: Collection[VersionKey]) -> Mapping[VersionKey, PlanVersion]:
    """
    Give versions with their usage prices by plan id and number: for rows that refer to them already.

    No permission of its own: the caller was authorized for the rows that refer.
    """
    if not keys:
        return {}
    named = tuple_(PlanVersion.plan_id, PlanVersion.number).in_(sorted(keys))
    rows = await uow.session.scalars(select(PlanVersion).options(selectinload(PlanVersion.usage_prices)).where(named))
    return {(row.plan_id, row.number): row for row in rows}


def terms_of(version: PlanVersion) -> dict[str, object]:
    """Say the terms of a version as plain values, to be compared."""
    return {
        "base_price_cents": version.base_price_cents,
        "cost_multiplier": format(version.cost_multiplier.normalize(), "f"),
        "quotas": dict(version.quotas),
        "trial_days": version.trial_days,
        "term_months": version.term_months,
        "setup_price_cents": version.setup_price_cents,
        "minimum_use_cents": version.minimum_use_cents,
        "usage_pricing": [
            {
                "metric_slug": price.metric_slug,
                "tier_start": format(price.tier_start.normalize(), "f"),
                "tier_end": None if price.tier_end is None else format(price.tier_end.normalize(), "f"),
                "unit_price_cents": price.unit_price_cents,
                "unit_divisor": price.unit_divisor,
                "unit_label": price.unit_label,
                "price_model": price.price_model,
                "flat_price_cents": price.flat_price_cents,
            }
            for price in sorted(version.usage_prices, key=lambda price: (price.metric_slug, price.tier_start))
        ],
    }


def bracket(price: UsagePriceIn) -> Bracket:
    return Bracket(
        price.tier_start,
        price.tier_end,
        price.unit_price_cents,
        price.unit_divisor,
        price.unit_label,
        price.price_model,
        price.flat_price_cents,
    )


def _terms(plan: PlanIn) -> dict[str, object]:
    return {name: getattr(plan, name) for name in TERMS}


def _stated(prices: Collection[UsagePrice]) -> set[tuple[str, Bracket]]:
    return {(price.metric_slug, price.bracket) for price in prices}


def _price_usage(version: PlanVersion, prices: Sequence[UsagePriceIn]) -> None:
    """Make the brackets of an unsold version these, changing rows in place."""
    there = {(row.metric_slug, row.tier_start): row for row in version.usage_prices}
    for price in prices:
        row = there.pop((price.metric_slug, price.tier_start), None)
        if row is None:
            owner = {"plan_id": version.plan_id, "plan_version": version.number}
            version.usage_prices.append(UsagePrice(id=new_id("upr"), **owner, **price.model_dump()))
        elif row.bracket != bracket(price):
            row.tier_end, row.unit_label = price.tier_end, price.unit_label
            row.unit_price_cents, row.unit_divisor = price.unit_price_cents, price.unit_divisor
            row.price_model, row.flat_price_cents = price.price_model, price.flat_price_cents
    for row in there.values():
        version.usage_prices.remove(row)
