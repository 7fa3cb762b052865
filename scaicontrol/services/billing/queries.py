from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, subscriptions
from scaicontrol.services.subscriptions.models import SubscriptionChange, SubscriptionPeriod
from scaicontrol.services.subscriptions.reads.periods import DUE_COLUMNS, due_change, due_pack_periods, due_period

from .models import DRAFT, BillingCharge, BillingRun, PlannedDocument, QuarantineItem

RUNS = {"created_at": BillingRun.created_at, "as_of": BillingRun.as_of, "status": BillingRun.status}
_OF: Final = " · "
_LOOKED: Final = 200  # runs that are looked through for a name
QUARANTINE = {"created_at": QuarantineItem.created_at, "reason_code": QuarantineItem.reason_code}


def visible(uow: UnitOfWork) -> Select[BillingRun]:
    """Every read of runs starts here; a partner sees its own, the platform all."""
    uow.authorize("billing:plan")
    return select(BillingRun)


async def run_names(uow: UnitOfWork, run_ids: Iterable[str]) -> Mapping[str, str]:
    """Call runs by seller and moment, by id: for rows that refer to them, which the caller may see."""
    return await _named(uow, await uow.session.scalars(select(BillingRun).where(BillingRun.id.in_(set(run_ids)))))


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the names of runs that hold these words, by id, the newest first."""
    sellers = await partners.called(uow, words.partition(_OF)[0], limit)
    query = visible(uow).where(BillingRun.partner_id.in_(sellers)) if sellers else visible(uow)
    newest = await uow.session.scalars(
        query.order_by(BillingRun.created_at.desc(), BillingRun.id.desc()).limit(_LOOKED)
    )
    found = [(key, name) for key, name in (await _named(uow, newest)).items() if words.casefold() in name.casefold()]
    return dict(found[:limit])


async def _named(uow: UnitOfWork, found: Iterable[BillingRun]) -> Mapping[str, str]:
    runs = list(found)
    sellers = await partners.names(uow, [run.partner_id for run in runs])
    return {run.id: f"{sellers.get(run.partner_id, run.partner_id)}{_OF}{run.as_of:%Y-%m-%d %H:%M}" for run in runs}


async def get_run(uow: UnitOfWork, run_id: str, *, lock: bool = False) -> BillingRun:
    query = visible(uow).where(BillingRun.id == run_id)
    run = await uow.session.scalar(query.with_for_update() if lock else query)
    if run is None:
        raise NotFound(f"No billing run {run_id}.")
    return run


async def page_runs(
    uow: UnitOfWork, request: PageRequest, *, partner_id: str | None = None, status: str | None = None
) -> Page[BillingRun]:
    query = visible(uow)
    if partner_id:
        query = query.where(BillingRun.partner_id == partner_id)
    if status:
        query = query.where(BillingRun.status == status)
    return await paginate(uow, query, request, RUNS)


async def documents(uow: UnitOfWork, run_id: str, limit: int = 200, after: str = "") -> Sequence[PlannedDocument]:
    """List a run's documents by key; `after` is the last key seen."""
    await get_run(uow, run_id)
    query = select(PlannedDocument).where(PlannedDocument.run_id == run_id, PlannedDocument.key > after)
    return (await uow.session.scalars(query.order_by(PlannedDocument.key).limit(limit))).all()


async def progress(uow: UnitOfWork, run_id: str) -> dict[str, int]:
    """Count a run's documents by state: planned, applied, quarantined."""
    await get_run(uow, run_id)
    counted = select(PlannedDocument.status, func.count()).where(PlannedDocument.run_id == run_id)
    found = await uow.session.execute(counted.group_by(PlannedDocument.status))
    return {row[0]: row[1] for row in found}


def visible_quarantine(uow: UnitOfWork) -> Select[QuarantineItem]:
    """Every read of what was set aside starts here; a partner sees its own tenants', the platform all."""
    uow.authorize("billing:plan")
    return select(QuarantineItem)


async def page_quarantine(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    run_id: str | None = None,
    is_open: bool | None = None,
    is_draft: bool | None = None,
) -> Page[QuarantineItem]:
    """List what was set aside; `is_draft` tells the drafts that the gate refuses from charges without a document."""
    query = visible_quarantine(uow)
    if is_draft is not None:
        query = query.where(QuarantineItem.charge_kind == DRAFT if is_draft else QuarantineItem.charge_kind != DRAFT)
    if run_id:
        query = query.where(QuarantineItem.run_id == run_id)
    if is_open is not None:
        query = query.where(
            QuarantineItem.resolved_at.is_(None) if is_open else QuarantineItem.resolved_at.is_not(None)
        )
    return await paginate(uow, query, request, QUARANTINE)


async def get_quarantined(uow: UnitOfWork, item_id: str, *, lock: bool = False) -> QuarantineItem:
    query = visible_quarantine(uow).where(QuarantineItem.id == item_id)
    item = await uow.session.scalar(query.with_for_update() if lock else query)
    if item is None:
        raise NotFound(f"No quarantine item {item_id}.")
    return item


async def settle_without_invoice(uow: UnitOfWork, item: QuarantineItem, reason: str) -> None:
    """Record that a quarantined charge is never asked for again: a charge of nothing, and nothing due any more."""
    periods, change = await _due_rows(uow, item)
    if not periods and change is None:
        raise Refused(f"Cannot resolve {item} so: what it was about is no longer due; resolve it as retry.")
    row: Any = change if change is not None else periods[0]
    end: datetime | None = row.period_end
    uow.session.add(
        BillingCharge(
            id=new_id("chg"),
            tenant_id=item.tenant_id,
            partner_id=item.partner_id,
            subject_id=item.subject_id,
            charge_kind=item.charge_kind,
            period_start=item.period_start,
            period_end=end or item.period_start,
            amount_cents=0,
            currency=row.currency,
            run_id=item.run_id,
            derivation={"kind": "waived", "quarantine_id": item.id},
            waived_reason=reason,
        )
    )
    # The usage of a period stays due until the next run has closed all of its metrics.
    await subscriptions.mark_charged(
        uow,
        base=[period.id for period in periods] if item.charge_kind in ("base", "one_time", "pack") else [],
        usage=[period.id for period in periods] if item.charge_kind.startswith(("correction", "minimum:")) else [],
        changes=[change.id] if change is not None else [],
    )


async def is_due(uow: UnitOfWork, item: QuarantineItem) -> bool:
    """Tell whether what an item is about is still to be charged."""
    periods, change = await _due_rows(uow, item)
    return bool(periods) or change is not None


async def _due_rows(
    uow: UnitOfWork, item: QuarantineItem
) -> tuple[Sequence[SubscriptionPeriod], SubscriptionChange | None]:
    if item.charge_kind in ("credit", "proration"):
        return [], await due_change(uow, item.subject_id, item.period_start)
    if item.charge_kind == "pack":
        return await due_pack_periods(uow, item.subject_id, item.period_start), None
    part = "correction" if item.charge_kind.startswith("minimum:") else item.charge_kind.partition(":")[0]
    if part not in DUE_COLUMNS:
        return [], None
    period = await due_period(uow, item.subject_id, item.period_start, part)
    return [] if period is None else [period], None
