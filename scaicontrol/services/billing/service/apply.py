"""
Applying a run: document by document, exactly what was shown, resumable after a crash at any point.

Each document is one short transaction that computes it again from what is due now. When the digest is the planned one,
the draft and its charges are written; when something changed in between, the document goes to quarantine as
`input_changed` and the rest goes on. Finalising follows outside, as the partner's settings say.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, OutcomeUnknown, Refused
from scaicontrol.core.logging import get_logger
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners
from scaicontrol.services.invoices.reads.documents import untouched_drafts

from .. import queries
from ..compute import compute
from ..lifecycle import RunLifecycle, RunStatus
from ..models import BillingCharge, BillingRun, PlannedDocument
from ..planned import ComputedDocument, Quarantined
from .ending import end, recount
from .left_drafts import close_all_left, finalize_or_set_aside
from .load import load
from .quarantine import close_charged
from .write import quarantine, write_document

log = get_logger(__name__)
_AT_ONCE: Final = 4
_APPLIED: Final = "applied"


@verb
async def apply(backend: Backend, actor: Actor, run_id: str, plan_hash: str) -> BillingRun:
    """
    Write the documents of a planned run; calling it again goes on where it stopped.

    Raises NotFound, Conflict for another `plan_hash` than the run's, Refused for a run that looks ahead or was not
    planned.
    """
    if backend.reached(_APPLIED):
        return await backend.ask(actor, queries.get_run, run_id)
    keyed, backend = backend, replace(backend, keyed=None)  # each document is safe by itself
    run = await backend.perform(actor, _begin, run_id, plan_hash)
    for invoice_id in await backend.ask(actor, _left_as_drafts, run_id):
        await finalize_if_wished(backend, actor, run.partner_id, invoice_id)
    keys = await backend.ask(actor, _open_documents, run_id)

    async def one(key: str) -> None:
        await _apply_one(backend, actor, run, key)

    await side_by_side(one, keys, at_once=1 if backend.database.is_sqlite else _AT_ONCE)
    return await backend.perform(actor, _finish, keyed, run_id)


async def _apply_one(backend: Backend, actor: Actor, run: BillingRun, key: str) -> None:
    try:
        drafts = await _written(backend, actor, run.id, key)
    except OutcomeUnknown:
        raise  # it may be written: the next tick goes on from what is there
    except ControlError as error:
        # It stays planned, and the run partially applied: one document must not keep the others from being written.
        log.warning("document_not_applied", run_id=run.id, key=key, reason=error.message)
        return
    for invoice_id in drafts:
        await finalize_if_wished(backend, actor, run.partner_id, invoice_id)


async def _written(backend: Backend, actor: Actor, run_id: str, key: str) -> list[str]:
    try:
        return await backend.perform(actor, apply_document, run_id, key)
    except Conflict:
        # Somebody charged the same at the same moment: it is no longer due, which the second look will see.
        return await backend.perform(actor, apply_document, run_id, key)


async def finalize_if_wished(backend: Backend, actor: Actor, partner_id: str, invoice_id: str) -> None:
    """Finalise a drafted document when the partner wants that; a draft that cannot be is set aside for a person."""
    terms = await backend.ask(actor, partners.settings_of, partner_id)
    if terms.auto_finalize:
        await finalize_or_set_aside(backend, actor, invoice_id)


async def ready_to_apply(uow: UnitOfWork, run_id: str, plan_hash: str, *, lock: bool = False) -> BillingRun:
    """Give a run that may be applied as it was shown; Conflict for another plan, Refused when its state does not."""
    uow.authorize("billing:apply")
    run = await queries.get_run(uow, run_id, lock=lock)
    if run.plan_hash != plan_hash:
        raise Conflict(f"{run} was planned as {run.plan_hash}; look at it again and apply that.")
    if run.as_of > uow.now:
        raise Refused(f"Cannot apply {run}: it looks ahead to {run.as_of:%Y-%m-%d %H:%M} UTC, when more may be due.")
    if run.status != RunStatus.applying and not run.can(RunLifecycle.apply.id):
        run.advance(RunLifecycle.apply)  # refuses, and says what the state allows
    return run


async def _begin(uow: UnitOfWork, run_id: str, plan_hash: str) -> BillingRun:
    run = await ready_to_apply(uow, run_id, plan_hash, lock=True)
    if run.status != RunStatus.applying:  # a crashed apply left it so: go on
        run.advance(RunLifecycle.apply)
    run.version += 1
    return run


async def _left_as_drafts(uow: UnitOfWork, run_id: str) -> list[str]:
    """Name the drafts of a run that nobody has touched: a crash came between writing and finalising them."""
    uow.authorize("billing:apply")
    charged = select(BillingCharge.invoice_id).where(
        BillingCharge.run_id == run_id, BillingCharge.invoice_id.is_not(None)
    )
    return await untouched_drafts(uow, charged)


async def _open_documents(uow: UnitOfWork, run_id: str) -> list[str]:
    uow.authorize("billing:apply")
    keys = select(PlannedDocument.key).where(PlannedDocument.run_id == run_id, PlannedDocument.status == "planned")
    return list(await uow.session.scalars(keys.order_by(PlannedDocument.key)))


async def apply_document(uow: UnitOfWork, run_id: str, key: str) -> list[str]:
    """Write one planned document, or set it aside; give the ids of its drafts. Twice writes nothing twice."""
    uow.authorize("billing:apply")
    planned = await uow.session.get(PlannedDocument, (run_id, key), with_for_update=True)
    if planned is None or planned.status != "planned":
        return []
    run = await queries.get_run(uow, run_id)
    again = compute(await load(uow, run.partner_id, [planned.tenant_id], run.as_of, known_at=run.created_at))
    document = next((found for found in again.documents if found.key == key), None)
    if document is None or document.digest != planned.digest:
        await quarantine(uow, run.partner_id, _changed(planned, document, run), run_id)
        planned.status = "quarantined"
        return []
    drafts = await write_document(uow, run.partner_id, document, run_id)
    planned.status, planned.invoice_id = "applied", drafts[-1].id if drafts else None
    return [draft.id for draft in drafts]


def _changed(planned: PlannedDocument, document: ComputedDocument | None, run: BillingRun) -> list[Quarantined]:
    """Set aside each charge that is due now; charged by a later run, or due no more, each closes by itself."""
    now = "nothing is due any more" if document is None else f"it would now be {document.total_cents}"
    detail = (
        f"What {planned.key} is made of changed after the plan: shown {planned.total_cents} {planned.currency}, {now}."
    )
    shown = {"run_id": run.id, "shown_digest": planned.digest, "shown_total_cents": planned.total_cents}
    if document is None:
        return [
            Quarantined(planned.tenant_id, planned.tenant_id, "document", run.as_of, "input_changed", detail, shown)
        ]
    return [
        Quarantined(
            planned.tenant_id, line.subscription_id, line.charge_kind, line.charge_start, "input_changed", detail,
            {**shown, "amount_cents": line.amount_cents, "derivation": line.derivation},
        )
        for line in document.charges
        if not line.charge_kind.startswith("credit")
    ]  # fmt: skip


async def _finish(uow: UnitOfWork, keyed: Backend, run_id: str) -> BillingRun:
    uow.authorize("billing:apply")
    await keyed.keep(uow, _APPLIED, value=True)
    run = await queries.get_run(uow, run_id, lock=True)
    if run.status != RunStatus.applying:  # another process has finished it meanwhile
        await recount(uow, run.id)
        return run
    await close_charged(uow, run.partner_id)
    await close_all_left(uow, run.id)
    await end(uow, run)
    return run
