from functools import partial
from itertools import chain
from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict, Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import Language
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Moment, Out
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, registry
from scaicontrol.services.provisioning import LaunchLink, OwnService
from scaicontrol.services.registry.lifecycle import HealthStatus, ServiceStatus
from scaicontrol.services.registry.models import MetricChange
from scaicontrol.services.registry.schemas import (
    ApprovedOut,
    DecideIn,
    EntryType,
    MetricChangeOut,
    ProbeOut,
    RejectIn,
    ServiceDetailOut,
    ServiceOut,
    ServicePatch,
    ServiceVersionOut,
)
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus

from .billing_profiles import own_tenant
from .door import Many, One, Paged, Paging, Router

router = Router("/admin/services", tags=["admin"])
metric_changes = Router("/admin/metric-changes", tags=["admin"])
own = Router("/services", tags=["services"])
entrypoints = Router("/entrypoints", tags=["services"])

Locale = Annotated[Language | None, Query(description="The reader's language; else the tenant's.")]


class LaunchLinkOut(Out):
    """A way into a service, filled in for the caller's tenant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_slug": "scaidrive",
                    "service_name": "ScaiDrive",
                    "label": "Open",
                    "url": "https://drive.example.com/acme",
                    "entry_type": "web",
                    "icon_url": None,
                    "description": "",
                }
            ]
        }
    )

    service_slug: str
    service_name: str
    label: str
    url: str
    entry_type: EntryType
    icon_url: str | None
    description: str


class OwnServiceOut(Out):
    """A service that the caller's tenant holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_slug": "scaidrive",
                    "service_name": "ScaiDrive",
                    "description": "Files for teams.",
                    "icon_url": None,
                    "health_status": "healthy",
                    "status": "active",
                    "is_usable": True,
                    "reason": None,
                    "ends_at": None,
                    "links": [],
                }
            ]
        }
    )

    service_slug: str
    service_name: str
    description: str
    icon_url: str | None
    health_status: HealthStatus
    status: SubscriptionStatus
    is_usable: bool
    reason: str | None = Field(description="Why it is suspended, for whoever may read subscriptions.")
    ends_at: Moment | None = Field(description="When a trial or a cancelled subscription ends.")
    links: list[LaunchLinkOut] = Field(description="In the order of the service; none where it cannot be used.")


@router.get("", response_model=Paged[ServiceOut], permission="services:list", summary="List services")
async def list_services(
    uow: UnitOfWork,
    paging: Paging,
    status: ServiceStatus | None = None,
    health_status: HealthStatus | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[ServiceOut]:
    page = await registry.page(uow, paging, status=status, health_status=health_status, q=q)
    return page.shown(partial(registry.shown, uow.actor))


@router.get("/{service_id}", response_model=One[ServiceDetailOut], permission="services:list", summary="Show a service")
async def show_service(uow: UnitOfWork, service_id: str) -> ServiceDetailOut:
    """With its releases and the latest looks at its health address."""
    uow.authorize("services:list")
    service = registry.shown(uow.actor, await registry.get(uow, service_id))
    return ServiceDetailOut(
        **dict(service),
        versions=[ServiceVersionOut.model_validate(row) for row in await registry.versions(uow, service_id)],
        probes=[ProbeOut.model_validate(row) for row in (await registry.probes(uow, [service_id]))[service_id]],
    )


@router.patch("/{service_id}", response_model=One[ServiceOut], permission="services:update", summary="Change a service")
async def update_service(uow: UnitOfWork, service_id: str, body: ServicePatch) -> ServiceOut:
    """Labels, icon, category, interval, and the status along its lifecycle."""
    return await registry.stored(uow, await registry.update(uow, service_id, body))


@router.post(
    "/{service_id}/approve", response_model=One[ApprovedOut], permission="services:approve", summary="Let a service in"
)
async def approve_service(backend: Backend, actor: Actor, service_id: str) -> ApprovedOut:
    """The answer is the only place where the metering key is ever shown."""
    service, key = await registry.approve(backend, actor, service_id)
    return ApprovedOut(**dict(registry.shown(actor, service)), service_key=key)


@router.post(
    "/{service_id}/reject", response_model=One[ServiceOut], permission="services:approve", summary="Turn a service away"
)
async def reject_service(uow: UnitOfWork, service_id: str, body: RejectIn) -> ServiceOut:
    return await registry.stored(uow, await registry.reject(uow, service_id, body.reason))


@metric_changes.get(
    "", response_model=Paged[MetricChangeOut], permission="services:list", summary="List changes of priced metrics"
)
async def list_metric_changes(uow: UnitOfWork, paging: Paging, service_id: Id | None = None) -> Page[MetricChange]:
    """What services want priced metrics to mean; nothing of it holds until it is approved."""
    return await registry.metric_changes(uow, paging, service_id)


@metric_changes.post(
    "/{change_id}/approve",
    response_model=One[MetricChangeOut],
    permission="services:approve",
    keyed=True,
    summary="Approve a change of priced metrics",
)
async def approve_metric_change(uow: UnitOfWork, change_id: str, body: DecideIn) -> MetricChange:
    """From now on; what was measured before stays as it was counted, and units are not converted."""
    return await registry.approve_metric_change(uow, change_id, body.reason)


@metric_changes.post(
    "/{change_id}/reject",
    response_model=One[MetricChangeOut],
    permission="services:approve",
    keyed=True,
    summary="Reject a change of priced metrics",
)
async def reject_metric_change(uow: UnitOfWork, change_id: str, body: RejectIn) -> MetricChange:
    """The service is told why when it registers the same again."""
    return await registry.reject_metric_change(uow, change_id, body.reason)


@own.get(
    "", response_model=Many[OwnServiceOut], permission="entrypoints:read", summary="Own services with launch links"
)
async def own_services(uow: UnitOfWork, locale: Locale = None) -> list[OwnService]:
    """What the tenant holds: whether it can be used, why not, and where to."""
    return await provisioning.own_services(uow, own_tenant(uow), locale)


@entrypoints.get(
    "", response_model=Many[LaunchLinkOut], permission="entrypoints:read", summary="Launch links of one's services"
)
async def launch_links(uow: UnitOfWork, locale: Locale = None) -> list[LaunchLink]:
    """Of the services the tenant may use now, as far as the caller's role reaches."""
    held = await provisioning.own_services(uow, own_tenant(uow), locale)
    return list(chain.from_iterable(each.links for each in held))
