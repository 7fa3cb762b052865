"""Questions about services that are asked all day, as prepared statements: no entity is made for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.prepared import Prepared

from .lifecycle import ServiceStatus
from .models import Service


@dataclass(frozen=True, slots=True)
class Metered:
    """What reporting usage needs to know of a service."""

    id: str
    slug: str
    status: ServiceStatus
    metrics: list[dict[str, str]]
    metrics_changed_at: datetime | None

    def __str__(self) -> str:
        return f"service {self.slug}"


_METERED = Prepared(
    Service,
    select(Service.id, Service.slug, Service.status, Service.metrics, Service.metrics_changed_at).where(
        Service.id == bindparam("service_id")
    ),
)


async def metered(uow: UnitOfWork, service_id: str) -> Metered | None:
    """Give a service in whatever state; no permission of its own: the calling verb has authorized."""
    rows = await uow.rows(_METERED, service_id=service_id)
    return Metered(**rows[0]) if rows else None
