from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select
from starlette.requests import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, registry
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.registry.lifecycle import WATCHED, HealthStatus, MetricChangeStatus, ServiceStatus
from scaicontrol.services.registry.models import (
    MetricChange,
    MetricVersion,
    Service,
    ServiceEntrypoint,
    ServiceProbe,
    ServiceVersion,
)
from scaicontrol.services.registry.reads import entrypoints_of
from scaicontrol.services.registry.schemas import DecideIn, RejectIn, ServiceOut, ServicePatch

from . import formatting
from .base import ControlView, ListColumn, ListFilter, named_column
from .forms import sent_of, typed
from .language import gettext
from .menu import MenuGroup
from .pages import ConsolePage
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, Press, VerbButton

Given = Mapping[str, str]
REASON: Final = Field("reason", "Reason", "long", hint="Kept in the audit log.")
_LABELS: Final = (
    Field("name", "Name"),
    Field("description", "Description", "long", required=False),
    Field("category", "Category", required=False),
    Field("icon_url", "Icon", required=False, hint="The address of an uploaded picture."),
    Field("heartbeat_interval_seconds", "Seconds between heartbeats", "number"),
)
_HIGHEST: Final = 40  # the tallest bar of the probes, in pixels


async def approve(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    service, key = await registry.approve(backend, actor, pk)
    if key is None:
        return Done(
            gettext(
                "%(name)s is let in; its key is issued when it registers again, since the vault is away.",
                name=service.name,
            )
        )
    return Done(gettext("%(name)s is let in. This is its metering key.", name=service.name), secret=key)


async def reject(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = RejectIn.model_validate({"reason": given.get("reason", "")})
    service = await backend.perform(actor, registry.reject, pk, body.reason)
    return gettext("%(name)s is turned away; it may register again.", name=service.name)


async def update(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ServicePatch.model_validate(sent_of(given, numbers={"heartbeat_interval_seconds"}))
    service = await backend.perform(actor, registry.update, pk, body)
    return gettext("%(name)s is as you said.", name=service.name)


def _moves_to(status: ServiceStatus) -> Press:
    """Make the verb that moves a service along its lifecycle."""

    async def move(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
        body = ServicePatch.model_validate({"status": status, "reason": given.get("reason", "")})
        service = await backend.perform(actor, registry.update, pk, body)
        return gettext("%(name)s is %(status)s.", name=service.name, status=formatting.spoken(service.status))

    return move


async def approve_metric_change(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = DecideIn.model_validate({"reason": given.get("reason") or None})
    await backend.perform(actor, registry.approve_metric_change, pk, body.reason)
    return gettext("From now on these metrics mean what the service asked for.")


async def reject_metric_change(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = RejectIn.model_validate({"reason": given.get("reason", "")})
    await backend.perform(actor, registry.reject_metric_change, pk, body.reason)
    return gettext("The metrics stay as they are; the service is told why.")


@dataclass(frozen=True, slots=True)
class ProbeBar:
    """One look at a health address in the drawing of the latest: as high as it took long."""

    x: int
    height: int
    probe: ServiceProbe


def drawn(probes: Sequence[ServiceProbe]) -> Sequence[ProbeBar]:
    """Draw looks at a health address, the oldest first."""
    longest = max((probe.latency_ms for probe in probes), default=0) or 1
    return [
        ProbeBar(place * 8, max(round(_HIGHEST * probe.latency_ms / longest), 3), probe)
        for place, probe in enumerate(reversed(probes))
    ]


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A service: whether it may be sold, whether it lives, what it measures and opens."""

    service: ServiceOut
    probes: Sequence[ServiceProbe]
    versions: Sequence[ServiceVersion]
    entrypoints: Sequence[ServiceEntrypoint]
    metric_versions: Mapping[str, Sequence[MetricVersion]]
    changes: Sequence[MetricChange]
    plans: Sequence[Plan]
    timeline: Timeline

    @property
    def bars(self) -> Sequence[ProbeBar]:
        return drawn(self.probes)

    @property
    def former_metrics(self) -> Sequence[MetricVersion]:
        """What it measured once and does not any more, as it was last."""
        declared = {metric["slug"] for metric in self.service.metrics}
        return [versions[-1] for slug, versions in self.metric_versions.items() if slug not in declared]


class ServiceView(ControlView, model=Service):
    name, name_plural, icon = "Service", "Services", "services"
    category, rank = MenuGroup.catalogue, 20
    about = "Everything that can be subscribed to: who may be sold, who lives, what each measures."
    prefix = "svc"
    permission = "services:list"
    details_template = "console/service.html"
    searched = (Service.name, Service.slug, Service.id)
    search_hint = "name, slug or id"
    columns = (
        ListColumn("Name", lambda row: row.name, Service.name, "link"),
        ListColumn("Status", lambda row: row.status, Service.status, "status"),
        ListColumn("Health", lambda row: row.health_status, Service.health_status, "status"),
        ListColumn("Last heartbeat", lambda row: formatting.moment(row.last_heartbeat_at), Service.last_heartbeat_at),
        ListColumn("Version", lambda row: row.version or formatting.NOTHING),
        ListColumn("Category", lambda row: row.category or formatting.NOTHING),
        ListColumn("Registered", lambda row: formatting.day(row.created_at), Service.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: Service.status == value, list(ServiceStatus)),
        ListFilter("health", "Health", lambda value: Service.health_status == value, list(HealthStatus)),
    )
    verbs = (
        VerbButton(
            "approve",
            "Approve",
            "services:approve",
            "It is let in and can be sold. Its metering key is shown once, on the next page.",
            approve,
        ),
        VerbButton(
            "update",
            "Edit",
            "services:update",
            "Catalogue and portal say it like this at once.",
            update,
            _LABELS,
            known=lambda detail: {field.name: typed(getattr(detail.service, field.name)) for field in _LABELS},
        ),
        VerbButton(
            "activate",
            "Activate",
            "services:update",
            "It can be sold and used again.",
            _moves_to(ServiceStatus.active),
            [REASON],
        ),
        VerbButton(
            "deprecate",
            "Deprecate",
            "services:update",
            "Nobody subscribes to it any more; who has it goes on.",
            _moves_to(ServiceStatus.deprecated),
            [REASON],
            danger=True,
        ),
        VerbButton(
            "suspend",
            "Suspend",
            "services:update",
            "It is neither sold nor metered until it is active again.",
            _moves_to(ServiceStatus.suspended),
            [REASON],
            danger=True,
        ),
        VerbButton(
            "deregister",
            "Deregister",
            "services:update",
            "It leaves the catalogue for good; refused while anybody is subscribed.",
            _moves_to(ServiceStatus.deregistered),
            [REASON],
            danger=True,
        ),
        VerbButton(
            "reject",
            "Reject",
            "services:approve",
            "It is turned away with the reason, and may register again.",
            reject,
            [REASON],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Service]:
        uow.authorize(self.permission)
        return registry.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> ServicePage:
        uow.authorize(self.permission)
        service = await registry.get(uow, pk)
        return ServicePage(
            service=registry.shown(uow.actor, service),
            probes=(await registry.probes(uow, [pk]))[pk],
            versions=await registry.versions(uow, pk),
            entrypoints=await entrypoints_of(uow, pk),
            metric_versions=(await registry.metric_histories(uow, [service]))[pk].versions,
            changes=(await registry.metric_changes(uow, PageRequest(), pk)).items,
            plans=await catalog.plans_of(uow, pk) if uow.actor.may("plans:read") else [],
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: ServicePage) -> str:
        return detail.service.name

    def actions_of(self, detail: ServicePage) -> Sequence[str]:
        return ["update", *detail.service.available_actions]


@dataclass(frozen=True, slots=True)
class MetricChangePage:
    """A change of priced metrics that a service asked for."""

    change: MetricChange
    service: Service
    timeline: Timeline


class MetricChangeView(ControlView, model=MetricChange):
    name, name_plural, icon = "Metric change", "Metric changes", "metrics"
    category, rank = MenuGroup.catalogue, 30
    about = "What services want priced metrics to mean; nothing of it holds until somebody approves it."
    prefix = "mch"
    permission = "services:list"
    details_template = "console/metric_change.html"
    searched = (MetricChange.id, MetricChange.service_id)
    search_hint = "id or service"
    columns = (
        ListColumn("Metrics", lambda row: ", ".join(each["metric_slug"] for each in row.differences), None, "link"),
        named_column("Service", "service", "service_id"),
        ListColumn("Status", lambda row: row.status, MetricChange.status, "status"),
        ListColumn("Decided", lambda row: formatting.moment(row.decided_at), MetricChange.decided_at),
        ListColumn("Asked", lambda row: formatting.moment(row.created_at), MetricChange.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: MetricChange.status == value, list(MetricChangeStatus)),
        ListFilter("service", "Service", lambda value: MetricChange.service_id == value, kind="service"),
    )
    verbs = (
        VerbButton(
            "approve",
            "Approve",
            "services:approve",
            "It holds from now on. What was measured before stays as it was counted, and units are not converted: a "
            "price per unit counts the new ones.",
            approve_metric_change,
            [Field("reason", "Reason", "long", required=False)],
        ),
        VerbButton(
            "reject",
            "Reject",
            "services:approve",
            "The metrics stay as they are; the service is told why when it registers the same again.",
            reject_metric_change,
            [REASON],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[MetricChange]:
        return registry.visible_metric_changes(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> MetricChangePage:
        uow.authorize(self.permission)
        change = await registry.metric_change(uow, pk)
        return MetricChangePage(
            change=change,
            service=await registry.get(uow, change.service_id),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: MetricChangePage) -> str:
        return gettext("Metrics of %(name)s", name=detail.service.name)

    def actions_of(self, detail: MetricChangePage) -> Sequence[str]:
        return ["approve", "reject"] if detail.change.status is MetricChangeStatus.pending else []


class RegistryPage(ConsolePage):
    name, identity, icon = "Registry", "registry", "registry"
    category, rank = MenuGroup.catalogue, 10
    about = "The health of every service at a glance, and who waits to be let in."
    permission = "services:list"
    template = "console/registry.html"

    async def content(self, request: Request) -> dict[str, object]:
        console = console_of(request)
        return await console.backend.ask(console.actor, self._map)

    async def _map(self, uow: UnitOfWork) -> dict[str, object]:
        everybody = (await registry.page(uow, PageRequest(page_size=200, sort="name"))).items
        watched = [service for service in everybody if service.status in WATCHED]
        probes = await registry.probes(uow, (service.id for service in watched), 24)
        asked = (await registry.metric_changes(uow, PageRequest(page_size=100))).items
        return {
            "waiting": [service for service in everybody if service.status is ServiceStatus.pending],
            "watched": watched,
            "others": [s for s in everybody if s.status in (ServiceStatus.rejected, ServiceStatus.deregistered)],
            "bars": {key: drawn(of_one) for key, of_one in probes.items()},
            "metric_changes": [change for change in asked if change.status is MetricChangeStatus.pending],
            "names": {service.id: service.name for service in everybody},
        }


VIEWS = (RegistryPage, ServiceView, MetricChangeView)
