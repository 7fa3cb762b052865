"""Which exported files belong to nothing: a run stored them and died, and the next one exported something else."""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core import orphans
from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from ..events import DocumentsExported
from ..models import AccountingSyncItem
from . import sync


async def sweep_orphans(backend: Backend, actor: Actor) -> int:
    """
    Remove exports that are older than a week and were never recorded, and count them.

    What was handed to the books once stays, also after a forced export has put another file in its place.
    """
    actor.require("accounting:sweep")
    return await orphans.sweep(backend, actor, (sync.FOLDER,), orphans_among)


async def orphans_among(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """Give the keys that no item names, no export ever recorded, and no run under way may still name."""
    uow.authorize("accounting:sweep")
    items = select(AccountingSyncItem.artefact_key).where(AccountingSyncItem.artefact_key.in_(keys))
    named = set(await uow.session.scalars(items))
    left = {key: sync.place_of(key) for key in keys if key not in named}
    if not left:
        return []
    integrations = {integration_id for integration_id, _ in left.values()}
    busy, exported = await _busy(uow, integrations), await _exported(uow, integrations)
    return [key for key, place in left.items() if place[0] not in busy and place not in exported]


async def _busy(uow: UnitOfWork, integration_ids: set[str]) -> set[str]:
    """Name the integrations of which a run holds items now: it may have met a file that an earlier one left."""
    held = select(AccountingSyncItem.integration_id).where(
        AccountingSyncItem.integration_id.in_(integration_ids), AccountingSyncItem.claimed_until > uow.now
    )
    return set(await uow.session.scalars(held.distinct()))


async def _exported(uow: UnitOfWork, integration_ids: set[str]) -> set[tuple[str, str]]:
    """Read from the audit log what was ever handed over: a forced export has an item name its newest file only."""
    told = select(AuditEntry.resource_id, AuditEntry.after).where(
        AuditEntry.action == DocumentsExported.topic, AuditEntry.resource_id.in_(integration_ids)
    )
    return {
        (integration_id, sync.folder_of(digest))
        for integration_id, after in await uow.session.execute(told)
        for digest in (after or {}).get("artefacts", ())
    }
