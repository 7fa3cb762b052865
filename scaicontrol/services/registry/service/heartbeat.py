"""A sign of life: one read and one small UPDATE, because every service sends it all the time."""

from dataclasses import dataclass

from sqlalchemy import select, update

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.work import UnitOfWork

from ..events import ServiceHealthChanged
from ..lifecycle import HealthStatus, ServiceStatus
from ..models import Service
from ..schemas import HeartbeatIn


@dataclass(frozen=True, slots=True)
class Heard:
    """What a service is told in return."""

    status: ServiceStatus
    health_status: HealthStatus
    next_heartbeat_in_seconds: int
    config_version: int
    ok: bool = True


async def heartbeat(uow: UnitOfWork, beat: HeartbeatIn) -> Heard:
    """Note that a service lives; a degraded or unreachable one is healthy from now on."""
    uow.authorize("registry:heartbeat")
    read = select(
        Service.id,
        Service.status,
        Service.health_status,
        Service.heartbeat_interval_seconds,
        Service.config_version,
        Service.last_probe_status,
    ).where(Service.slug == beat.slug)
    if not uow.actor.is_platform:
        read = read.where(Service.app_id == (uow.actor.client_id or ""))
    service = (await uow.session.execute(read)).one_or_none()
    if service is None:
        raise NotFound(f"No service '{beat.slug}' is registered for {uow.actor.client_id or uow.actor.id}.")
    if service.status in (ServiceStatus.deregistered, ServiceStatus.rejected):
        raise Refused(f"Cannot hear service {beat.slug}: it is {service.status}; register it again.")
    reported = beat.model_dump(mode="json", exclude={"slug"}, exclude_none=True)
    await uow.session.execute(
        update(Service)
        .where(Service.id == service.id)
        .values(
            last_heartbeat_at=uow.now,
            consecutive_misses=0,
            health_status=HealthStatus.healthy,
            last_reported={"source": "heartbeat", **reported},
        )
        .execution_options(synchronize_session=False)
    )
    if service.health_status is not HealthStatus.healthy:
        uow.emit(
            ServiceHealthChanged(
                service_id=service.id,
                service_slug=beat.slug,
                previous_health_status=service.health_status,
                health_status=HealthStatus.healthy,
                consecutive_misses=0,
                last_heartbeat_at=uow.now,
                last_probe_status=service.last_probe_status,
                changed_at=uow.now,
            )
        )
    return Heard(service.status, HealthStatus.healthy, service.heartbeat_interval_seconds, service.config_version)
