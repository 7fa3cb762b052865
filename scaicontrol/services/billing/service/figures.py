"""How the business goes: monthly revenue, what comes in and what is open, month by month and for each currency."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.invoices.reads.receivables import Aged, ageing, collected
from scaicontrol.services.subscriptions.reads import running_at

MONTHS = 6


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The numbers of one currency, in minor units; `months` are the first days of the months, the last one runs.

    `monthly_revenue` holds one number more than there are months: the first is where the first month began.
    """

    currency: str
    months: Sequence[date]
    monthly_revenue: Sequence[int]
    collected: Sequence[int]
    aged: Aged

    @property
    def ends(self) -> Sequence[datetime]:
        """The first moments after each of the months."""
        return [datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC) for day in self.months]

    @property
    def movements(self) -> Sequence[int]:
        """How monthly revenue moved in each month."""
        return [after - before for before, after in zip(self.monthly_revenue, self.monthly_revenue[1:], strict=False)]


async def figures(uow: UnitOfWork) -> list[Figures]:
    """Sum up the last months of whatever the actor sees, by months of UTC; raises Forbidden for tenants."""
    uow.authorize("invoices:administer")
    begins = _month_begins(uow.now)
    monthly: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (MONTHS + 1))
    for running in await running_at(uow, [*begins[:-1], uow.now]):
        for place, cents in enumerate(running.cents):
            monthly[running.currency][place] += monthly_cents(cents, running.billing_period)
    came = await collected(uow, begins)
    aged = {row.currency: row for row in await ageing(uow, uow.now.date())}
    days = [moment.date() for moment in begins[:-1]]
    return [
        Figures(
            currency,
            days,
            monthly[currency],
            came.get(currency, [0] * MONTHS),
            aged.get(currency, Aged(currency, 0, 0, 0, 0, 0)),
        )
        for currency in sorted({*monthly, *came, *aged})
    ]


def _month_begins(now: datetime) -> list[datetime]:
    """Give the first moments of the months shown, and that of the next one."""
    months = [now.year * 12 + now.month - 1 - back for back in range(MONTHS - 1, -2, -1)]
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months]
