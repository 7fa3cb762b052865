"""Reading a snapshot: a few set-based statements for a chunk of tenants, plain rows instead of objects."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tax, usage
from scaicontrol.services.catalog import Bracket, VersionKey
from scaicontrol.services.catalog.reads import usage_prices
from scaicontrol.services.packs.forecast import with_other_items
from scaicontrol.services.packs.reads import names_of
from scaicontrol.services.subscriptions.forecast import forecast
from scaicontrol.services.subscriptions.reads import (
    DueRow,
    changes_for_billing,
    due_for_billing,
    tenants_due,
    tenants_renewing,
)
from scaicontrol.services.tenants.models import missing_in
from scaicontrol.services.tenants.reads import BilledTenant, billed

from ..snapshot import Buyer, Charged, Consumed, DueChange, DueCorrection, DuePeriod, Metric, Seller, Snapshot
from . import charged, due_rows

_DAY = timedelta(days=1)


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
    if as_of > (known_at or uow.now):
        found = sorted({*found, *await tenants_renewing(uow, partner_id, as_of)})
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

    A run gives the moment it was begun as `known_at`, so that what closes after its plan is left to the next one. For a
    moment to come the periods are added that will have begun by then, as their renewals will open them.
    """
    uow.authorize("billing:preview")  # reading is all it does; who plans or applies has been asked before
    known_at = known_at or uow.now
    closed = _usage_closed(uow, as_of, known_at)
    terms = await seller(uow, partner_id)
    rows = await due_for_billing(uow, tenant_ids, as_of, closed, subscription_id)
    used = [row for row in rows if _has_use(row, closed)]
    metrics = await metrics_of(uow, {(row.plan_id, row.plan_version) for row in used})
    priced = [row for row in used if row.minimum_use_cents or metrics.get((row.plan_id, row.plan_version))]
    charges = await charged.of_use(uow, priced)
    periods = [due_rows.period(row, as_of, closed, metrics, charges) for row in rows if _is_due(row, as_of, closed)]
    corrections = [due_rows.correction(row, metrics, charges) for row in rows if _is_corrected(row)]
    if as_of > known_at:
        foreseen = await forecast(uow, partner_id, tenant_ids, as_of, subscription_id)
        periods += [due_rows.foreseen(each) for each in await with_other_items(uow, foreseen)]
    names = await names_of(uow, {due.pack_subscription_id for due in periods if due.pack_subscription_id})
    packs, periods = due_rows.packs(periods, names)
    changes = [due_rows.change(row) for row in await changes_for_billing(uow, tenant_ids, as_of, subscription_id)]
    return Snapshot(
        as_of=as_of,
        known_at=known_at,
        seller=terms,
        buyers=await buyers(uow, tenant_ids, terms),
        periods=tuple(periods),
        packs=tuple(packs),
        changes=tuple(changes),
        corrections=tuple(corrections),
        usage=await consumption(uow, periods, corrections),
        rates=await tax.rate_table(uow),
        charged=await _charged(uow, changes, corrections),
    )


async def _charged(
    uow: UnitOfWork, changes: Sequence[DueChange], corrections: Sequence[DueCorrection]
) -> dict[str, tuple[Charged, ...]]:
    """Give what charged the subscriptions that something may be given back to."""
    since = {due.subscription_id: due.changed_at - _DAY for due in changes if due.credit_cents}
    for due in corrections:
        since[due.subscription_id] = min(due.start, since.get(due.subscription_id, due.start))
    return await charged.by_subscription(uow, since.keys(), min(since.values(), default=None))


def _is_due(row: DueRow, as_of: datetime, closed: datetime) -> bool:
    return (row.base_due_at is not None and row.base_due_at <= as_of) or due_rows.use_is_due(row, closed)


def _is_corrected(row: DueRow) -> bool:
    return row.correction_due_at is not None and row.usage_due_at is None and row.usage_until is not None


def _has_use(row: DueRow, closed: datetime) -> bool:
    return _is_corrected(row) or due_rows.use_is_due(row, closed)


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


async def buyers(uow: UnitOfWork, tenant_ids: Sequence[str], terms: Seller) -> dict[str, Buyer]:
    """Give the billing profiles of a chunk in one statement, and in another what VIES said where that decides."""
    rows = await billed(uow, tenant_ids)
    numbered = {row.tenant_id: row.vat_number for row in rows if row.vat_number and row.country_code != terms.country}
    asks = terms.vies_policy == "required" and numbered and uow.actor.may("billing_profiles:read")
    answers = await tax.last_answers(uow, numbered) if asks else {}
    return {row.tenant_id: _buyer(row, answers.get(row.tenant_id)) for row in rows}


def _buyer(row: BilledTenant, consulted: tax.Consulted | None) -> Buyer:
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
        consulted=consulted,
    )


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


async def consumption(
    uow: UnitOfWork, periods: Sequence[DuePeriod], corrections: Sequence[DueCorrection] = ()
) -> dict[tuple[str, str], Consumed]:
    """Give the closed usage of every due or corrected period and metric."""
    wanted = [
        usage.UsageWindow(due.row_id, due.tenant_id, due.service_id, metric.slug, due.usage_from, due.usage_until)
        for due in periods
        if due.usage_until is not None and due.usage_until > due.usage_from
        for metric in due.metrics
    ]
    wanted += [
        usage.UsageWindow(due.row_id, due.tenant_id, due.service_id, each.metric.slug, due.usage_from, due.usage_until)
        for due in corrections
        for each in due.metrics
    ]
    if not wanted:
        return {}
    closed = await usage.closed_usage(uow, wanted)
    return {
        (window.key, window.metric_slug): Consumed(total.quantity, total.digest) for window, total in closed.items()
    }
