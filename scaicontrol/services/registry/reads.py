"""
What others ask the registry for, by name.

No permission of their own: the caller was authorized for the service.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, select

from scaicontrol.core.work import UnitOfWork

from . import queries
from .lifecycle import ServiceStatus
from .models import Service, ServiceEntrypoint


async def entrypoints_of(uow: UnitOfWork, service_id: str) -> Sequence[ServiceEntrypoint]:
    """List the launch links of a service in their order, also those that are switched off."""
    links = select(ServiceEntrypoint).where(ServiceEntrypoint.service_id == service_id)
    return (await uow.session.scalars(links.order_by(ServiceEntrypoint.sort_order, ServiceEntrypoint.id))).all()


async def launch_links(uow: UnitOfWork, service_ids: Collection[str]) -> Sequence[ServiceEntrypoint]:
    """List the launch links of services that are switched on, in no order."""
    shown = select(ServiceEntrypoint).where(ServiceEntrypoint.service_id.in_(service_ids), ServiceEntrypoint.is_active)
    return (await uow.session.scalars(shown)).all() if service_ids else ()


def named(slug: str) -> Select[str]:
    """Select the id of the service of this slug, to be asked for within another question."""
    return select(Service.id).where(Service.slug == slug)


def on_sale(words: str | None = None, category: str | None = None) -> Select[str]:
    """Select the ids of the services that are sold, or of those that words or a category find among them."""
    sold = select(Service.id).where(Service.status == ServiceStatus.active)
    if words:
        sold = sold.where(queries.matches(words))
    return sold.where(Service.category == category) if category else sold


async def metric_names(uow: UnitOfWork, service_ids: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Give what services call their metrics, by service and by the metric's slug."""
    rows = await uow.session.execute(select(Service.id, Service.metrics).where(Service.id.in_(service_ids)))
    return {
        service_id: {metric["slug"]: metric.get("name") or metric["slug"] for metric in declared or ()}
        for service_id, declared in rows
    }
