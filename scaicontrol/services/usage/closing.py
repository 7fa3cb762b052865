"""Closed use, as billing reads it: exact, and the same for every run from the moment of closing on (contract §20)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork

from .measuring import Measured, measured
from .totals import UsageSpan


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """The use to be billed: one metric of one tenant and service in one period; `key` is the caller's own."""

    key: str
    tenant_id: str
    service_id: str
    metric_slug: str
    start: datetime
    end: datetime

    @property
    def span(self) -> UsageSpan:
        return UsageSpan(self.tenant_id, self.service_id, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Consumption:
    """
    The quantity of a window: the sum of a counter, the highest value of a gauge; `digest` changes when it does.

    While `is_closed` is False events may still be added: a caller that bills must wait.
    """

    quantity: Decimal
    events: int
    digest: str
    is_closed: bool


def closes_at(end: datetime, settings: Settings) -> datetime:
    """Say when the use of a period that ends at `end` is complete; later events count in the next one."""
    return end + timedelta(hours=settings.usage_close_delay_hours)


async def closed_usage(uow: UnitOfWork, windows: Iterable[UsageWindow]) -> dict[UsageWindow, Consumption]:
    """Give the use of many windows, with a handful of statements per hundred tenants and services."""
    uow.authorize("usage:read")
    wanted = list(windows)
    found = await measured(uow, {window.span for window in wanted})
    consumed = {}
    for window in wanted:
        used = found[window.span].get(window.metric_slug, Measured())
        is_closed = closes_at(window.end, uow.settings) <= uow.now
        digest = _digest(window, used.quantity, used.events)
        consumed[window] = Consumption(used.quantity, used.events, digest, is_closed)
    return consumed


def _digest(window: UsageWindow, quantity: Decimal, events: int) -> str:
    parts = (
        window.tenant_id, window.service_id, window.metric_slug, window.start.isoformat(), window.end.isoformat(),
        f"{quantity.normalize():f}", str(events),
    )  # fmt: skip
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
