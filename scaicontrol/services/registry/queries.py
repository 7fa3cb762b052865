import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import ColumnElement, Select, case, or_, select, union_all

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import WATCHED, HealthStatus, ServiceStatus, offered_in
from .models import MetricChange, Service, ServiceEntrypoint, ServiceProbe, ServiceVersion
from .schemas import ServiceOut

SORTABLE = {
    "created_at": Service.created_at,
    "name": Service.name,
    "slug": Service.slug,
    "last_heartbeat_at": Service.last_heartbeat_at,
}

_NEWEST_PROBE: Final = (ServiceProbe.probed_at.desc(), ServiceProbe.id.desc())
CHANGES_SORTABLE = {"created_at": MetricChange.created_at, "status": MetricChange.status}


def visible(uow: UnitOfWork) -> Select[Service]:
    """Every read starts here. The registry is the platform's; people see what is approved, operators see all."""
    uow.authorize("services:read")
    query = select(Service)
    return query if uow.actor.is_platform else query.where(Service.status.in_(WATCHED))


async def get(uow: UnitOfWork, service_id: str, *, lock: bool = False) -> Service:
    query = visible(uow).where(Service.id == service_id)
    service = await uow.session.scalar(query.with_for_update() if lock else query)
    if service is None:
        raise NotFound(f"No service {service_id}.")
    return service


async def page(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    status: ServiceStatus | None = None,
    health_status: HealthStatus | None = None,
    q: str | None = None,
) -> Page[Service]:
    uow.authorize("services:list")
    query = visible(uow)
    if status is not None:
        query = query.where(Service.status == status)
    if health_status is not None:
        query = query.where(Service.health_status == health_status)
    if q:
        query = query.where(matches(q))
    return await paginate(uow, query, request, SORTABLE)


def offered(actor: Actor, service: Service) -> list[str]:
    """Name what `actor` may do with a service now."""
    return offered_in(actor, service.status)


def shown(actor: Actor, service: Service) -> ServiceOut:
    """Say a service as operators see it."""
    plain = {name: getattr(service, name) for name in ServiceOut.model_fields if name != "available_actions"}
    return ServiceOut.model_validate({**plain, "available_actions": offered(actor, service)})


async def stored(uow: UnitOfWork, service: Service) -> ServiceOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return shown(uow.actor, service)


def matches(q: str) -> ColumnElement[bool]:
    """Find a service by what people type: a part of its name or the start of its slug."""
    return or_(Service.name.icontains(q, autoescape=True), Service.slug.istartswith(q, autoescape=True))


async def versions(uow: UnitOfWork, service_id: str, limit: int = 50) -> list[ServiceVersion]:
    """List the releases a service announced, newest first."""
    await get(uow, service_id)
    history = select(ServiceVersion).where(ServiceVersion.service_id == service_id)
    newest = history.order_by(ServiceVersion.first_seen_at.desc(), ServiceVersion.id.desc()).limit(limit)
    return list(await uow.session.scalars(newest))


def visible_metric_changes(uow: UnitOfWork) -> Select[MetricChange]:
    """Every read of them starts here: what services want of priced metrics is the platform's to see."""
    uow.authorize("services:list")
    return select(MetricChange)


async def metric_changes(uow: UnitOfWork, request: PageRequest, service_id: str | None = None) -> Page[MetricChange]:
    """List the changes of priced metrics that services asked for, of one service or of all."""
    query = visible_metric_changes(uow)
    if service_id is not None:
        query = query.where(MetricChange.service_id == (await get(uow, service_id)).id)
    return await paginate(uow, query, request, CHANGES_SORTABLE)


async def metric_change(uow: UnitOfWork, change_id: str) -> MetricChange:
    found = await uow.session.scalar(visible_metric_changes(uow).where(MetricChange.id == change_id))
    if found is None:
        raise NotFound(f"No metric change {change_id}.")
    return found


async def latest_metric_change(uow: UnitOfWork, service_id: str) -> MetricChange | None:
    """Give what a service asked for last; no permission of its own: the calling verb has authorized."""
    mine = select(MetricChange).where(MetricChange.service_id == service_id)
    newest = mine.order_by(MetricChange.created_at.desc(), MetricChange.id.desc()).limit(1)
    found: MetricChange | None = await uow.session.scalar(newest)
    return found


async def probes(uow: UnitOfWork, service_ids: Iterable[str], limit: int = 50) -> Mapping[str, list[ServiceProbe]]:
    """Find the latest looks at the health addresses of services, newest first, in one statement for all of them."""
    seen = visible(uow).with_only_columns(Service.id).where(Service.id.in_(list(service_ids)))
    found: dict[str, list[ServiceProbe]] = {service_id: [] for service_id in await uow.session.scalars(seen)}
    if found:
        # A window over the table would read a week of looks to give the last few of each.
        newest = select(ServiceProbe.id).order_by(*_NEWEST_PROBE).limit(limit)
        each = [newest.where(ServiceProbe.service_id == service_id).subquery() for service_id in found]
        wanted = union_all(*(select(part.c.id) for part in each)).subquery()
        rows = select(ServiceProbe).join(wanted, wanted.c.id == ServiceProbe.id).order_by(*_NEWEST_PROBE)
        for probe in await uow.session.scalars(rows):
            found[probe.service_id].append(probe)
    return found


async def own(uow: UnitOfWork, slug: str, *, lock: bool = False) -> Service:
    """
    Find the service a service account speaks for; operators may name any.

    Somebody else's slug and an unknown one get the same answer. No permission of its own: the verb has authorized.
    """
    query = select(Service).where(Service.slug == slug)
    if not uow.actor.is_platform:
        query = query.where(Service.app_id == (uow.actor.client_id or ""))
    service = await uow.session.scalar(query.with_for_update() if lock else query)
    if service is None:
        raise NotFound(f"No service '{slug}' is registered for {uow.actor.client_id or uow.actor.id}.")
    return service


async def find_by_slug(uow: UnitOfWork, slug: str) -> Service | None:
    """Give a service by its slug in whatever state; no permission of its own: the calling verb has authorized."""
    found: Service | None = await uow.session.scalar(select(Service).where(Service.slug == slug))
    return found


async def by_ids(uow: UnitOfWork, service_ids: Iterable[str]) -> Mapping[str, Service]:
    """
    Give services by id, in whatever state: for rows that refer to them already.

    No permission of its own: the caller was authorized for the rows that refer.
    """
    wanted = set(service_ids)
    if not wanted:
        return {}
    rows = await uow.session.scalars(select(Service).where(Service.id.in_(wanted)))
    return {service.id: service for service in rows}


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """
    Give the names of services that hold these words in name or slug, by id, in the order of names.

    No permission of its own: what services are called stands in every catalogue.
    """
    holds = or_(Service.name.icontains(words, autoescape=True), Service.slug.icontains(words, autoescape=True))
    rows = await uow.session.scalars(select(Service).where(holds).order_by(Service.name, Service.id).limit(limit))
    return {service.id: service.name for service in rows}


async def service_of(uow: UnitOfWork, client_id: str) -> Service | None:
    """
    Tell which service a client id speaks for, or None; REST asks this of every service token.

    An approved service wins over one that still waits, the older over the younger.
    """
    approved_first = case((Service.status.in_(WATCHED), 0), else_=1)
    mine = select(Service).where(Service.app_id == client_id)
    found: Service | None = await uow.session.scalar(
        mine.order_by(approved_first, Service.created_at, Service.id).limit(1)
    )
    return found


async def by_key(uow: UnitOfWork, key: str) -> Service | None:
    """Tell whose `x-scaicontrol-key` this is, or None. Only an active or deprecated service meters by key."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    service = await uow.session.scalar(select(Service).where(Service.key_sha256 == digest))
    # The index compares digests, of which a caller cannot choose a prefix; this comparison takes the same time always.
    if service is None or not hmac.compare_digest(service.key_sha256 or "", digest):
        return None
    return service if service.status in (ServiceStatus.active, ServiceStatus.deprecated) else None


async def entrypoint_kinds(uow: UnitOfWork, service_id: str) -> list[str]:
    """Name the kinds of launch links a service has; the links themselves are for who is entitled."""
    uow.authorize("services:read")
    shown = select(ServiceEntrypoint.entry_type).where(
        ServiceEntrypoint.service_id == service_id, ServiceEntrypoint.is_active
    )
    return sorted(set(await uow.session.scalars(shown)))
