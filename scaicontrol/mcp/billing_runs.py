"""Billing runs, which are plans themselves, and what they set aside."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing.models import BillingRun, QuarantineItem
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

from .door import Paging
from .invoices import tool
from .one_tenant import named_tenant

_DOCUMENTS_SHOWN = 200


@tool.read("billing:preview", out=list[PreviewOut])
async def upcoming(uow: UnitOfWork, tenant_id: Id | None = None) -> list[PreviewOut]:
    """Preview a tenant's next invoices."""
    coming = await billing.upcoming(uow, named_tenant(uow, tenant_id))
    return [PreviewOut.of(document, coming.day) for document in coming.documents]


@tool.read("billing:plan", out=RunOut)
async def plan_run(backend: Backend, actor: Actor, body: RunIn) -> BillingRun:
    """Compute what is due; writes no document."""
    partner_id = body.partner_id or actor.partner_id or backend.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", "Name the partner whose tenants are to be billed.")
    return await billing.plan(backend, actor, partner_id, body.as_of, body.tenant_ids)


@tool.read("billing:plan", out=list[RunOut])
async def list_runs(uow: UnitOfWork, paging: Paging, partner_id: Id | None = None) -> Page[BillingRun]:
    """List billing runs."""
    return await billing.page_runs(uow, paging.request, partner_id=partner_id)


@tool.read("billing:plan", out=list[PlannedDocumentOut])
async def run_documents(uow: UnitOfWork, run_id: Id, after: Word = "") -> list[PlannedDocumentOut]:
    """List its documents, 200 behind a key."""
    found = await billing.documents(uow, run_id, _DOCUMENTS_SHOWN, after)
    return [PlannedDocumentOut.model_validate(each) for each in found]


@tool.read("billing:plan", out=list[ComparedOut])
async def compare_run(uow: UnitOfWork, run_id: Id, other_run_id: Id | None = None) -> list[ComparedOut]:
    """Hold it against the last applied one."""
    return await billing.compare(uow, run_id, other_run_id)


@tool.change("billing:apply", out=RunOut, destructive=True, outside=True)
async def apply_run(backend: Backend, actor: Actor, run_id: Id, body: ApplyIn) -> BillingRun:
    """Write exactly what a run showed."""
    return await billing.apply(backend, actor, run_id, body.plan_hash)


@tool.change("billing:apply", out=RunOut, destructive=True)
async def discard_run(uow: UnitOfWork, run_id: Id) -> BillingRun:
    """Throw a planned run away."""
    return await billing.discard(uow, run_id)


@tool.read("billing:plan", out=list[QuarantineOut])
async def quarantine(uow: UnitOfWork, paging: Paging, run_id: Id | None = None) -> Page[QuarantineItem]:
    """List charges that were set aside, and why."""
    return await billing.page_quarantine(uow, paging.request, run_id=run_id)


@tool.change("billing:resolve", out=QuarantineOut, destructive=True)
async def resolve_quarantined(uow: UnitOfWork, item_id: Id, body: ResolveIn) -> QuarantineItem:
    """Decide one: retry, waive or manual."""
    return await billing.resolve(uow, item_id, body.resolution, body.reason)
