"""E-invoices: one canonical document, written in every syntax, held against every rule."""

from .building import document_from, taxable_parts
from .checks import check
from .document import (
    CREDIT_NOTE,
    INVOICE,
    AllowanceCharge,
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
from .formats import PROFILES, Format, Profile, profile_of
from .pdf import Look, attachments, render_html, title_of, to_pdf, unprintable
from .validation import Verdict, validate
from .variables import epc_payload, legal_note, variables
from .writers import to_xml

__all__ = [
    "CREDIT_NOTE",
    "INVOICE",
    "PROFILES",
    "AllowanceCharge",
    "Document",
    "DocumentTotals",
    "Endpoint",
    "Format",
    "Line",
    "Look",
    "Party",
    "Payment",
    "Preceding",
    "Profile",
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
    "profile_of",
    "render_html",
    "taxable_parts",
    "title_of",
    "to_pdf",
    "to_xml",
    "unprintable",
    "validate",
    "variables",
]
