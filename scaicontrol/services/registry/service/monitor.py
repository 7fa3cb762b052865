"""
The monitor: who is silent beyond its grace, and does its health address still answer (contract §8.2).

Per batch: claim (transaction), probe (none), record (transaction). The statements of a batch do not grow with it.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, insert, or_, select, update

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import new_id
from scaicontrol.core.settings import Settings
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..events import ServiceHealthChanged
from ..lifecycle import WATCHED, HealthStatus, ServiceStatus
from ..models import Service, ServiceProbe

_BATCH, _AT_ONCE, _PROBE_SECONDS = 500, 20, 5.0
_PROBES_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """A service whose tick has come; `health_check_url` only when it is to be probed."""

    id: str
    health_check_url: str | None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe of a health address gave; status 0 means no answer."""

    status_code: int
    latency_ms: int
    error: str | None

    @property
    def is_healthy(self) -> bool:
        return 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Monitored:
    """What a run of the monitor did."""

    watched: int = 0
    missed: int = 0
    changed: int = 0

    def __str__(self) -> str:
        return f"{self.watched} watched, {self.missed} missed, {self.changed} changed"

    def __add__(self, other: "Monitored") -> "Monitored":
        return Monitored(self.watched + other.watched, self.missed + other.missed, self.changed + other.changed)


async def monitor(backend: Backend) -> Monitored:
    """Watch every service whose tick has come; a second run in the same tick finds nothing to do."""
    actor = Actor.system("registry_heartbeat_monitor")
    done = Monitored()
    while due := await backend.perform(actor, claim_due):
        results = await _probe(backend, due)
        done += await backend.perform(actor, record, [service.id for service in due], results)
        if len(due) < _BATCH:
            break
    return done


@verb
async def probe(backend: Backend, actor: Actor, service_id: str) -> ProbeResult | None:
    """
    Look at one service's health address now and keep what was seen; None when it declares none.

    Raises NotFound.
    """
    address = await backend.ask(actor, _address_of, service_id)
    if address is None:
        return None
    results = await _probe(backend, [Due(service_id, address)])
    await backend.perform(actor, record_probes, results)
    return results[service_id]


async def claim_due(uow: UnitOfWork) -> list[Due]:
    """Take the services whose tick has come and set their next one, on a grid that all runs share."""
    uow.authorize("registry:monitor")
    services = await claims.take(
        uow,
        Service,
        Service.status.in_(WATCHED),
        or_(Service.next_monitor_at.is_(None), Service.next_monitor_at <= uow.now),
        oldest=[Service.next_monitor_at],
        limit=_BATCH,
    )
    due = [Due(each.id, each.health_check_url if each.status is ServiceStatus.active else None) for each in services]
    if due:
        await _write(
            uow,
            [service.id for service in due],
            next_monitor_at=next_tick(uow.now, uow.settings.registry_heartbeat_monitor_interval),
        )
    return due


def next_tick(now: datetime, interval_seconds: int) -> datetime:
    """Give the next whole multiple of the interval, so that a late or doubled run never counts a tick twice."""
    return datetime.fromtimestamp((int(now.timestamp()) // interval_seconds + 1) * interval_seconds, UTC)


async def _probe(backend: Backend, due: Sequence[Due]) -> dict[str, ProbeResult]:
    async def one(probed: tuple[str, str]) -> tuple[str, ProbeResult]:
        service_id, url = probed
        started = time.monotonic()
        reply = await backend.ports.services.get(url, _PROBE_SECONDS)
        return service_id, ProbeResult(reply.status, round((time.monotonic() - started) * 1000), reply.error)

    probed = [(service.id, url) for service in due if (url := service.health_check_url)]
    return dict(await side_by_side(one, probed, at_once=_AT_ONCE))


async def record(uow: UnitOfWork, service_ids: Sequence[str], results: Mapping[str, ProbeResult]) -> Monitored:
    """Count the misses of this tick and tell whose health changed; silence with a healthy probe is no miss."""
    uow.authorize("registry:monitor")
    await record_probes(uow, results)
    services = list(await uow.session.scalars(select(Service).where(Service.id.in_(service_ids)).with_for_update()))
    vouched: list[str] = []
    missed: defaultdict[HealthStatus, list[Service]] = defaultdict(list)
    for service in services:
        grace = service.heartbeat_interval_seconds * uow.settings.registry_heartbeat_grace_multiplier
        if uow.now - service.silent_since <= timedelta(seconds=grace):
            continue
        result = results.get(service.id)
        if result is not None and result.is_healthy:
            vouched.append(service.id)
        else:
            missed[health_after(service.consecutive_misses + 1, uow.settings, service.health_status)].append(service)
    for health, silent in missed.items():
        await _write(
            uow,
            [service.id for service in silent],
            consecutive_misses=Service.consecutive_misses + 1,
            health_status=health,
        )
    if vouched:
        await _write(uow, vouched, last_reported={"source": "probe", "checked_at": uow.now.isoformat()})
    changed = [(service, health) for health, silent in missed.items() for service in silent]
    changed = [(service, health) for service, health in changed if service.health_status is not health]
    for service, health in changed:
        _tell(uow, service, health)
    return Monitored(len(services), sum(map(len, missed.values())), len(changed))


def health_after(misses: int, settings: Settings, previous: HealthStatus) -> HealthStatus:
    """Judge by the number of consecutive misses."""
    if misses >= settings.registry_heartbeat_unreachable_threshold:
        return HealthStatus.unreachable
    if misses >= settings.registry_heartbeat_degraded_threshold:
        return HealthStatus.degraded
    return previous


async def record_probes(uow: UnitOfWork, results: Mapping[str, ProbeResult]) -> None:
    """Keep what was seen, and forget what is older than a week."""
    uow.authorize("registry:monitor")
    if not results:
        return
    await uow.session.execute(
        insert(ServiceProbe),
        [
            {
                "id": new_id("prb"),
                "service_id": service_id,
                "probed_at": uow.now,
                "status_code": result.status_code,
                "is_healthy": result.is_healthy,
                "latency_ms": result.latency_ms,
                "error": result.error[:500] if result.error else None,
                "created_at": uow.now,
                "updated_at": uow.now,
            }
            for service_id, result in results.items()
        ],
    )
    await _write(
        uow,
        list(results),
        last_probe_at=uow.now,
        last_probe_status=case({key: result.status_code for key, result in results.items()}, value=Service.id),
        last_probe_ms=case({key: result.latency_ms for key, result in results.items()}, value=Service.id),
    )
    await uow.session.execute(
        delete(ServiceProbe)
        .where(ServiceProbe.probed_at < uow.now - _PROBES_KEPT)
        .execution_options(synchronize_session=False)
    )


async def _write(uow: UnitOfWork, service_ids: Sequence[str], **values: object) -> None:
    await uow.session.execute(
        update(Service).where(Service.id.in_(service_ids)).values(**values).execution_options(synchronize_session=False)
    )


async def _address_of(uow: UnitOfWork, service_id: str) -> str | None:
    uow.authorize("registry:monitor")
    address: str | None = await uow.session.scalar(select(Service.health_check_url).where(Service.id == service_id))
    return address


def _tell(uow: UnitOfWork, service: Service, health: HealthStatus) -> None:
    uow.emit(
        ServiceHealthChanged(
            service_id=service.id,
            service_slug=service.slug,
            previous_health_status=service.health_status,
            health_status=health,
            consecutive_misses=service.consecutive_misses + 1,
            last_heartbeat_at=service.last_heartbeat_at,
            last_probe_status=service.last_probe_status,
            changed_at=uow.now,
        )
    )
