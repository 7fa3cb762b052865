"""The registry: who waits to be let in, who lives, what services want their metrics to mean."""

from functools import partial

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Moment, Out, Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, registry
from scaicontrol.services.catalog import Offer
from scaicontrol.services.catalog.schemas import OfferedServiceOut, OfferOut
from scaicontrol.services.registry.lifecycle import HealthStatus, ServiceStatus
from scaicontrol.services.registry.models import MetricChange, Service
from scaicontrol.services.registry.schemas import (
    DecideIn,
    MetricChangeOut,
    ProbeOut,
    RejectIn,
    ServiceDetailOut,
    ServiceOut,
    ServicePatch,
    ServiceVersionOut,
)

from .door import Paging, Tool, Whole

tool = Tool(
    "manage_services",
    "What is on sale, who waits to be let in, who is healthy.",
)


class HealthOut(Out):
    """How a service does, with the latest looks at its health address."""

    id: str
    slug: str
    status: ServiceStatus
    health_status: HealthStatus
    last_heartbeat_at: Moment | None
    consecutive_misses: int
    probes: list[ProbeOut]


class LetInOut(ServiceOut):
    """A service that was let in. Its metering key is not shown here: `reveal` says where a person finds it."""

    reveal: str | None = None


@tool.read("services:read", out=list[ServiceOut | OfferOut])
async def list_(
    uow: UnitOfWork,
    paging: Paging,
    status: ServiceStatus | None = None,
    health_status: HealthStatus | None = None,
    q: Word | None = None,
) -> Page[ServiceOut] | list[Offer]:
    """List services, or what is on sale."""
    if not uow.actor.may("services:list"):
        return await catalog.browse(uow, q=q)
    page = await registry.page(uow, paging.request, status=status, health_status=health_status, q=q)
    return page.shown(partial(registry.shown, uow.actor))


@tool.read("services:read", out=ServiceDetailOut | OfferedServiceOut)
async def get(uow: UnitOfWork, service_id: Id) -> Out:
    """Read one, by id; others than operators by slug."""
    if not uow.actor.may("services:list"):
        return await catalog.offered_service(uow, service_id)
    service = registry.shown(uow.actor, await registry.get(uow, service_id))
    return ServiceDetailOut(
        **dict(service),
        versions=[ServiceVersionOut.model_validate(row) for row in await registry.versions(uow, service_id)],
        probes=[ProbeOut.model_validate(row) for row in (await registry.probes(uow, [service_id]))[service_id]],
    )


@tool.read("services:list", out=list[HealthOut])
async def health(uow: UnitOfWork, paging: Paging, health_status: HealthStatus | None = None) -> Page[HealthOut]:
    """Say how each does: heartbeats, looks."""
    page = await registry.page(uow, paging.request, health_status=health_status)
    looks = await registry.probes(uow, [service.id for service in page.items], limit=3)
    return page.of([HealthOut.model_validate(_health(service, looks[service.id])) for service in page.items])


def _health(service: Service, probes: object) -> dict[str, object]:
    shown = {name: getattr(service, name) for name in HealthOut.model_fields if name != "probes"}
    return shown | {"probes": probes}


@tool.change("services:approve", out=LetInOut, outside=True)
async def approve(backend: Backend, actor: Actor, service_id: Id) -> LetInOut:
    """Let a waiting one in; its key goes to the vault."""
    service, _ = await registry.approve(backend, actor, service_id)
    return LetInOut(**dict(registry.shown(actor, service)), reveal=_kept_at(service))


def _kept_at(service: Service) -> str | None:
    if service.key_sha256 is None:
        return None
    return f"A person reads the metering key in ScaiVault at {registry.vault_path(service.slug, service.key_sha256)}."


@tool.change("services:approve", out=ServiceOut, destructive=True)
async def reject(uow: UnitOfWork, service_id: Id, body: RejectIn) -> ServiceOut:
    """Turn a waiting one away; it is told why."""
    return await registry.stored(uow, await registry.reject(uow, service_id, body.reason))


@tool.change("services:update", out=ServiceOut, destructive=True)
async def update(uow: UnitOfWork, service_id: Id, service: Whole[ServicePatch]) -> ServiceOut:
    """Change labels, or the status along its lifecycle."""
    return await registry.stored(uow, await registry.update(uow, service_id, service))


@tool.read("services:list", out=list[MetricChangeOut])
async def list_metric_changes(uow: UnitOfWork, paging: Paging, service_id: Id | None = None) -> Page[MetricChange]:
    """List what services want metrics to mean."""
    return await registry.metric_changes(uow, paging.request, service_id)


@tool.change("services:approve", out=MetricChangeOut)
async def approve_metrics(uow: UnitOfWork, change_id: Id, body: DecideIn) -> MetricChange:
    """Let it hold from now on."""
    return await registry.approve_metric_change(uow, change_id, body.reason)


@tool.change("services:approve", out=MetricChangeOut)
async def reject_metrics(uow: UnitOfWork, change_id: Id, body: RejectIn) -> MetricChange:
    """Keep the metrics; the service is told why."""
    return await registry.reject_metric_change(uow, change_id, body.reason)
