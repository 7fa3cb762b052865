"""What was charged before: the use of a period so far, and the lines that a credit can be given back over."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.reads.documents import creditable_lines
from scaicontrol.services.subscriptions.reads import DueRow

from ..models import BillingCharge
from ..snapshot import Charged


@dataclass(slots=True)
class MetricCharged:
    """What the use of one metric in one period was charged for, corrections included."""

    charged_cents: int = 0
    quantity: Decimal = Decimal()
    is_waived: bool = False


@dataclass(slots=True)
class UseCharged:
    """What the use of one period was charged for, by metric, and how often it was corrected."""

    metrics: defaultdict[str, MetricCharged] = field(default_factory=lambda: defaultdict(MetricCharged))
    corrections: int = 0
    minimum: MetricCharged | None = None

    @property
    def use_cents(self) -> int:
        return sum(metric.charged_cents for metric in self.metrics.values())


UseCharges = Mapping[tuple[str, datetime], UseCharged]


async def of_use(uow: UnitOfWork, rows: Sequence[DueRow]) -> UseCharges:
    """Give the charges of use of these periods, by subscription and the moment that names them."""
    found: defaultdict[tuple[str, datetime], UseCharged] = defaultdict(UseCharged)
    if not rows:
        return found
    charge = BillingCharge
    charges = await uow.session.scalars(
        select(charge)
        .where(
            charge.subject_id.in_({row.subscription_id for row in rows}),
            charge.period_start.in_({row.start for row in rows}),
            or_(
                charge.charge_kind.startswith("usage:"),
                charge.charge_kind.startswith("correction:"),
                charge.charge_kind.startswith("minimum"),
            ),
        )
        .order_by(charge.created_at, charge.id)
    )
    for row in charges:
        period = found[row.subject_id, row.period_start]
        kind, _, rest = row.charge_kind.partition(":")
        if kind == "minimum":
            period.minimum = period.minimum or MetricCharged()
            period.minimum.charged_cents += row.amount_cents
            period.minimum.is_waived = period.minimum.is_waived or row.waived_reason is not None
            period.corrections = max(period.corrections, int(rest.partition(":")[0] or 0))
            continue
        slug, _, numbered = rest.partition(":")
        if kind == "correction":
            number = (numbered or slug).partition(":")[0]
            period.corrections = max(period.corrections, int(number))
            if not numbered:
                continue  # it found that nothing had changed
        metric = period.metrics[slug]
        metric.charged_cents += row.amount_cents
        metric.quantity = Decimal(row.derivation.get("quantity", "0"))
        metric.is_waived = metric.is_waived or row.waived_reason is not None
    return found


async def by_subscription(
    uow: UnitOfWork, subscription_ids: Collection[str], since: datetime | None
) -> dict[str, tuple[Charged, ...]]:
    """Give the invoice lines that charged these subscriptions for time after a moment, the newest first."""
    if not subscription_ids or since is None:
        return {}
    charge = BillingCharge
    rows = (
        await uow.session.execute(
            select(
                charge.id,
                charge.subject_id,
                charge.invoice_id,
                charge.charge_kind,
                charge.period_start,
                charge.period_end,
            )
            .where(
                charge.subject_id.in_(set(subscription_ids)),
                charge.period_end > since,
                charge.amount_cents > 0,
                charge.invoice_id.is_not(None),
            )
            .order_by(charge.period_start.desc(), charge.created_at.desc(), charge.id)
        )
    ).all()
    lines = await creditable_lines(uow, {str(row.invoice_id) for row in rows})
    by_charge = {line.charge_id: line for line in lines}
    found: defaultdict[str, list[Charged]] = defaultdict(list)
    for row in rows:
        if (line := by_charge.get(row.id)) is not None:
            found[row.subject_id].append(Charged(line, row.charge_kind, row.period_start, row.period_end))
    return {subject: tuple(charges) for subject, charges in found.items()}
