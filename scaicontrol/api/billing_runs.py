from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing.models import BillingRun, PlannedDocument, QuarantineItem
from scaicontrol.services.billing.schemas import (
    ApplyIn,
    ComparedOut,
    PlannedDocumentOut,
    PreviewOut,
    QuarantineOut,
    ResolveIn,
    RunIn,
    RunOut,
)

from .door import Many, One, Paged, Paging, Router

router = Router("/admin/billing", tags=["admin-billing-runs"])


@router.post(
    "/runs",
    response_model=One[RunOut],
    status_code=201,
    permission="billing:plan",
    keyed=True,
    summary="Plan a billing run",
)
async def plan(backend: Backend, actor: Actor, body: RunIn) -> BillingRun:
    """Computes what is due as of a moment; writes no document."""
    partner_id = body.partner_id or actor.partner_id or backend.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", "Name the partner whose tenants are to be billed.")
    return await billing.plan(backend, actor, partner_id, body.as_of, body.tenant_ids)


@router.get("/runs", response_model=Paged[RunOut], permission="billing:plan", summary="List billing runs")
async def runs(
    uow: UnitOfWork, paging: Paging, partner_id: str | None = None, status: str | None = None
) -> Page[BillingRun]:
    return await billing.page_runs(uow, paging, partner_id=partner_id, status=status)


@router.get("/runs/{run_id}", response_model=One[RunOut], permission="billing:plan", summary="Read a billing run")
async def run(uow: UnitOfWork, run_id: str) -> BillingRun:
    return await billing.get_run(uow, run_id)


@router.get(
    "/runs/{run_id}/documents",
    response_model=Many[PlannedDocumentOut],
    permission="billing:plan",
    summary="List the documents of a run",
)
async def documents(
    uow: UnitOfWork, run_id: str, after: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 200
) -> Sequence[PlannedDocument]:
    """`after` is the last key you saw."""
    return await billing.documents(uow, run_id, limit, after)


@router.get(
    "/runs/{run_id}/documents/{key}",
    response_model=One[PreviewOut],
    permission="billing:plan",
    summary="Show a document of a run with its lines",
)
async def document(uow: UnitOfWork, run_id: str, key: str) -> PreviewOut:
    return PreviewOut.of(await billing.show_document(uow, run_id, key))


@router.get(
    "/runs/{run_id}/quarantine",
    response_model=Paged[QuarantineOut],
    permission="billing:plan",
    summary="List what a run set aside",
)
async def quarantine(uow: UnitOfWork, paging: Paging, run_id: str) -> Page[QuarantineItem]:
    return await billing.page_quarantine(uow, paging, run_id=run_id)


@router.get(
    "/runs/{run_id}/compare",
    response_model=Many[ComparedOut],
    permission="billing:plan",
    summary="Compare a run with an earlier one",
)
async def compare(
    uow: UnitOfWork, run_id: str, other: Annotated[str | None, Query(alias="with")] = None
) -> list[ComparedOut]:
    """Against the partner's last applied run, or a named one."""
    return await billing.compare(uow, run_id, other)


@router.post(
    "/runs/{run_id}/apply",
    response_model=One[RunOut],
    permission="billing:apply",
    keyed=True,
    summary="Apply a billing run",
)
async def apply(backend: Backend, actor: Actor, run_id: str, body: ApplyIn) -> BillingRun:
    """Writes exactly what was shown; a document whose inputs changed since goes to quarantine."""
    return await billing.apply(backend, actor, run_id, body.plan_hash)


@router.post(
    "/runs/{run_id}/discard",
    response_model=One[RunOut],
    permission="billing:apply",
    keyed=True,
    summary="Discard a planned run",
)
async def discard(uow: UnitOfWork, run_id: str) -> BillingRun:
    return await billing.discard(uow, run_id)


@router.post(
    "/quarantine/{item_id}/resolve",
    response_model=One[QuarantineOut],
    permission="billing:resolve",
    keyed=True,
    summary="Resolve a quarantined charge",
)
async def resolve(uow: UnitOfWork, item_id: str, body: ResolveIn) -> QuarantineItem:
    """`retry` with the next run, `waive` it, or `manual` when it was put on an invoice by hand."""
    return await billing.resolve(uow, item_id, body.resolution, body.reason)
