from typing import Annotated

from fastapi import Query

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.pagination import Feed
from scaicontrol.core.schemas import Moment
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit
from scaicontrol.services.audit import AuditEntryOut

from .door import FeedOf, Router

router = Router("/admin/audit-log", tags=["admin-audit"])


@router.get("", response_model=FeedOf[AuditEntryOut], permission="audit:read", summary="Follow the audit log")
async def index(
    uow: UnitOfWork,
    actor_id: str | None = None,
    action: str | None = None,
    resource_type: str | None = None,
    resource_id: str | None = None,
    tenant_id: str | None = None,
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="to")] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Feed[AuditEntry]:
    """Who did what to which resource, with the request that caused it."""
    return await audit.page(
        uow,
        actor_id=actor_id,
        action=action,
        resource_type=resource_type,
        resource_id=resource_id,
        tenant_id=tenant_id,
        start=start,
        end=end,
        after=after,
        limit=limit,
    )
