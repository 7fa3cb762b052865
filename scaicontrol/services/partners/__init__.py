"""Partners: who sells, in whose name documents are made, and on which terms."""

from .brands import Brand, brand_at, brand_of, partner_at, portal_url
from .queries import called, configuration, get, names, naming_template, page, settings_of, visible
from .sellers import SELLER_FIELDS, SellerSnapshot, missing_for_finalisation, seller_snapshot
from .service import configure
from .terms import ExportCategory, InvoiceGrouping, Proration, TrialEnd, ViesPolicy

__all__ = [
    "SELLER_FIELDS",
    "Brand",
    "ExportCategory",
    "InvoiceGrouping",
    "Proration",
    "SellerSnapshot",
    "TrialEnd",
    "ViesPolicy",
    "brand_at",
    "brand_of",
    "called",
    "configuration",
    "configure",
    "get",
    "missing_for_finalisation",
    "names",
    "naming_template",
    "page",
    "partner_at",
    "portal_url",
    "seller_snapshot",
    "settings_of",
    "visible",
]
