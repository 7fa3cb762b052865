"""Services as tests need them: registered, approved, and speaking for themselves."""

from datetime import UTC, datetime
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.models import Service

from . import SCAIDRIVE, ada

BORN = datetime(2026, 1, 1, tzinfo=UTC)
DRIVE_METRICS = [
    {"slug": "storage_gb", "name": "Storage", "unit": "GB", "kind": "gauge"},
    {"slug": "api_calls", "name": "API calls", "unit": "call", "kind": "counter"},
]


def a_service(slug: str = "scaidrive", **fields: Any) -> Service:
    """Make an approved service that nobody has stored yet; its id is `svc_<slug>`, its client id the slug."""
    return Service(
        **{
            "id": f"svc_{slug}",
            "slug": slug,
            "name": slug.capitalize(),
            "app_id": slug,
            "version": "1.0.0",
            "description": f"{slug} of the tests",
            "category": "storage",
            "base_url": f"https://{slug}.example.com",
            "provisioning_url": f"https://{slug}.example.com/provision",
            "capabilities": [],
            "metrics": DRIVE_METRICS,
            "status": ServiceStatus.active,
            "approved_at": BORN,
            "approved_by": ada.id,
            "heartbeat_interval_seconds": 30,
        }
        | fields
    )


async def store_service(backend: Backend, slug: str = "scaidrive", **fields: Any) -> Service:
    """Put an approved service into the registry."""

    async def store(uow: UnitOfWork) -> Service:
        service = a_service(slug, **fields)
        uow.session.add(service)
        return service

    return await backend.perform(ada, store)


__all__ = ["BORN", "DRIVE_METRICS", "SCAIDRIVE", "a_service", "store_service"]
