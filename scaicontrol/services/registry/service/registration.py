"""A service speaks for itself: register, register again, deregister (contract §8.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, exists, select

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, Reason
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope

from .. import queries
from ..events import ServiceRegistered, ServiceUpdated
from ..launching import PLACES, may_call, unknown_places
from ..lifecycle import WATCHED, ServiceLifecycle, ServiceStatus
from ..models import MetricChange, Service, ServiceEntrypoint, ServiceVersion
from ..schemas import DeclaredEntrypointIn, RegistrationIn
from .keys import issue_key
from .metrics import UNHELD, declare
from .status import change_status, refuse_while_subscribed

_TOLD = (
    "name", "version", "description", "base_url", "health_check_url", "provisioning_url", "deprovisioning_url",
    "capabilities", "heartbeat_interval_seconds",
)  # fmt: skip
_ADDRESSES = ("base_url", "health_check_url", "provisioning_url", "deprovisioning_url")


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """The registry's answer to a registration; `service_key` is given out once."""

    service: Service
    auto_approved: bool
    service_key: str | None = None
    metric_change: MetricChange | None = None  # what waits for an operator, or was turned down


async def register(backend: Backend, actor: Actor, request: RegistrationIn) -> RegistrationAnswer:
    """Enter a service, approved at once when it is one of ours, and hand it its metering key."""
    actor = _newcomer(actor)
    service, auto_approved = await backend.perform(actor, enroll, request)
    key, waiting = await _key_if_due(backend, actor, service), await backend.ask(actor, _unheld, service.id)
    return RegistrationAnswer(service, auto_approved, key, waiting)


async def re_register(backend: Backend, actor: Actor, request: RegistrationIn) -> RegistrationAnswer:
    """Bring a service's own description up to date; saying the same again changes nothing."""
    actor = _newcomer(actor)
    service = await backend.perform(actor, revise, request)
    key, waiting = await _key_if_due(backend, actor, service), await backend.ask(actor, _unheld, service.id)
    return RegistrationAnswer(service, auto_approved=False, service_key=key, metric_change=waiting)


async def _unheld(uow: UnitOfWork, service_id: str) -> MetricChange | None:
    """Give what a service asked of its metrics and did not get."""
    uow.authorize("registry:register")
    newest = await queries.latest_metric_change(uow, service_id)
    return newest if newest is not None and newest.status in UNHELD else None


def _newcomer(actor: Actor) -> Actor:
    """A client without a service has no scope and could not even tell that it came: let it be a service of nobody."""
    return replace(actor, scope=Scope.service("")) if actor.scope.kind == "none" else actor


async def _key_if_due(backend: Backend, actor: Actor, service: Service) -> str | None:
    """A key that could not be written while the vault was away is issued when the service registers again."""
    if service.status is not ServiceStatus.active or service.key_sha256 is not None:
        return None
    return await issue_key(backend, actor, service.id)


async def enroll(uow: UnitOfWork, request: RegistrationIn) -> tuple[Service, bool]:
    """Add the row, or let a rejected or deregistered one wait for approval again; tell whether it was approved."""
    uow.authorize("registry:register")
    client_id = _speaker(uow, request)
    _check_addresses(uow, request)
    service = await queries.find_by_slug(uow, request.slug)
    if service is not None:
        if not service.can(ServiceLifecycle.reapply.id):
            raise Conflict(f"'{request.slug}' is registered and {service.status}; update it with PUT.")
        service.advance(ServiceLifecycle.reapply)
        service.app_id, service.key_sha256, service.rejected_reason = client_id, None, None
        service.config_version += 1
        await _take_over(uow, service, request)
        _announce(uow, service, auto_approved=False)
        return service, False  # an operator said no, or it left: an operator decides again
    auto_approved = await _may_skip_the_operator(uow, request.slug, client_id)
    service = Service(
        id=new_id("svc"),
        slug=request.slug,
        app_id=client_id,
        status=ServiceStatus.pending,
        config_version=1,
        version=request.version,
    )
    uow.session.add(service)
    await _take_over(uow, service, request)
    if auto_approved:
        service.advance(ServiceLifecycle.approve)
        service.approved_at, service.approved_by = uow.now, "auto"
    await uow.session.flush()
    _announce(uow, service, auto_approved=auto_approved)
    return service, auto_approved


async def revise(uow: UnitOfWork, request: RegistrationIn) -> Service:
    """Take over what the service says now; a rejected or deregistered one waits for approval again."""
    uow.authorize("registry:register")
    client_id = _speaker(uow, request)
    _check_addresses(uow, request)
    service = await queries.find_by_slug(uow, request.slug)
    if service is not None and service.can(ServiceLifecycle.reapply.id):
        return (await enroll(uow, request))[0]
    service = await queries.own(uow, request.slug, lock=True)
    if service.app_id != client_id:
        raise Forbidden(f"'{request.slug}' belongs to another service account.")
    if changed := await _take_over(uow, service, request):
        service.config_version += 1
        uow.emit(
            ServiceUpdated(
                service_id=service.id,
                service_slug=service.slug,
                config_version=service.config_version,
                changed_fields=changed,
            )
        )
    return service


@verb
async def deregister(uow: UnitOfWork, slug: str, reason: str) -> Service:
    """
    Take a service out of the catalogue for good; refused while anybody is subscribed.

    Raises NotFound, Conflict while anybody is subscribed, Refused for a service that is gone already.
    """
    uow.authorize("registry:deregister")
    service = await queries.own(uow, slug, lock=True)
    await refuse_while_subscribed(uow, service)
    change_status(uow, service, ServiceLifecycle.deregister.id, reason)
    service.key_sha256 = None
    return service


def _speaker(uow: UnitOfWork, request: RegistrationIn) -> str:
    """Name the client id that registers: a service account's own, nobody else's."""
    client_id = uow.actor.client_id
    if uow.actor.kind is not ActorKind.service or not client_id:
        raise Forbidden("Only a service account registers a service; use a client-credentials token.")
    if request.app_id not in (None, client_id):
        raise Forbidden(f"app_id is '{request.app_id}', but the token is of '{client_id}'.")
    return client_id


def _check_addresses(uow: UnitOfWork, request: RegistrationIn) -> None:
    addresses = [(name, getattr(request, name)) for name in _ADDRESSES]
    addresses += [("entrypoints", entrypoint.url_template) for entrypoint in request.entrypoints]
    reasons = [
        Reason("address", f"{name} must be https; http is for localhost in development.", name)
        for name, url in addresses
        if url and not may_call(url, is_development=uow.settings.is_development)
    ]
    reasons += [
        Reason(
            "address",
            f"A launch link asks for {{{name}}}; what can be filled in is {', '.join(PLACES)}.",
            "entrypoints",
        )
        for entrypoint in request.entrypoints
        for name in unknown_places(entrypoint.url_template)
    ]
    metrics = [metric.slug for metric in request.metrics]
    reasons += [
        Reason("metric", f"Metric {slug} is declared twice.", "metrics")
        for slug in sorted({slug for slug in metrics if metrics.count(slug) > 1})
    ]
    if reasons:
        raise Invalid(reasons[0].message, reasons=reasons)


async def _may_skip_the_operator(uow: UnitOfWork, slug: str, client_id: str) -> bool:
    """One of our own slugs, asked for by a client that speaks for no other service."""
    if slug not in uow.settings.registry_auto_approve_slugs:
        return False
    bound = exists().where(Service.app_id == client_id, Service.status.in_((*WATCHED, ServiceStatus.pending)))
    return not await uow.session.scalar(select(bound))


async def _take_over(uow: UnitOfWork, service: Service, request: RegistrationIn) -> list[str]:
    """Write what the service says about itself, remember a new release, and name the changed fields."""
    told = request.model_dump(mode="json", include={*_TOLD, "metrics"})
    previous_version = service.version
    changed = [name for name in _TOLD if getattr(service, name) != told[name]]
    for name in changed:
        setattr(service, name, told[name])
    await uow.session.flush()
    if await declare(uow, service, told["metrics"]):
        changed.append("metrics")
    if await _declare(uow, service, request.entrypoints):
        changed.append("entrypoints")
    known = select(ServiceVersion.id).where(ServiceVersion.service_id == service.id).limit(1)
    if previous_version != service.version or await uow.session.scalar(known) is None:
        uow.session.add(
            ServiceVersion(
                id=new_id("svv"),
                service_id=service.id,
                version=service.version,
                first_seen_at=uow.now,
                changed_fields=[name for name in changed if name != "version"],
            )
        )
    return changed


async def _declare(uow: UnitOfWork, service: Service, entrypoints: Sequence[DeclaredEntrypointIn]) -> bool:
    """Replace the launch links the service itself declared; links an operator made stay."""
    declared = select(ServiceEntrypoint).where(
        ServiceEntrypoint.service_id == service.id, ServiceEntrypoint.is_declared
    )
    now_there = [_facts(row) for row in await uow.session.scalars(declared.order_by(ServiceEntrypoint.id))]
    wanted = [entrypoint.model_dump(mode="json") for entrypoint in entrypoints]
    if now_there == wanted:
        return False
    await uow.session.execute(
        delete(ServiceEntrypoint).where(ServiceEntrypoint.service_id == service.id, ServiceEntrypoint.is_declared)
    )
    uow.session.add_all(
        ServiceEntrypoint(id=new_id("ent"), service_id=service.id, is_declared=True, **entrypoint)
        for entrypoint in wanted
    )
    return True


def _facts(row: ServiceEntrypoint) -> dict[str, Any]:
    return {name: getattr(row, name) for name in DeclaredEntrypointIn.model_fields}


def _announce(uow: UnitOfWork, service: Service, *, auto_approved: bool) -> None:
    uow.emit(
        ServiceRegistered(
            service_id=service.id,
            service_slug=service.slug,
            config_version=service.config_version,
            app_id=service.app_id,
            status=service.status,
            auto_approved=auto_approved,
        )
    )
