"""What a line of use was added up from: its days, and the records of each, as they stand now."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, registry, usage
from scaicontrol.services.invoices.models import InvoiceLine
from scaicontrol.services.subscriptions.reads.periods import period_of
from scaicontrol.services.usage import Point, UsageWindow
from scaicontrol.services.usage.models import UsageEvent
from scaicontrol.services.usage.reads import days_behind, records_behind


@dataclass(frozen=True, slots=True)
class LineUse:
    """
    The use behind a line: what it was charged for, what it comes to now, and its days (UTC).

    `is_unchanged` is False where records came or were corrected since: the next document charges or gives back that.
    """

    line_id: str
    service_slug: str
    metric_slug: str
    counted_from: datetime
    counted_until: datetime
    charged_quantity: Decimal
    quantity: Decimal
    is_unchanged: bool
    days: list[Point]


async def use_behind(uow: UnitOfWork, invoice_id: str, line_id: str) -> LineUse:
    """
    Give the days that a line of use was added up from.

    Raises NotFound for no such document or line, Refused for a line that is not about use.
    """
    uow.authorize("invoices:read")
    line, window = await _window(uow, invoice_id, line_id)
    now = (await usage.closed_usage(uow, [window]))[window]
    derivation = line.derivation or {}
    return LineUse(
        line_id=line.id,
        service_slug=(await registry.by_ids(uow, [window.service_id]))[window.service_id].slug,
        metric_slug=window.metric_slug,
        counted_from=window.start,
        counted_until=window.end,
        charged_quantity=Decimal(str(derivation.get("quantity", line.quantity))),
        quantity=now.quantity,
        is_unchanged=now.digest == derivation.get("usage_digest"),
        days=await days_behind(uow, window),
    )


async def records_of(
    uow: UnitOfWork, invoice_id: str, line_id: str, request: PageRequest, day: date | None = None
) -> Page[UsageEvent]:
    """
    List the records that a line of use counts, or those of one day (UTC); raw records are kept for 400 days.

    Raises as `use_behind`.
    """
    uow.authorize("invoices:read")
    _, window = await _window(uow, invoice_id, line_id)
    begins = None if day is None else datetime.combine(day, time(), UTC)
    return await records_behind(uow, window, request, begins)


async def _window(uow: UnitOfWork, invoice_id: str, line_id: str) -> tuple[InvoiceLine, UsageWindow]:
    invoice = await invoices.get(uow, invoice_id)
    line = next((each for each in invoice.lines if each.id == line_id), None)
    if line is None:
        raise NotFound(f"There is no line {line_id} on {invoice}.")
    if not line.metric_slug or not line.subscription_id or line.period_start is None:
        message = f"'{line.description}' is not about use: there are no records behind it."
        raise refused(RefusalCode.no_use_behind, message)
    period = await period_of(uow, line.subscription_id, line.period_start)
    if period is None or period.usage_until is None:
        message = f"The period that '{line.description}' charges is not kept any more."
        raise refused(RefusalCode.no_use_behind, message)
    return line, UsageWindow(
        period.id, period.tenant_id, period.subscription.service_id, line.metric_slug, period.usage_from,
        period.usage_until,
    )  # fmt: skip
