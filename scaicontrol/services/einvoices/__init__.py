"""E-invoices: one canonical document, written in every syntax, held against every rule."""

from .building import document_from
from .checks import check
from .document import (
    CREDIT_NOTE,
    INVOICE,
    Document,
    DocumentTotals,
    Endpoint,
    Line,
    Party,
    Payment,
    Preceding,
    Span,
    VatBreakdown,
    canonical_bytes,
    canonical_digest,
)
from .formats import ATTACHMENT_NAME, PROFILES, Format
from .validation import Verdict, to_xml, validate

__all__ = [
    "ATTACHMENT_NAME",
    "CREDIT_NOTE",
    "INVOICE",
    "PROFILES",
    "Document",
    "DocumentTotals",
    "Endpoint",
    "Format",
    "Line",
    "Party",
    "Payment",
    "Preceding",
    "Span",
    "VatBreakdown",
    "Verdict",
    "canonical_bytes",
    "canonical_digest",
    "check",
    "document_from",
    "to_xml",
    "validate",
]
