"""What is due, as the computation takes it: rows of subscriptions turned into plain values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from scaicontrol.services.catalog import VersionKey
from scaicontrol.services.coupons import Discount
from scaicontrol.services.packs.reads import PackNames
from scaicontrol.services.subscriptions import proration
from scaicontrol.services.subscriptions.forecast import Foreseen
from scaicontrol.services.subscriptions.reads import DueChangeRow, DueRow

from ..snapshot import CorrectedMetric, DueChange, DueCorrection, DuePack, DuePeriod, Metric, PackPart, UseMinimum
from .charged import UseCharged, UseCharges

Metrics = Mapping[VersionKey, Sequence[Metric]]


def use_is_due(row: DueRow, closed: datetime) -> bool:
    """Tell whether the use of a period is to be charged."""
    return row.usage_due_at is not None and row.usage_due_at <= closed


def period(row: DueRow, as_of: datetime, closed: datetime, metrics: Metrics, charges: UseCharges) -> DuePeriod:
    """Give a period with the parts of it that are due; a metric that was charged or waived already is none."""
    settled = charges.get((row.subscription_id, row.start))
    return DuePeriod(
        row_id=row.row_id,
        subscription_id=row.subscription_id,
        tenant_id=row.tenant_id,
        start=row.start,
        end=row.end,
        first_day=row.first_day,
        usage_from=row.usage_from,
        quantity=row.quantity,
        unit_price_cents=row.unit_price_cents,
        currency=row.currency,
        days=row.days,
        full_days=row.full_days,
        base_is_due=row.base_due_at is not None and row.base_due_at <= as_of,
        usage_until=row.usage_due_at if use_is_due(row, closed) else None,
        service_id=row.service_id,
        service_name=row.service_name,
        plan_key=f"{row.service_slug}.{row.plan_slug}",
        plan_name=row.plan_name,
        plan_version=row.plan_version,
        metrics=tuple(
            m
            for m in metrics.get((row.plan_id, row.plan_version), ())
            if settled is None or m.slug not in settled.metrics
        ),
        pack_subscription_id=row.pack_subscription_id,
        setup_price_cents=row.setup_price_cents,
        discounts=tuple(map(Discount.stored, row.discounts or ())),
        minimum=_minimum(row, settled) if settled is None or settled.minimum is None else None,
    )


def _minimum(row: DueRow, settled: UseCharged | None) -> UseMinimum | None:
    """Give what the use of a period is charged at least: for the days that are charged. What was waived is not."""
    if not row.minimum_use_cents or row.end is None or (settled and settled.minimum and settled.minimum.is_waived):
        return None
    cents = proration.Terms(1, row.minimum_use_cents, row.full_days).for_days(row.days)
    if settled is None:
        return UseMinimum(cents)
    return UseMinimum(cents, settled.use_cents, settled.minimum.charged_cents if settled.minimum else 0)


def correction(row: DueRow, metrics: Metrics, charges: UseCharges) -> DueCorrection:
    """Give a charged period with what each of its metrics was charged for; what was waived is not asked for again."""
    settled = charges.get((row.subscription_id, row.start))
    known = {} if settled is None else settled.metrics
    return DueCorrection(
        row_id=row.row_id,
        subscription_id=row.subscription_id,
        tenant_id=row.tenant_id,
        start=row.start,
        end=row.end,
        first_day=row.first_day,
        days=row.days,
        usage_from=row.usage_from,
        usage_until=row.usage_until or row.usage_from,
        service_id=row.service_id,
        service_name=row.service_name,
        plan_key=f"{row.service_slug}.{row.plan_slug}",
        plan_version=row.plan_version,
        currency=row.currency,
        number=1 if settled is None else settled.corrections + 1,
        metrics=tuple(
            CorrectedMetric(metric, found.charged_cents, found.quantity)
            for metric in metrics.get((row.plan_id, row.plan_version), ())
            if (found := known.get(metric.slug)) is not None and not found.is_waived
        ),
        pack_subscription_id=row.pack_subscription_id,
        minimum=_minimum(row, settled) if settled is not None and settled.minimum is not None else None,
    )


def change(row: DueChangeRow) -> DueChange:
    """Give a change with what it moves."""
    found = row.change
    return DueChange(
        row_id=found.id,
        subscription_id=found.subscription_id,
        tenant_id=found.tenant_id,
        changed_at=found.changed_at,
        service_name=row.service_name,
        old_plan_name=row.old_plan_name,
        new_plan_name=row.new_plan_name,
        old_plan_version=found.old_plan_version,
        new_plan_version=found.new_plan_version,
        old_amount_cents=found.old_quantity * found.old_unit_price_cents - found.old_discount_cents,
        new_amount_cents=found.new_quantity * found.new_unit_price_cents - found.new_discount_cents,
        remaining_days=found.remaining_days,
        charged_days=found.charged_days,
        old_period_days=found.old_period_days,
        new_period_days=found.new_period_days,
        credit_cents=found.credit_cents,
        charge_cents=found.charge_cents,
        currency=found.currency,
    )


def foreseen(each: Foreseen) -> DuePeriod:
    """Give a period that will begin; of its use nothing is known."""
    opening, service = each.opening, each.service
    span = opening.span
    return DuePeriod(
        row_id=f"coming:{each.subscription_id}:{span.first_day}",
        subscription_id=each.subscription_id,
        tenant_id=each.tenant_id,
        start=span.start,
        end=span.end,
        first_day=span.first_day,
        usage_from=opening.usage_from,
        service_id=service.id,
        service_name=service.name,
        plan_key=f"{service.slug}.{opening.plan.slug}",
        plan_name=opening.plan.name,
        plan_version=opening.terms.number,
        quantity=opening.quantity,
        unit_price_cents=opening.unit_price_cents,
        currency=each.currency,
        days=span.days,
        full_days=span.full_days,
        base_is_due=True,
        usage_until=None,
        pack_subscription_id=each.pack_subscription_id,
        setup_price_cents=opening.setup_price_cents,
        discounts=opening.discounts,
    )


def packs(periods: Iterable[DuePeriod], names: Mapping[str, PackNames]) -> tuple[list[DuePack], list[DuePeriod]]:
    """
    Take the base of children out of what is due by itself: with those that began together it is their pack's price.

    Gives the packs, and the periods without it.
    """
    together: defaultdict[tuple[str, datetime], list[DuePeriod]] = defaultdict(list)
    left: list[DuePeriod] = []
    for due in periods:
        if due.pack_subscription_id is None or not due.base_is_due:
            left.append(due)
            continue
        together[due.pack_subscription_id, due.start].append(due)
        if due.usage_until is not None:
            left.append(replace(due, base_is_due=False))
    return [_pack(key[0], parts, names[key[0]]) for key, parts in together.items()], left


def _pack(pack_subscription_id: str, parts: Sequence[DuePeriod], names: PackNames) -> DuePack:
    ordered = sorted(parts, key=lambda due: due.subscription_id)
    first = ordered[0]
    return DuePack(
        row_id=f"{pack_subscription_id}:{first.start.isoformat()}",
        subscription_id=pack_subscription_id,
        tenant_id=first.tenant_id,
        start=first.start,
        first_day=first.first_day,
        days=first.days,
        pack_slug=names.slug,
        pack_name=names.name,
        currency=first.currency,
        parts=tuple(
            PackPart(
                row_id=due.row_id,
                service_name=due.service_name,
                plan_key=due.plan_key,
                plan_name=due.plan_name,
                plan_version=due.plan_version,
                amount_cents=due.quantity * due.unit_price_cents,
            )
            for due in ordered
        ),
    )
