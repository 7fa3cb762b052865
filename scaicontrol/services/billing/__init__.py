"""Billing: what is due, as a pure plan that is previewed, compared, and applied exactly."""

from .compute import BillingPlan, ComputedDocument, PlannedLine, Quarantined, compute
from .events import QuarantineResolved, RunApplied, RunDiscarded, RunPlanned
from .lifecycle import RunLifecycle, RunStatus
from .models import BillingCharge, BillingRun, PlannedDocument, QuarantineItem
from .queries import charges_of, documents, get_quarantined, get_run, page_quarantine, page_runs, visible
from .service.apply import apply, ready_to_apply
from .service.discard import discard
from .service.load import due_tenants, load
from .service.monthly import generate, invoice_moment
from .service.now import bill_subscription
from .service.overview import Overview, overview
from .service.plan import plan
from .service.preview import compare, preview, show_document, upcoming
from .service.quarantine import resolve
from .service.standing import PartnerSummary, partner_summary, standing_of
from .snapshot import Buyer, Consumed, DueChange, DuePeriod, Metric, Seller, Snapshot

__all__ = [
    "BillingCharge",
    "BillingPlan",
    "BillingRun",
    "Buyer",
    "ComputedDocument",
    "Consumed",
    "DueChange",
    "DuePeriod",
    "Metric",
    "Overview",
    "PartnerSummary",
    "PlannedDocument",
    "PlannedLine",
    "QuarantineItem",
    "QuarantineResolved",
    "Quarantined",
    "RunApplied",
    "RunDiscarded",
    "RunLifecycle",
    "RunPlanned",
    "RunStatus",
    "Seller",
    "Snapshot",
    "apply",
    "bill_subscription",
    "charges_of",
    "compare",
    "compute",
    "discard",
    "documents",
    "due_tenants",
    "generate",
    "get_quarantined",
    "get_run",
    "invoice_moment",
    "load",
    "overview",
    "page_quarantine",
    "page_runs",
    "partner_summary",
    "plan",
    "preview",
    "ready_to_apply",
    "resolve",
    "show_document",
    "standing_of",
    "upcoming",
    "visible",
]
