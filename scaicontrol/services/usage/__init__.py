"""Usage: what tenants used, how much of their quota that is, and what it costs."""

from .closing import Consumption, UsageWindow, closed_usage, closes_at
from .models import UsageAggregate, UsageEvent
from .rating import Rated, TierUsed, rate
from .reading import Rejection, RejectionCode
from .service.ingest import Ingested, ingest, submit
from .service.rollup import aggregate, prune, recompute, roll_up
from .totals import Span, Total, totals

__all__ = [
    "Consumption",
    "Ingested",
    "Rated",
    "Rejection",
    "RejectionCode",
    "Span",
    "TierUsed",
    "Total",
    "UsageAggregate",
    "UsageEvent",
    "UsageWindow",
    "aggregate",
    "closed_usage",
    "closes_at",
    "ingest",
    "prune",
    "rate",
    "recompute",
    "roll_up",
    "submit",
    "totals",
]
