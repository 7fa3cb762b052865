from typing import Annotated

from fastapi import Query

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.pagination import FEED_LIMIT, Feed
from scaicontrol.core.schemas import MomentIn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit
from scaicontrol.services.audit.schemas import AuditEntryOut

from .door import After, FeedOf, Limit, Router

router = Router("/admin/audit-log", tags=["admin-audit"])


@router.get("", response_model=FeedOf[AuditEntryOut], permission="audit:read", summary="Follow the audit log")
async def index(
    uow: UnitOfWork,
    actor_id: str | None = None,
    action: str | None = None,
    resource_type: str | None = None,
    resource_id: str | None = None,
    tenant_id: str | None = None,
    start: Annotated[MomentIn | None, Query(alias="from", description="The first moment.")] = None,
    end: Annotated[MomentIn | None, Query(alias="to", description="The first moment after.")] = None,
    after: After = None,
    limit: Limit = FEED_LIMIT,
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
