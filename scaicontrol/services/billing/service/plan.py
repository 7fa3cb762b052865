"""Computing a run: chunk by chunk, so that memory stays flat, and hashed, so that an apply writes what was shown."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners

from .. import queries
from ..compute import COMPUTE_VERSION, compute
from ..events import RunPlanned
from ..lifecycle import RunLifecycle, RunStatus
from ..models import BillingRun, PlannedDocument
from ..planned import BillingPlan, ComputedDocument
from .load import due_tenants, load
from .write import quarantine

CHUNK: Final = 500  # tenants
_PLANNED: Final = "planned"


@verb
async def plan(
    backend: Backend, actor: Actor, partner_id: str, as_of: datetime, tenant_ids: Sequence[str] | None = None
) -> BillingRun:
    """
    Compute what a partner's tenants owe as of a moment; nothing but the run itself is written.

    Raises NotFound for a partner that is not the caller's, Conflict where the run was closed meanwhile; what cannot be
    charged is quarantined, not raised.
    """
    if planned := backend.reached(_PLANNED):
        return await backend.ask(actor, queries.get_run, planned)
    run = await backend.perform(actor, _begin, partner_id, as_of, tenant_ids)
    tenants = await backend.ask(actor, due_tenants, partner_id, as_of, tenant_ids, known_at=run.created_at)
    digest, totals = hashlib.sha256(), Counter[str]()
    for chunk in _chunks(tenants, CHUNK):
        shown = await backend.perform(actor, _plan_chunk, run, chunk)
        for line in shown.digests:
            digest.update(line.encode())
        totals.update(shown.totals)
    return await backend.perform(actor, _finish, backend, run.id, digest.hexdigest(), dict(totals))


def _chunks(tenants: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(tenants), size):
        yield tenants[start : start + size]


async def _begin(uow: UnitOfWork, partner_id: str, as_of: datetime, tenant_ids: Sequence[str] | None) -> BillingRun:
    uow.authorize("billing:plan")
    await partners.get(uow, partner_id)  # not found for whoever it does not belong to
    run = BillingRun(
        id=new_id("run"),
        partner_id=partner_id,
        as_of=as_of,
        tenant_ids=sorted(tenant_ids) if tenant_ids is not None else None,
        status=RunStatus.computing,
        compute_version=COMPUTE_VERSION,
        created_by=uow.actor.id,
        totals={},
        version=1,
    )
    uow.session.add(run)
    return run


class _Shown:
    """What one chunk adds to the run: digests in a fixed order, and counts."""

    def __init__(self, plan: BillingPlan) -> None:
        self.digests = [f"{document.key}={document.digest}\n" for document in plan.documents]
        self.totals: Counter[str] = Counter(
            documents=sum(1 for document in plan.documents if document.lines or document.notes),
            zeros=sum(len(document.zeros) for document in plan.documents),
            quarantined=len(plan.quarantined),
        )
        for document in plan.documents:
            sums = [("subtotal", document.subtotal_cents), ("tax", document.tax_cents)]
            sums += [("credited", document.credited_cents)] if document.notes else []
            for kind, cents in sums:
                self.totals[f"{document.currency}.{kind}_cents"] += cents


async def _plan_chunk(uow: UnitOfWork, run: BillingRun, tenant_ids: Sequence[str]) -> _Shown:
    uow.authorize("billing:plan")
    kept = await queries.get_run(uow, run.id, lock=True)  # the lock's new `updated_at` says that somebody computes it
    if kept.status != RunStatus.computing:
        raise Conflict(f"{run} was closed while it was computed; plan it again.")
    planned = compute(await load(uow, run.partner_id, tenant_ids, run.as_of, known_at=run.created_at))
    if planned.documents:
        await uow.session.execute(
            insert(PlannedDocument), [_row(run.id, run.partner_id, document, uow.now) for document in planned.documents]
        )
    await quarantine(uow, run.partner_id, planned.quarantined, run.id)
    return _Shown(planned)


def _row(run_id: str, partner_id: str, document: ComputedDocument, now: datetime) -> dict[str, object]:
    return {
        "run_id": run_id,
        "key": document.key,
        "tenant_id": document.tenant_id,
        "partner_id": partner_id,
        "currency": document.currency,
        "subtotal_cents": document.subtotal_cents,
        "tax_cents": document.tax_cents,
        "total_cents": document.total_cents,
        "credited_cents": document.credited_cents,
        "lines": len(document.lines),
        "digest": document.digest,
        "status": "planned",
        "created_at": now,
        "updated_at": now,
    }


async def _finish(uow: UnitOfWork, backend: Backend, run_id: str, plan_hash: str, totals: dict[str, int]) -> BillingRun:
    uow.authorize("billing:plan")
    await backend.keep(uow, _PLANNED, run_id)
    run = await queries.get_run(uow, run_id, lock=True)
    run.documents, run.zeros = totals.pop("documents", 0), totals.pop("zeros", 0)
    run.quarantined = totals.pop("quarantined", 0)
    run.totals = {}
    for name, cents in sorted(totals.items()):
        currency, kind = name.split(".")
        run.totals[currency] = {**run.totals.get(currency, {}), kind: cents}
    run.plan_hash, run.planned_at = plan_hash, uow.now
    run.advance(RunLifecycle.plan)
    uow.emit(
        RunPlanned(
            run_id=run.id,
            partner_id=run.partner_id,
            as_of=run.as_of,
            plan_hash=plan_hash,
            documents=run.documents,
            quarantined=run.quarantined,
        )
    )
    return run
