"""Usage: what tenants used, how much of their quota that is, and what it costs."""

from .closing import Consumption, UsageWindow, closed_usage, closes_at
from .quotas import QuotaStanding, QuotaStatus, quota, quotas
from .rating import Rated, TierUsed, rate
from .reading import Rejection, RejectionCode
from .reports import (
    MetricUse,
    PeriodType,
    PlatformUse,
    Point,
    Series,
    aggregate_use,
    by_service,
    history,
    summary,
    visible,
)
from .service.alerts import alert_quotas
from .service.ingest import Ingested, submit
from .service.rollup import aggregate, prune, recompute
from .totals import Total, UsageSpan, totals

__all__ = [
    "Consumption",
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
    "aggregate",
    "aggregate_use",
    "alert_quotas",
    "by_service",
    "closed_usage",
    "closes_at",
    "history",
    "prune",
    "quota",
    "quotas",
    "rate",
    "recompute",
    "submit",
    "summary",
    "totals",
    "visible",
]
