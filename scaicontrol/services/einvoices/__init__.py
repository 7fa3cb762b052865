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
from .pdf import Look, attachments, render_html, title_of, to_pdf
from .validation import Verdict, to_xml, validate
from .variables import epc_payload, legal_note, variables

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
    "Look",
    "Party",
    "Payment",
    "Preceding",
    "Span",
    "VatBreakdown",
    "Verdict",
    "attachments",
    "canonical_bytes",
    "canonical_digest",
    "check",
    "document_from",
    "epc_payload",
    "legal_note",
    "render_html",
    "title_of",
    "to_pdf",
    "to_xml",
    "validate",
    "variables",
]
