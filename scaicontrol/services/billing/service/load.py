"""Reading a snapshot: a few set-based statements for a chunk of tenants, plain rows instead of objects."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, union
from sqlalchemy.orm import aliased

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tax, usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.catalog.models import Plan, UsagePrice
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.models import Subscription, SubscriptionChange, SubscriptionPeriod
from scaicontrol.services.tenants.models import BillingProfile, missing_in

from ..models import BillingCharge
from ..snapshot import Buyer, Consumed, DueChange, DuePeriod, Metric, Seller, Snapshot


async def due_tenants(
    uow: UnitOfWork,
    partner_id: str,
    as_of: datetime,
    only: Sequence[str] | None = None,
    *,
    known_at: datetime | None = None,
) -> list[str]:
    """Name the tenants with anything to charge by `as_of`; costs what is due, not what exists."""
    uow.authorize("billing:plan")
    period, change = SubscriptionPeriod, SubscriptionChange
    closed = _usage_closed(uow, as_of, known_at or uow.now)
    due = union(
        select(period.tenant_id).where(period.partner_id == partner_id, period.base_due_at <= as_of),
        select(period.tenant_id).where(period.partner_id == partner_id, period.usage_due_at <= closed),
        select(change.tenant_id).where(change.partner_id == partner_id, change.due_at <= as_of),
    )
    found = sorted({str(row[0]) for row in await uow.session.execute(due)})
    return found if only is None else [tenant_id for tenant_id in found if tenant_id in set(only)]


def _usage_closed(uow: UnitOfWork, as_of: datetime, known_at: datetime) -> datetime:
    """
    Tell up to which moment use may be charged: what closed by now (contract §20), or by `as_of` when that is to come.

    An event may still arrive for use that ended less than the closing delay ago; charging it then would lose it.
    """
    if as_of > known_at:
        return as_of
    return min(as_of, known_at - timedelta(hours=uow.settings.usage_close_delay_hours))


async def load(
    uow: UnitOfWork,
    partner_id: str,
    tenant_ids: Sequence[str],
    as_of: datetime,
    *,
    subscription_id: str | None = None,
    known_at: datetime | None = None,
) -> Snapshot:
    """
    Read everything due for these tenants, or for one subscription of them.

    A run gives the moment it was begun as `known_at`, so that what closes after its plan is left to the next one.
    """
    uow.authorize("billing:preview")  # reading is all it does; who plans or applies has been asked before
    closed = _usage_closed(uow, as_of, known_at or uow.now)
    periods = await _periods(uow, tenant_ids, as_of, closed, subscription_id)
    return Snapshot(
        as_of=as_of,
        seller=await seller(uow, partner_id),
        buyers=await buyers(uow, tenant_ids),
        periods=periods,
        changes=await _changes(uow, tenant_ids, as_of, subscription_id),
        usage=await consumption(uow, periods),
        rates=await tax.rate_table(uow),
    )


async def seller(uow: UnitOfWork, partner_id: str) -> Seller:
    """Give the partner's terms."""
    terms = await partners.settings_of(uow, partner_id)
    identity = partners.seller_snapshot(terms)
    return Seller(
        partner_id=partner_id,
        country=identity.get("seller_country_code") or "",
        postal_code=identity.get("seller_postal_code"),
        zone=terms.timezone,
        grouping=terms.invoice_grouping,
        oss_registered=terms.oss_registered,
        export_category=terms.export_category,
        vies_policy=terms.vies_policy,
        vies_max_age_days=terms.vies_max_age_days,
    )


async def buyers(uow: UnitOfWork, tenant_ids: Sequence[str]) -> dict[str, Buyer]:
    """Give the billing profiles of a chunk in one statement."""
    profile = BillingProfile
    rows = await uow.session.execute(
        select(
            profile.tenant_id,
            profile.country_code,
            profile.postal_code,
            profile.vat_number,
            profile.is_business,
            profile.tax_exempt,
            profile.tax_exempt_reason,
            profile.tax_exempt_reason_code,
            profile.preferred_language,
            profile.company_name,
            profile.address_line1,
            profile.city,
        ).where(profile.tenant_id.in_(tenant_ids))
    )
    return {row.tenant_id: _buyer(row) for row in rows}


def _buyer(row: Any) -> Buyer:
    return Buyer(
        tenant_id=row.tenant_id,
        country=row.country_code or "",
        postal_code=row.postal_code,
        vat_number=row.vat_number,
        is_business=row.is_business,
        tax_exempt=row.tax_exempt,
        tax_exempt_reason=row.tax_exempt_reason,
        tax_exempt_reason_code=row.tax_exempt_reason_code,
        language=row.preferred_language or "en",
        missing=tuple(missing_in(row)),
    )


async def _periods(
    uow: UnitOfWork, tenant_ids: Sequence[str], as_of: datetime, closed: datetime, subscription_id: str | None
) -> tuple[DuePeriod, ...]:
    period = SubscriptionPeriod
    query = (
        select(
            period.id,
            period.subscription_id,
            period.tenant_id,
            period.period_start,
            period.period_end,
            period.plan_id,
            period.quantity,
            period.unit_price_cents,
            period.currency,
            period.days,
            period.full_days,
            period.base_due_at,
            period.usage_due_at,
            Subscription.service_id,
            Service.name,
            Service.slug,
            Plan.slug,
            Plan.name,
            Plan.version,
        )
        .join(Subscription, Subscription.id == period.subscription_id)
        .join(Plan, Plan.id == period.plan_id)
        .join(Service, Service.id == Plan.service_id)
        .where(period.tenant_id.in_(tenant_ids), or_(period.base_due_at <= as_of, period.usage_due_at <= closed))
    )
    if subscription_id is not None:
        query = query.where(period.subscription_id == subscription_id)
    rows = (await uow.session.execute(query)).all()
    used = [row for row in rows if row[12] is not None and row[12] <= closed]
    metrics = await metrics_of(uow, {row[5] for row in used})
    settled = await _settled_metrics(uow, {row[1] for row in used if metrics.get(row[5])})
    return tuple(
        DuePeriod(
            row_id=row[0],
            subscription_id=row[1],
            tenant_id=row[2],
            start=row[3],
            end=row[4],
            quantity=row[6],
            unit_price_cents=row[7],
            currency=row[8],
            days=row[9],
            full_days=row[10],
            base_is_due=row[11] is not None and row[11] <= as_of,
            usage_until=row[12] if row[12] is not None and row[12] <= closed else None,
            service_id=row[13],
            service_name=row[14],
            plan_key=f"{row[15]}.{row[16]}",
            plan_name=row[17],
            plan_version=row[18],
            metrics=tuple(m for m in metrics.get(row[5], ()) if (row[1], row[3], f"usage:{m.slug}") not in settled),
        )
        for row in rows
    )


async def _settled_metrics(uow: UnitOfWork, subjects: set[str]) -> set[tuple[str, datetime, str]]:
    """Name the use that is waived while the rest of its period waits: (subscription, period start, charge kind)."""
    if not subjects:
        return set()
    charge = BillingCharge
    rows = await uow.session.execute(
        select(charge.subject_id, charge.period_start, charge.charge_kind).where(
            charge.subject_id.in_(subjects),
            charge.charge_kind.startswith("usage:"),
            charge.waived_reason.is_not(None),
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


async def metrics_of(uow: UnitOfWork, plan_ids: set[str]) -> dict[str, tuple[Metric, ...]]:
    """Give the priced metrics of plans, with the names their services declared."""
    if not plan_ids:
        return {}
    rows = await uow.session.execute(
        select(UsagePrice, Service.metrics)
        .join(Plan, Plan.id == UsagePrice.plan_id)
        .join(Service, Service.id == Plan.service_id)
        .where(UsagePrice.plan_id.in_(plan_ids))
        .order_by(UsagePrice.plan_id, UsagePrice.metric_slug, UsagePrice.tier_start)
    )
    brackets: dict[tuple[str, str], list[Bracket]] = defaultdict(list)
    labels: dict[tuple[str, str], tuple[str, str]] = {}
    for price, declared in rows:
        key = (price.plan_id, price.metric_slug)
        brackets[key].append(price.bracket)
        names = {metric["slug"]: metric.get("name") or metric["slug"] for metric in declared or ()}
        labels[key] = (names.get(price.metric_slug, price.metric_slug), price.unit_label)
    found: dict[str, list[Metric]] = defaultdict(list)
    for (plan_id, slug), tiers in brackets.items():
        name, unit = labels[plan_id, slug]
        found[plan_id].append(Metric(slug, name, unit, tuple(tiers)))
    return {plan_id: tuple(metrics) for plan_id, metrics in found.items()}


async def consumption(uow: UnitOfWork, periods: Sequence[DuePeriod]) -> dict[tuple[str, str], Consumed]:
    """Give the closed usage of every due period and metric."""
    wanted = [
        usage.UsageWindow(due.row_id, due.tenant_id, due.service_id, metric.slug, due.start, due.usage_until)
        for due in periods
        if due.usage_until is not None and due.usage_until > due.start
        for metric in due.metrics
    ]
    if not wanted:
        return {}
    closed = await usage.closed_usage(uow, wanted)
    return {
        (window.key, window.metric_slug): Consumed(total.quantity, total.digest) for window, total in closed.items()
    }


async def _changes(
    uow: UnitOfWork, tenant_ids: Sequence[str], as_of: datetime, subscription_id: str | None
) -> tuple[DueChange, ...]:
    change, old, new = SubscriptionChange, aliased(Plan), aliased(Plan)
    query = (
        select(change, old.name, new.name, Service.name)
        .join(old, old.id == change.old_plan_id)
        .join(new, new.id == change.new_plan_id)
        .join(Service, Service.id == new.service_id)
        .where(change.tenant_id.in_(tenant_ids), change.due_at <= as_of)
    )
    if subscription_id is not None:
        query = query.where(change.subscription_id == subscription_id)
    return tuple(
        DueChange(
            row_id=row.id,
            subscription_id=row.subscription_id,
            tenant_id=row.tenant_id,
            changed_at=row.changed_at,
            period_end=row.period_end,
            service_name=service,
            old_plan_name=old_name,
            new_plan_name=new_name,
            old_amount_cents=row.old_quantity * row.old_unit_price_cents,
            new_amount_cents=row.new_quantity * row.new_unit_price_cents,
            remaining_days=row.remaining_days,
            old_period_days=row.old_period_days,
            new_period_days=row.new_period_days,
            credit_cents=row.credit_cents,
            charge_cents=row.charge_cents,
            currency=row.currency,
        )
        for row, old_name, new_name, service in await uow.session.execute(query)
    )
