"""Billing: what is due, as a pure plan that is previewed, compared, and applied exactly."""

from .compute import compute
from .queries import (
    called,
    documents,
    get_quarantined,
    get_run,
    page_quarantine,
    page_runs,
    progress,
    run_names,
    visible,
    visible_quarantine,
)
from .service.apply import apply, ready_to_apply
from .service.change_preview import preview_change
from .service.discard import discard
from .service.figures import Figures, figures
from .service.monthly import generate
from .service.now import bill_subscription
from .service.overview import Overview, overview
from .service.plan import plan
from .service.preview import Upcoming, compare, preview, show_document, upcoming
from .service.quarantine import resolve
from .service.quotes import quotes
from .service.standing import PartnerSummary, TenantSums, partner_summary, standing_of, sums_of
from .service.vat import vat_standing

__all__ = [
    "Figures",
    "Overview",
    "PartnerSummary",
    "TenantSums",
    "Upcoming",
    "apply",
    "bill_subscription",
    "called",
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
    "preview_change",
    "progress",
    "quotes",
    "ready_to_apply",
    "resolve",
    "run_names",
    "show_document",
    "standing_of",
    "sums_of",
    "upcoming",
    "vat_standing",
    "visible",
    "visible_quarantine",
]
