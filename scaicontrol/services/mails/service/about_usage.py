"""What is said when a quota or a budget is used up: a notice to the tenant, which the mail of the morning repeats."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel

from scaicontrol.core.i18n import say
from scaicontrol.core.money import exponent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, registry, tenants
from scaicontrol.services.templates import filters

from .posting import Notice, show


class ThresholdTold(BaseModel):
    """What `usage.threshold_reached` tells."""

    tenant_id: str
    partner_id: str
    service_slug: str
    metric_slug: str
    threshold_percent: int
    used: Decimal
    limit: int


class BudgetTold(BaseModel):
    """What `usage.budget_reached` tells."""

    tenant_id: str
    partner_id: str
    service_slug: str
    amount_cents: int
    currency: str
    reached: str
    cost_cents: int
    forecast_cents: int | None
    period_start: datetime


async def tell_threshold(uow: UnitOfWork, told: ThresholdTold, step: str) -> None:
    """Tell a tenant how much of a quota it has used."""
    language = await _language(uow, told.tenant_id, told.partner_id)
    service = await registry.find_by_slug(uow, told.service_slug)
    metric = (service.metric(told.metric_slug) if service else None) or {}
    said = {
        "service": service.name if service else told.service_slug,
        "metric": metric.get("name", told.metric_slug),
        "percent": str(told.threshold_percent),
        "used": filters.number(told.used, language),
        "limit": filters.number(Decimal(told.limit), language),
    }
    await show(
        uow,
        Notice(
            told.tenant_id,
            told.partner_id,
            "usage.threshold_reached",
            "usage",
            "warning" if told.threshold_percent >= 100 else "info",
            say("usage.threshold", language, **said),
            say("usage.threshold_body", language, **said),
            step,
            f"/usage/{told.service_slug}",
        ),
    )


async def tell_budget(uow: UnitOfWork, told: BudgetTold, step: str) -> None:
    """Tell a tenant how much of its budget is spent, or that more is expected than that."""
    language = await _language(uow, told.tenant_id, told.partner_id)
    service = await registry.find_by_slug(uow, told.service_slug)

    def money(cents: int) -> str:
        return filters.money(Decimal(cents).scaleb(-exponent(told.currency)), told.currency, language)

    said = {
        "service": service.name if service else told.service_slug,
        "percent": told.reached,
        "cost": money(told.cost_cents),
        "amount": money(told.amount_cents),
        "forecast": money(told.forecast_cents or told.cost_cents),
    }
    what = {"100": "amount", "forecast": "forecast"}.get(told.reached, "percent")
    body = "budget_forecast_body" if what == "forecast" else "budget_body"
    await show(
        uow,
        Notice(
            told.tenant_id,
            told.partner_id,
            "usage.budget_reached",
            "usage",
            "info" if what == "percent" else "warning",
            say(f"usage.budget_{what}", language, **said),
            say(f"usage.{body}", language, **said),
            step,
            f"/usage/{told.service_slug}",
        ),
    )


async def _language(uow: UnitOfWork, tenant_id: str, partner_id: str) -> str:
    profile = await tenants.billing_profile(uow, tenant_id)
    terms = await partners.settings_of(uow, partner_id)
    return str((profile and profile.preferred_language) or terms.default_language or "en")
