"""E-invoices: one canonical document, written in every syntax, held against every rule."""

from .agreement import disagreements
from .building import document_from, language_of, taxable_parts
from .checks import check
from .document import (
    CREDIT_NOTE,
    INVOICE,
    AllowanceCharge,
    Document,
    DocumentTotals,
    Endpoint,
    InvoicingPeriod,
    Line,
    Party,
    PaymentInstructions,
    Preceding,
    VatBreakdown,
    canonical_bytes,
    canonical_digest,
)
from .events import RuleSetInstalled, RuleSetRetired
from .formats import PROFILES, Format, Profile, every_profile, format_of, prefers_einvoice, profile_of
from .models import InstalledRuleSet
from .pdf import Branding, attachments, render_html, title_of, unprintable
from .queries import get_rule_set, installed, rules_for, with_files
from .rule_sets import RuleSet, chosen, missing, shipped
from .service import NewRuleSet, install, retire
from .validation import Verdict, Written, judge, validate, write
from .variables import epc_payload, legal_note, variables
from .writers import to_xml

__all__ = [
    "CREDIT_NOTE",
    "INVOICE",
    "PROFILES",
    "AllowanceCharge",
    "Branding",
    "Document",
    "DocumentTotals",
    "Endpoint",
    "Format",
    "InstalledRuleSet",
    "InvoicingPeriod",
    "Line",
    "NewRuleSet",
    "Party",
    "PaymentInstructions",
    "Preceding",
    "Profile",
    "RuleSet",
    "RuleSetInstalled",
    "RuleSetRetired",
    "VatBreakdown",
    "Verdict",
    "Written",
    "attachments",
    "canonical_bytes",
    "canonical_digest",
    "check",
    "chosen",
    "disagreements",
    "document_from",
    "epc_payload",
    "every_profile",
    "format_of",
    "get_rule_set",
    "install",
    "installed",
    "judge",
    "language_of",
    "legal_note",
    "missing",
    "prefers_einvoice",
    "profile_of",
    "render_html",
    "retire",
    "rules_for",
    "shipped",
    "taxable_parts",
    "title_of",
    "to_xml",
    "unprintable",
    "validate",
    "variables",
    "with_files",
    "write",
]
