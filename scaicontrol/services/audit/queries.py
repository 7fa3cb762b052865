from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Feed, follow
from scaicontrol.core.work import UnitOfWork


def visible(uow: UnitOfWork) -> Select[AuditEntry]:
    """Every read starts here: a partner sees the entries about its own, the platform all."""
    uow.authorize("audit:read")
    return select(AuditEntry)


async def entry(uow: UnitOfWork, entry_id: str) -> AuditEntry:
    found: AuditEntry | None = await uow.session.scalar(visible(uow).where(AuditEntry.id == entry_id))
    if found is None:
        raise NotFound(f"No audit entry {entry_id}.")
    return found


async def page(  # noqa: PLR0913  the feed's filters (contract §27.27)
    uow: UnitOfWork,
    *,
    actor_id: str | None = None,
    action: str | None = None,
    resource_type: str | None = None,
    resource_id: str | None = None,
    tenant_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Feed[AuditEntry]:
    """Follow the audit log from the oldest entry on."""
    query = visible(uow)
    for column, value in (
        (AuditEntry.actor_id, actor_id),
        (AuditEntry.action, action),
        (AuditEntry.resource_type, resource_type),
        (AuditEntry.resource_id, resource_id),
        (AuditEntry.tenant_id, tenant_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if start is not None:
        query = query.where(AuditEntry.occurred_at >= start)
    if end is not None:
        query = query.where(AuditEntry.occurred_at < end)
    return await follow(uow, query, AuditEntry, after, limit)


async def timeline(uow: UnitOfWork, *resource_ids: str, limit: int = 100) -> Sequence[AuditEntry]:
    """Say what happened to a resource and its kin, newest first."""
    query = visible(uow).where(AuditEntry.resource_id.in_(resource_ids))
    return (
        await uow.session.scalars(query.order_by(AuditEntry.occurred_at.desc(), AuditEntry.id.desc()).limit(limit))
    ).all()


async def of_tenant(uow: UnitOfWork, tenant_id: str, limit: int) -> Sequence[AuditEntry]:
    """List what was done about a tenant, newest first."""
    query = visible(uow).where(AuditEntry.tenant_id == tenant_id)
    # Ids are in the order of writing, and the index by tenant ends in them: no sorting, however long the log.
    return (await uow.session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit))).all()
