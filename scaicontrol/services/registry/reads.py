"""
What others ask the registry for, by name.

No permission of their own: the caller was authorized for the service.
"""

from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import ServiceEntrypoint


async def entrypoints_of(uow: UnitOfWork, service_id: str) -> Sequence[ServiceEntrypoint]:
    """List the launch links of a service in their order, also those that are switched off."""
    links = select(ServiceEntrypoint).where(ServiceEntrypoint.service_id == service_id)
    return (await uow.session.scalars(links.order_by(ServiceEntrypoint.sort_order, ServiceEntrypoint.id))).all()
