"""What would be billed: for one tenant and any moment, nothing stored; and two runs held side by side."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.subscriptions.reads import next_due, trials_ending

from .. import queries
from ..compute import compute
from ..models import BillingRun, PlannedDocument
from ..planned import BillingPlan, ComputedDocument
from ..schemas import ComparedOut
from . import monthly
from .load import load

_LOOKED_AHEAD: Final = 13  # months: a yearly period begins by then


async def preview(uow: UnitOfWork, tenant_id: str, as_of: datetime) -> BillingPlan:
    """
    Compute what a tenant would be billed as of a moment, past or future.

    For a future moment the periods that will begin by then are added as they will be opened: same plan, same price.
    """
    uow.authorize("billing:preview")
    tenant = await tenants.get(uow, tenant_id)
    return compute(await load(uow, tenant.partner_id, [tenant_id], as_of))


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next documents of a tenant, and the civil day they will be written on; None where none are foreseen."""

    day: date | None = None
    documents: tuple[ComputedDocument, ...] = ()


async def upcoming(uow: UnitOfWork, tenant_id: str) -> Upcoming:
    """
    Give the tenant's next documents with everything that will be due by then, use as far as it is known now.

    They are those of the next run that has anything to charge, or the first invoice after a trial that ends before it.
    """
    uow.authorize("billing:preview")
    tenant = await tenants.get(uow, tenant_id)
    terms = await partners.settings_of(uow, tenant.partner_id)
    trials = await trials_ending(uow, tenant_id)
    due = [*await next_due(uow, tenant_id), *(ends for _, ends in trials)]
    if not due:
        return Upcoming()
    run = monthly.next_moment(uow, terms, min(due))
    for subscription_id, ends in trials:
        if ends < run:
            snapshot = await load(
                uow, tenant.partner_id, [tenant_id], max(ends, uow.now), subscription_id=subscription_id
            )
            if documents := _worth(compute(snapshot)):
                return Upcoming(civil_date(max(ends, uow.now), terms.timezone), documents)
    for _ in range(_LOOKED_AHEAD):
        if documents := _worth(await preview(uow, tenant_id, run)):
            return Upcoming(civil_date(run, terms.timezone), documents)
        run = monthly.moment_after(terms, run)
    return Upcoming()


def _worth(plan: BillingPlan) -> tuple[ComputedDocument, ...]:
    return tuple(document for document in plan.documents if document.lines or document.notes)


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
            is_outlier=old is not None and 2 * abs((new or 0) - old) >= abs(old),
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
