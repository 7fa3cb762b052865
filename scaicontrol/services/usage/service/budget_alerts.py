"""Telling who has used up its budget, or will have: each once per period and amount (contract §20)."""

from collections.abc import Iterator

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from ..events import BudgetReached
from ..models import UsageBudget
from ..quotas import entitlements
from ..summaries import ServiceUse, current_uses
from .telling import tell_new

_BATCH = 200
_FORECAST = "forecast"


async def alert_budgets(backend: Backend) -> int:
    """Go through all budgets, a batch per transaction; give how many things were told."""
    actor, told, after = Actor.system("quota_alerts"), 0, ""
    while True:
        last, some = await backend.perform(actor, alert_spending, after)
        told += some
        if last is None:
            return told
        after = last


async def alert_spending(uow: UnitOfWork, after: str, limit: int = _BATCH) -> tuple[str | None, int]:
    """Tell what the next budgets have come to; give where to go on, None at the end."""
    uow.authorize("usage:aggregate")
    wanted = select(UsageBudget).where(UsageBudget.id > after, UsageBudget.removed_at.is_(None))
    budgets = list(await uow.session.scalars(wanted.order_by(UsageBudget.id).limit(limit)))
    if not budgets:
        return None, 0
    by_owner = {(budget.tenant_id, budget.service_id): budget for budget in budgets}
    held = await entitlements(
        uow, tenant_ids={tenant for tenant, _ in by_owner}, service_ids={service for _, service in by_owner}
    )
    uses = await current_uses(uow, by_owner, {owner: held[owner] for owner in by_owner if owner in held})
    reached = [fact for use in uses for fact in _facts(uow, by_owner[use.period.owner], use)]
    return (budgets[-1].id if len(budgets) == limit else None), await tell_new(uow, reached)


def _facts(uow: UnitOfWork, budget: UsageBudget, use: ServiceUse) -> Iterator[BudgetReached]:
    if use.period.currency != budget.currency:
        return  # the plan is charged in another currency since: what was said means nothing there
    spent = sum(use.cost(metric["slug"]).net_cents for metric in use.service.metrics)
    foreseen = [(use.forecast(metric), use.cost(metric["slug"]).net_cents) for metric in use.service.metrics]
    forecast_cents = (
        sum(forecast.likely_cents if forecast else cents for forecast, cents in foreseen)
        if any(forecast for forecast, _ in foreseen)
        else None
    )
    reached = [
        str(percent) for percent in (*budget.percents, 100) if spent and spent * 100 >= budget.amount_cents * percent
    ]
    if budget.on_forecast and "100" not in reached and (forecast_cents or 0) > budget.amount_cents:
        reached.append(_FORECAST)
    for each in reached:
        yield BudgetReached(
            tenant_id=budget.tenant_id,
            partner_id=budget.partner_id,
            service_slug=use.service.slug,
            amount_cents=budget.amount_cents,
            currency=budget.currency,
            reached=each,
            cost_cents=spent,
            forecast_cents=forecast_cents,
            period_start=use.period.start,
            period_end=use.period.end,
            reached_at=uow.now,
        )
