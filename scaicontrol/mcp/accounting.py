"""The way into the books."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Feed
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting as books
from scaicontrol.services.accounting.lifecycle import SyncStatus
from scaicontrol.services.accounting.models import AccountingIntegration, AccountingSyncItem
from scaicontrol.services.accounting.schemas import (
    IntegrationOut,
    SyncIn,
    SyncItemOut,
    SyncStarted,
)

from .door import Following
from .platform import tool

_JOB = "accounting_sync"


@tool.read("accounting:read", out=list[IntegrationOut])
async def accounting(uow: UnitOfWork, partner_id: Id | None = None) -> list[AccountingIntegration]:
    """List integrations with books."""
    return list(await books.listing(uow, partner_id))


@tool.read("accounting:read", out=list[SyncItemOut])
async def accounting_log(
    uow: UnitOfWork, integration_id: Id, following: Following, status: SyncStatus | None = None
) -> Feed[AccountingSyncItem]:
    """Follow what was exported."""
    return await books.sync_log(uow, integration_id, status=status, after=following.after, limit=following.limit)


@tool.change("accounting:manage", out=SyncStarted, outside=True)
async def sync_accounting(uow: UnitOfWork, integration_id: Id, body: SyncIn) -> SyncStarted:
    """Export days, or what failed."""
    # Its job comes within a quarter of an hour: a worker woken beside the verb would be in the plan, and not in what is
    # applied of it.
    return SyncStarted(job_id=_JOB, queued=await books.request(uow, integration_id, body))
