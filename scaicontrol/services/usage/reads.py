"""
What other features ask usage for, by name: what stands behind a quantity that was charged.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry

from .closing import UsageWindow
from .days import Point, days_of
from .models import UsageEvent

_SORTABLE: Final = {"occurred_at": UsageEvent.counted_at, "created_at": UsageEvent.created_at}


async def days_behind(uow: UnitOfWork, window: UsageWindow) -> list[Point]:
    """Give the days (UTC) that a window of one metric adds up from."""
    services = await registry.by_ids(uow, {window.service_id})
    histories = await registry.metric_histories(uow, services.values())
    days = await days_of(uow, window.span, histories[window.service_id])
    return days.get(window.metric_slug, [])


async def records_behind(
    uow: UnitOfWork, window: UsageWindow, request: PageRequest, day: datetime | None = None
) -> Page[UsageEvent]:
    """List the records that a window of one metric counts, or those of one day (UTC) of it; they are kept 400 days."""
    counted = UsageEvent.counted_at
    query = select(UsageEvent).where(
        UsageEvent.tenant_id == window.tenant_id,
        UsageEvent.service_id == window.service_id,
        UsageEvent.metric_slug == window.metric_slug,
        counted >= window.start,
        counted < window.end,
    )
    if day is not None:
        query = query.where(counted >= day, counted < day + timedelta(days=1))
    return await paginate(uow, query, request, _SORTABLE)
