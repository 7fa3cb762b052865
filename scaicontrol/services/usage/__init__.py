"""Usage: what tenants used, how much of their quota that is, and what it costs."""

from .closing import Consumption, UsageWindow, closed_usage, closes_at
from .events import ThresholdReached
from .models import UsageAggregate, UsageEvent
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
from .schemas import (
    BatchIn,
    IngestedOut,
    MetricDetailOut,
    MetricUseOut,
    PlatformUseOut,
    PointOut,
    QuotaStatusOut,
    RejectionOut,
    SeriesOut,
)
from .service.alerts import alert_quotas
from .service.ingest import Ingested, submit
from .service.rollup import aggregate, prune, recompute
from .totals import Total, UsageSpan, totals

__all__ = [
    "BatchIn",
    "Consumption",
    "Ingested",
    "IngestedOut",
    "MetricDetailOut",
    "MetricUse",
    "MetricUseOut",
    "PeriodType",
    "PlatformUse",
    "PlatformUseOut",
    "Point",
    "PointOut",
    "QuotaStanding",
    "QuotaStatus",
    "QuotaStatusOut",
    "Rated",
    "Rejection",
    "RejectionCode",
    "RejectionOut",
    "Series",
    "SeriesOut",
    "ThresholdReached",
    "TierUsed",
    "Total",
    "UsageAggregate",
    "UsageEvent",
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
