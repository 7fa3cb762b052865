"""Subscribable services: who waits, who lives."""

from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry
from scaicontrol.services.registry.lifecycle import HealthStatus, ServiceStatus
from scaicontrol.services.registry.models import Service
from scaicontrol.services.registry.schemas import MetricChangeOut

from .door import command

app = typer.Typer(name="services", no_args_is_help=True, help="Subscribable services.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: Annotated[ServiceStatus | None, typer.Option(help="Only services in this status.")] = None,
    health: Annotated[HealthStatus | None, typer.Option(help="Only services of this health.")] = None,
    q: Annotated[str | None, typer.Option(help="A part of the name, or the start of the slug.")] = None,
    page: int = 1,
) -> list[dict[str, Any]]:
    """List services with their status and health."""
    found = await registry.page(uow, PageRequest(page, 100, "slug"), status=status, health_status=health, q=q)
    return [
        {
            "id": service.id,
            "slug": service.slug,
            "status": service.status,
            "health": service.health_status,
            "version": service.version,
            "last_heartbeat_at": service.last_heartbeat_at,
            "misses": service.consecutive_misses,
            "probe": service.last_probe_status,
        }
        for service in found.items
    ]


@command(app, changes=True)
async def approve(backend: Backend, actor: Actor, service_id: str) -> dict[str, Any]:
    """Let a waiting service in and show its metering key, this once."""
    return _approved(*await registry.approve(backend, actor, service_id))


def _approved(service: Service, key: str | None) -> dict[str, Any]:
    return {"slug": service.slug, "status": service.status, "service_key": key}


@command(app, changes=True)
async def reject(
    uow: UnitOfWork, service_id: str, reason: Annotated[str, typer.Option(help="Told to the service.")]
) -> str:
    """Turn a waiting service away."""
    service = await registry.reject(uow, service_id, reason)
    return f"{service.slug} is {service.status}."


@command(app)
async def metric_changes(
    uow: UnitOfWork, service_id: Annotated[str | None, typer.Option(help="Only of this service.")] = None, page: int = 1
) -> list[MetricChangeOut]:
    """List what services want priced metrics to mean, newest first."""
    found = await registry.metric_changes(uow, PageRequest(page, 100), service_id)
    return [MetricChangeOut.model_validate(change) for change in found.items]


@command(app, changes=True)
async def approve_metrics(
    uow: UnitOfWork, change_id: str, reason: Annotated[str | None, typer.Option(help="Kept in the audit log.")] = None
) -> str:
    """Let priced metrics be what their service asked for, from now on."""
    change = await registry.approve_metric_change(uow, change_id, reason)
    return f"{change} is {change.status}."


@command(app, changes=True)
async def reject_metrics(
    uow: UnitOfWork, change_id: str, reason: Annotated[str, typer.Option(help="Told to the service.")]
) -> str:
    """Keep priced metrics as they are."""
    change = await registry.reject_metric_change(uow, change_id, reason)
    return f"{change} is {change.status}."


@command(app, changes=True)
async def probe(backend: Backend, actor: Actor, service_id: str) -> dict[str, Any] | str:
    """Look at a service's health address now."""
    result = await registry.probe(backend, actor, service_id)
    if result is None:
        return "The service declares no health address."
    return {
        "status_code": result.status_code,
        "is_healthy": result.is_healthy,
        "latency_ms": result.latency_ms,
        "error": result.error,
    }
