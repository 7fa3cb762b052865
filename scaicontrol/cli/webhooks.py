"""Webhook subscribers and their deliveries."""

from datetime import datetime
from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from scaicontrol.services.webhooks.schemas import DeliveryOut

from .door import command
from .moments import moment_option

app = typer.Typer(name="webhooks", no_args_is_help=True, help="Subscribers and deliveries.")


@command(app, "list")
async def list_(uow: UnitOfWork) -> list[dict[str, Any]]:
    """List subscribers with their deliveries by state."""
    endpoints = await webhooks.listing(uow)
    counted = await webhooks.statistics(uow, [endpoint.id for endpoint in endpoints])
    return [
        {"id": e.id, "name": e.name, "target_url": e.target_url, "is_active": e.is_active, **counted[e.id]}
        for e in endpoints
    ]


@command(app)
async def dead(uow: UnitOfWork, endpoint_id: str, limit: int = 50) -> list[DeliveryOut]:
    """List what could not be delivered to a subscriber."""
    feed = await webhooks.deliveries(uow, endpoint_id, status="dead", limit=limit)
    return [DeliveryOut.model_validate(row) for row in feed.items]


@command(app, changes=True)
async def retry(uow: UnitOfWork, endpoint_id: str, delivery_id: str) -> DeliveryOut:
    """Put a dead delivery back in line."""
    return DeliveryOut.model_validate(await webhooks.retry(uow, endpoint_id, delivery_id))


@command(app, changes=True)
async def replay(
    uow: UnitOfWork,
    endpoint_id: str,
    start: Annotated[datetime, moment_option("--from", help="UTC.")],
    end: Annotated[datetime, moment_option("--to", help="UTC.")],
    topic: Annotated[list[str] | None, typer.Option(help="Only these topics; may be given several times.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="dead or dispatched; both without it.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only what is about this object.")] = None,
) -> str:
    """Deliver a range again."""
    queued = await webhooks.replay(
        uow, endpoint_id, start=start, end=end, topics_like=topic or None, statuses=status or None, resource_id=resource
    )
    return f"Queued {queued} deliveries."


@command(app, changes=True)
async def purge(uow: UnitOfWork, before: Annotated[datetime, moment_option(help="UTC.")]) -> str:
    """Remove dead deliveries born before a moment, at most a thousand at a time. This cannot be undone."""
    return f"Removed {await webhooks.purge_dead(uow, before)} dead deliveries."


@command(app, changes=True)
async def rotate(backend: Backend, actor: Actor, endpoint_id: str) -> dict[str, Any]:
    """Give a subscriber a new secret; both sign for 24 hours."""
    secret, ends_at = await webhooks.rotate_secret(backend, actor, endpoint_id)
    return {"secret": secret, "rotation_ends_at": ends_at}
