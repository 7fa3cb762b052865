from datetime import timedelta

import pytest
from sqlalchemy import event, select

from scaicontrol.core.errors import Forbidden, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.ports import ServiceReply
from scaicontrol.services import registry
from scaicontrol.services.registry.lifecycle import HealthStatus, ServiceStatus
from scaicontrol.services.registry.schemas import HeartbeatIn
from tests.factories import ada, alice, scaidrive
from tests.factories.registry import store_service

MINUTE = timedelta(minutes=1)
BEAT = HeartbeatIn(slug="scaidrive", version="1.2.3", uptime_seconds=60)


async def health(backend, service_id="svc_scaidrive"):
    service = await backend.ask(ada, registry.get, service_id)
    return service.health_status, service.consecutive_misses


async def changes(backend):
    async def read(uow):
        told = select(Outbox.payload).where(Outbox.event_type == "service.health_changed").order_by(Outbox.id)
        return [payload["health_status"] for payload in await uow.session.scalars(told)]

    return await backend.ask(ada, read)


async def silence(backend, clock, minutes):
    for _ in range(minutes):
        clock.advance(MINUTE)
        await registry.monitor(backend)


async def test_a_silent_service_is_degraded_then_unreachable_and_one_beat_heals_it(backend, clock):
    await store_service(backend)
    await backend.perform(scaidrive, registry.heartbeat, BEAT)
    await silence(backend, clock, 3)
    assert await health(backend) == (HealthStatus.healthy, 2)
    await silence(backend, clock, 1)
    assert await health(backend) == (HealthStatus.degraded, 3)
    await silence(backend, clock, 7)
    assert await health(backend) == (HealthStatus.unreachable, 10)
    clock.advance(MINUTE)
    heard = await backend.perform(scaidrive, registry.heartbeat, BEAT)
    assert (heard.ok, heard.health_status, heard.next_heartbeat_in_seconds) == (True, HealthStatus.healthy, 30)
    assert await health(backend) == (HealthStatus.healthy, 0)
    assert await changes(backend) == ["degraded", "unreachable", "healthy"]


async def test_a_second_run_in_the_same_tick_counts_nothing(backend, clock):
    await store_service(backend)
    clock.advance(timedelta(minutes=5))
    assert (await registry.monitor(backend)).missed == 1
    clock.advance(timedelta(seconds=20))
    assert (await registry.monitor(backend)).watched == 0


async def test_beats_within_the_grace_are_no_miss(backend, clock):
    await store_service(backend)
    for _ in range(12):
        await backend.perform(scaidrive, registry.heartbeat, BEAT)
        clock.advance(timedelta(seconds=80))
        await registry.monitor(backend)
    assert await health(backend) == (HealthStatus.healthy, 0)
    assert await changes(backend) == []


async def test_a_healthy_probe_speaks_for_a_silent_service(backend, clock):
    await store_service(backend, health_check_url="https://scaidrive.example.com/health")
    await silence(backend, clock, 15)
    assert await health(backend) == (HealthStatus.healthy, 0)
    service = await backend.ask(ada, registry.get, "svc_scaidrive")
    assert service.last_reported["source"] == "probe"
    await store_service(backend, "scaiflow")
    looks = await backend.ask(ada, registry.probes, [service.id, "svc_scaiflow", "svc_nobody"])
    assert {one: len(each) for one, each in looks.items()} == {service.id: 15, "svc_scaiflow": 0}
    assert service.last_probe_status == 204
    moments = [look.probed_at for look in looks[service.id]]
    assert moments == sorted(moments, reverse=True)
    few = await backend.ask(ada, registry.probes, [service.id], 4)
    assert [look.probed_at for look in few[service.id]] == moments[:4]


async def test_a_failing_probe_never_worsens_a_service_that_beats(backend, clock):
    url = "https://scaidrive.example.com/health"
    await store_service(backend, health_check_url=url)
    backend.ports.services.replies[url] += [ServiceReply(500) for _ in range(12)]
    for _ in range(12):
        clock.advance(MINUTE)
        await backend.perform(scaidrive, registry.heartbeat, BEAT)
        await registry.monitor(backend)
    assert await health(backend) == (HealthStatus.healthy, 0)
    service = await backend.ask(ada, registry.get, "svc_scaidrive")
    assert (service.last_probe_status, service.last_reported["source"]) == (500, "heartbeat")


async def test_only_approved_services_are_watched_and_only_active_ones_probed(backend, clock):
    await store_service(backend, "waiting", status=ServiceStatus.pending)
    await store_service(
        backend, "paused", status=ServiceStatus.suspended, health_check_url="https://paused.example.com/health"
    )
    clock.advance(timedelta(minutes=10))
    assert (await registry.monitor(backend)).watched == 1
    assert backend.ports.services.calls == []


async def test_a_heartbeat_needs_the_scope_and_a_registered_service(backend):
    await store_service(backend, status=ServiceStatus.deregistered)
    with pytest.raises(Forbidden):
        await backend.perform(alice, registry.heartbeat, BEAT)
    with pytest.raises(Refused, match="register it again"):
        await backend.perform(scaidrive, registry.heartbeat, BEAT)


async def test_the_statements_of_a_monitor_run_do_not_grow_with_the_services(backend, clock):
    async def statements(count, offset):
        for number in range(offset, offset + count):
            slug = f"service-{number}"
            await store_service(backend, slug, health_check_url=f"https://{slug}.example.com/health")
        seen = []

        def see(connection, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        clock.advance(timedelta(minutes=5))
        event.listen(backend.database.writer.sync_engine, "before_cursor_execute", see)
        await registry.monitor(backend)
        event.remove(backend.database.writer.sync_engine, "before_cursor_execute", see)
        return len(seen)

    assert await statements(3, 0) == await statements(30, 3)
