"""Billing: what is due, as a pure plan that is previewed, compared, and applied exactly."""

from .compute import compute
from .queries import (
    documents,
    get_quarantined,
    get_run,
    page_quarantine,
    page_runs,
    progress,
    visible,
    visible_quarantine,
)
from .service.apply import apply, ready_to_apply
from .service.discard import discard
from .service.figures import Figures, figures
from .service.monthly import generate
from .service.now import bill_subscription
from .service.overview import Overview, overview
from .service.plan import plan
from .service.preview import Upcoming, compare, preview, show_document, upcoming
from .service.quarantine import resolve
from .service.standing import PartnerSummary, TenantSums, partner_summary, standing_of, sums_of
from .snapshot import (
    Buyer,
    Charged,
    Consumed,
    CorrectedMetric,
    DueChange,
    DueCorrection,
    DuePeriod,
    Metric,
    Seller,
    Snapshot,
)

__all__ = [
    "Buyer",
    "Charged",
    "Consumed",
    "CorrectedMetric",
    "DueChange",
    "DueCorrection",
    "DuePeriod",
    "Figures",
    "Metric",
    "Overview",
    "PartnerSummary",
    "Seller",
    "Snapshot",
    "TenantSums",
    "Upcoming",
    "apply",
    "bill_subscription",
    "compare",
    "compute",
    "discard",
    "documents",
    "figures",
    "generate",
    "get_quarantined",
    "get_run",
    "overview",
    "page_quarantine",
    "page_runs",
    "partner_summary",
    "plan",
    "preview",
    "progress",
    "ready_to_apply",
    "resolve",
    "show_document",
    "standing_of",
    "sums_of",
    "upcoming",
    "visible",
    "visible_quarantine",
]
