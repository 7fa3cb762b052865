"""Usage: what tenants used, how much of their quota that is, and what it costs."""

from .closing import Consumption, UsageWindow, closed_usage, closes_at
from .days import Point
from .periods import UsePeriod
from .quotas import QuotaStanding, QuotaStatus, quota, quotas
from .rating import Rated, TierUsed, rate
from .reading import Rejection, RejectionCode
from .reports import PeriodType, PlatformUse, Series, aggregate_use, history, visible
from .service.alerts import alert_quotas
from .service.budget_alerts import alert_budgets
from .service.budgets import budget, remove_budget, set_budget
from .service.ingest import Ingested, submit
from .service.rollup import aggregate, prune, recompute
from .summaries import Forecast, MetricUse, by_service, periods, summary
from .totals import Total, UsageSpan, totals

__all__ = [
    "Consumption",
    "Forecast",
    "Ingested",
    "MetricUse",
    "PeriodType",
    "PlatformUse",
    "Point",
    "QuotaStanding",
    "QuotaStatus",
    "Rated",
    "Rejection",
    "RejectionCode",
    "Series",
    "TierUsed",
    "Total",
    "UsageSpan",
    "UsageWindow",
    "UsePeriod",
    "aggregate",
    "aggregate_use",
    "alert_budgets",
    "alert_quotas",
    "budget",
    "by_service",
    "closed_usage",
    "closes_at",
    "history",
    "periods",
    "prune",
    "quota",
    "quotas",
    "rate",
    "recompute",
    "remove_budget",
    "set_budget",
    "submit",
    "summary",
    "totals",
    "visible",
]
