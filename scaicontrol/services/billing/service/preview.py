"""What would be billed: for one tenant and any moment, nothing stored; and two runs held side by side."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants
from scaicontrol.services.subscriptions import calendar
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import period_ends, running_until

from .. import queries
from ..compute import BillingPlan, ComputedDocument, compute
from ..models import BillingRun, PlannedDocument
from ..schemas import ComparedOut
from ..snapshot import DuePeriod
from .load import load, metrics_of, seller


async def preview(uow: UnitOfWork, tenant_id: str, as_of: datetime) -> BillingPlan:
    """
    Compute what a tenant would be billed as of a moment, past or future.

    For a future moment the periods that will begin by then are added as they would be opened: same plan, same price.
    """
    uow.authorize("billing:preview")
    tenant = await tenants.get(uow, tenant_id)
    snapshot = await load(uow, tenant.partner_id, [tenant_id], as_of)
    if as_of > uow.now:
        coming = await _coming(uow, tenant.partner_id, tenant_id, as_of)
        snapshot = replace(snapshot, periods=(*snapshot.periods, *coming))
    return compute(snapshot)


async def upcoming(uow: UnitOfWork, tenant_id: str) -> list[ComputedDocument]:
    """Preview the tenant's next documents: everything that will be due by the end of its running periods."""
    uow.authorize("billing:preview")
    moments = await period_ends(uow, tenant_id)
    plan = await preview(uow, tenant_id, min(moments, default=uow.now))
    return [document for document in plan.documents if document.lines]


async def _coming(uow: UnitOfWork, partner_id: str, tenant_id: str, as_of: datetime) -> list[DuePeriod]:
    zone = (await seller(uow, partner_id)).zone
    found = []
    for subscription in await running_until(uow, tenant_id, as_of):
        plan, service = subscription.plan, subscription.service
        version = (subscription.plan_id, subscription.plan_version)
        metrics = (await metrics_of(uow, {version})).get(version, ())
        start, anchor_day = subscription.current_period_end, subscription.anchor_day
        if anchor_day is None:
            continue
        while start is not None and start <= as_of and not _ends_before(subscription, start):
            span = calendar.window(start, plan.billing_period, anchor_day, zone, subscription.term_ends_at)
            found.append(
                DuePeriod(
                    row_id=f"coming:{subscription.id}:{start.isoformat()}",
                    subscription_id=subscription.id,
                    tenant_id=tenant_id,
                    start=span.start,
                    end=span.end,
                    service_id=service.id,
                    service_name=service.name,
                    plan_key=f"{service.slug}.{plan.slug}",
                    plan_name=plan.name,
                    plan_version=subscription.plan_version,
                    quantity=subscription.quantity,
                    unit_price_cents=subscription.recurring_price_cents,
                    currency=subscription.currency,
                    days=span.days,
                    full_days=span.full_days,
                    base_is_due=True,
                    usage_until=None,
                    metrics=metrics,
                )
            )
            start = span.end
    return found


def _ends_before(subscription: Subscription, moment: datetime) -> bool:
    last = [m for m in (subscription.pending_cancellation_at, subscription.term_ends_at) if m is not None]
    return bool(last) and min(last) <= moment


async def show_document(uow: UnitOfWork, run_id: str, key: str) -> ComputedDocument:
    """Compute one document of a planned run again, with all its lines; drift since the plan is refused by name."""
    run = await queries.get_run(uow, run_id)
    planned = await uow.session.get(PlannedDocument, (run_id, key))
    if planned is None:
        raise NotFound(f"No document {key} in {run}.")
    again = compute(await load(uow, run.partner_id, [planned.tenant_id], run.as_of, known_at=run.created_at))
    found = next((document for document in again.documents if document.key == key), None)
    if found is None or found.digest != planned.digest:
        raise Refused(f"What {key} is made of has changed since {run} was planned; plan again.")
    return found


async def compare(uow: UnitOfWork, run_id: str, with_run_id: str | None = None) -> list[ComparedOut]:
    """Hold a run against the last applied one of its partner, or a named one: new, gone and changed documents."""
    run = await queries.get_run(uow, run_id)
    other = await queries.get_run(uow, with_run_id) if with_run_id else await _previous(uow, run)
    now = await _totals(uow, run.id)
    before = await _totals(uow, other.id) if other is not None else {}
    pairs = [(key, now.get(key), before.get(key)) for key in sorted(now.keys() | before.keys())]
    return [
        ComparedOut(
            key=key,
            kind="new" if old is None else "gone" if new is None else "changed",
            total_cents=new,
            previous_total_cents=old,
        )
        for key, new, old in pairs
        if new != old
    ]


async def _previous(uow: UnitOfWork, run: BillingRun) -> BillingRun | None:
    query = (
        queries.visible(uow)
        .where(BillingRun.partner_id == run.partner_id, BillingRun.applied_at.is_not(None), BillingRun.id != run.id)
        .order_by(BillingRun.applied_at.desc())
        .limit(1)
    )
    found: BillingRun | None = await uow.session.scalar(query)
    return found


async def _totals(uow: UnitOfWork, run_id: str) -> dict[str, int]:
    rows = await uow.session.execute(
        select(PlannedDocument.key, PlannedDocument.total_cents).where(PlannedDocument.run_id == run_id)
    )
    return {row.key: row.total_cents for row in rows}
