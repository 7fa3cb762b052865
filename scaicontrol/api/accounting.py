from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import FEED_LIMIT, Feed
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting
from scaicontrol.services.accounting.lifecycle import SyncStatus
from scaicontrol.services.accounting.models import AccountingIntegration, AccountingSyncItem
from scaicontrol.services.accounting.schemas import (
    AccountingProviderOut,
    IntegrationIn,
    IntegrationOut,
    IntegrationPut,
    SyncIn,
    SyncItemOut,
    SyncStarted,
    TestReport,
)

from .bodies import LARGE_JSON_MAX
from .door import After, FeedOf, Limit, Many, One, Router

router = Router("/admin/accounting", tags=["admin-accounting"])


@router.get(
    "/providers", response_model=Many[AccountingProviderOut], permission="accounting:read", summary="List providers"
)
async def providers(uow: UnitOfWork) -> list[AccountingProviderOut]:
    """Every way into the books, with what its settings look like."""
    return [
        AccountingProviderOut(
            slug=each.slug,
            display_name=each.display_name,
            kinds=sorted(each.kinds),
            config_schema=dict(each.config_schema),
        )
        for each in accounting.installed().values()
    ]


@router.get(
    "/integrations", response_model=Many[IntegrationOut], permission="accounting:read", summary="List integrations"
)
async def index(uow: UnitOfWork, partner_id: str | None = None) -> list[AccountingIntegration]:
    return list(await accounting.listing(uow, partner_id))


@router.post(
    "/integrations",
    response_model=One[IntegrationOut],
    status_code=201,
    body_max=LARGE_JSON_MAX,
    permission="accounting:manage",
    keyed=True,
    summary="Add an integration",
)
async def create(backend: Backend, actor: Actor, body: IntegrationIn) -> AccountingIntegration:
    """It takes what is finalized from now on; earlier days by a sync that names them."""
    return await accounting.create(backend, actor, body)


@router.get(
    "/integrations/{integration_id}",
    response_model=One[IntegrationOut],
    permission="accounting:read",
    summary="Read an integration",
)
async def read(uow: UnitOfWork, integration_id: str) -> AccountingIntegration:
    return await accounting.get(uow, integration_id)


@router.put(
    "/integrations/{integration_id}",
    response_model=One[IntegrationOut],
    body_max=LARGE_JSON_MAX,
    permission="accounting:manage",
    summary="Change an integration",
)
async def update(backend: Backend, actor: Actor, integration_id: str, body: IntegrationPut) -> AccountingIntegration:
    """What is still waiting is exported by the new settings and mapping."""
    return await accounting.update(backend, actor, integration_id, body)


@router.delete(
    "/integrations/{integration_id}",
    response_model=One[IntegrationOut],
    permission="accounting:manage",
    summary="Deactivate an integration",
)
async def deactivate(uow: UnitOfWork, integration_id: str) -> AccountingIntegration:
    """What was waiting is skipped; what was exported stays on record."""
    return await accounting.deactivate(uow, integration_id)


@router.post(
    "/integrations/{integration_id}/test",
    response_model=One[TestReport],
    permission="accounting:manage",
    summary="Try settings and mapping on the last 20 documents",
)
async def test(backend: Backend, actor: Actor, integration_id: str) -> TestReport:
    """Exports nothing."""
    return await accounting.test(backend, actor, integration_id)


@router.post(
    "/integrations/{integration_id}/sync",
    response_model=One[SyncStarted],
    status_code=202,
    permission="accounting:manage",
    summary="Export now",
)
async def sync(backend: Backend, actor: Actor, integration_id: str, body: SyncIn) -> SyncStarted:
    """Queues a range, or what failed, and wakes a worker; the sync log tells what became of it."""
    queued = await backend.perform(actor, accounting.request, integration_id, body)
    await backend.ports.waker.wake("run_job_now", "accounting_sync")
    return SyncStarted(job_id="accounting_sync", queued=queued)


@router.get(
    "/integrations/{integration_id}/sync-log",
    response_model=FeedOf[SyncItemOut],
    permission="accounting:read",
    summary="Follow what was exported",
)
async def sync_log(
    uow: UnitOfWork,
    integration_id: str,
    status: SyncStatus | None = None,
    after: After = None,
    limit: Limit = FEED_LIMIT,
) -> Feed[SyncItemOut]:
    """Each document, payment and refund once, with a link to the file it was exported in."""
    feed = await accounting.sync_log(uow, integration_id, status=status, after=after, limit=limit)
    return Feed([_shown(uow, item) for item in feed.items], feed.next)


def _shown(uow: UnitOfWork, item: AccountingSyncItem) -> SyncItemOut:
    shown = SyncItemOut.model_validate(item)
    if item.artefact_key is None:
        return shown
    path = f"/admin/accounting/integrations/{item.integration_id}/sync-log/{item.id}/artefact"
    return shown.model_copy(update={"artefact_url": f"{uow.settings.public_base_url.rstrip('/')}/api/v1{path}"})


@router.get(
    "/integrations/{integration_id}/sync-log/{sync_item_id}/artefact",
    permission="accounting:read",
    summary="Fetch the file an item was exported in",
    responses={200: {"content": {"application/zip": {}, "text/csv": {}}}},
)
async def artefact(backend: Backend, actor: Actor, integration_id: str, sync_item_id: str) -> Response:
    file = await accounting.artefact(backend, actor, integration_id, sync_item_id)
    disposition = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
    return Response(file.body, media_type=file.media_type, headers=disposition)
