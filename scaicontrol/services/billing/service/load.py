"""Reading a snapshot: a few set-based statements for a chunk of tenants, plain rows instead of objects."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tax, usage
from scaicontrol.services.catalog import Bracket, VersionKey
from scaicontrol.services.catalog.reads import usage_prices
from scaicontrol.services.subscriptions.reads import DueRow, changes_for_billing, due_for_billing, tenants_due
from scaicontrol.services.tenants.models import missing_in
from scaicontrol.services.tenants.reads import BilledTenant, billed

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
    closed = _usage_closed(uow, as_of, known_at or uow.now)
    found = await tenants_due(uow, partner_id, as_of, closed)
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
    return {row.tenant_id: _buyer(row) for row in await billed(uow, tenant_ids)}


def _buyer(row: BilledTenant) -> Buyer:
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
    rows = await due_for_billing(uow, tenant_ids, as_of, closed, subscription_id)
    used = [row for row in rows if row.usage_due_at is not None and row.usage_due_at <= closed]
    metrics = await metrics_of(uow, {(row.plan_id, row.plan_version) for row in used})
    priced = {row.subscription_id for row in used if metrics.get((row.plan_id, row.plan_version))}
    settled = await _settled_metrics(uow, priced)
    return tuple(_period(row, as_of, closed, metrics.get((row.plan_id, row.plan_version), ()), settled) for row in rows)


def _period(
    row: DueRow, as_of: datetime, closed: datetime, metrics: Sequence[Metric], settled: set[tuple[str, datetime, str]]
) -> DuePeriod:
    return DuePeriod(
        row_id=row.row_id,
        subscription_id=row.subscription_id,
        tenant_id=row.tenant_id,
        start=row.start,
        end=row.end,
        quantity=row.quantity,
        unit_price_cents=row.unit_price_cents,
        currency=row.currency,
        days=row.days,
        full_days=row.full_days,
        base_is_due=row.base_due_at is not None and row.base_due_at <= as_of,
        usage_until=row.usage_due_at if row.usage_due_at is not None and row.usage_due_at <= closed else None,
        service_id=row.service_id,
        service_name=row.service_name,
        plan_key=f"{row.service_slug}.{row.plan_slug}",
        plan_name=row.plan_name,
        plan_version=row.plan_version,
        metrics=tuple(m for m in metrics if (row.subscription_id, row.start, f"usage:{m.slug}") not in settled),
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


async def metrics_of(uow: UnitOfWork, versions: set[VersionKey]) -> dict[VersionKey, tuple[Metric, ...]]:
    """Give the priced metrics of versions of plans, with the names their services declared."""
    brackets: dict[tuple[VersionKey, str], list[Bracket]] = defaultdict(list)
    labels: dict[tuple[VersionKey, str], tuple[str, str]] = {}
    for row in await usage_prices(uow, versions):
        key = (row.plan_id, row.plan_version), row.metric_slug
        brackets[key].append(row.bracket)
        labels[key] = (row.metric_name, row.unit_label)
    found: dict[VersionKey, list[Metric]] = defaultdict(list)
    for (version, slug), tiers in brackets.items():
        name, unit = labels[version, slug]
        found[version].append(Metric(slug, name, unit, tuple(tiers)))
    return {version: tuple(metrics) for version, metrics in found.items()}


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
    return tuple(
        DueChange(
            row_id=row.change.id,
            subscription_id=row.change.subscription_id,
            tenant_id=row.change.tenant_id,
            changed_at=row.change.changed_at,
            period_end=row.change.period_end,
            service_name=row.service_name,
            old_plan_name=row.old_plan_name,
            new_plan_name=row.new_plan_name,
            old_plan_version=row.change.old_plan_version,
            new_plan_version=row.change.new_plan_version,
            old_amount_cents=row.change.old_quantity * row.change.old_unit_price_cents,
            new_amount_cents=row.change.new_quantity * row.change.new_unit_price_cents,
            remaining_days=row.change.remaining_days,
            old_period_days=row.change.old_period_days,
            new_period_days=row.change.new_period_days,
            credit_cents=row.change.credit_cents,
            charge_cents=row.change.charge_cents,
            currency=row.change.currency,
        )
        for row in await changes_for_billing(uow, tenant_ids, as_of, subscription_id)
    )
