"""E-invoices: one canonical document, written in every syntax, held against every rule."""

from .building import document_from, language_of, taxable_parts
from .checks import check
from .formats import PROFILES, Format, Profile, every_profile, format_of, prefers_einvoice, profile_of
from .pdf import Branding, attachments, must_show, render_html, title_of, unprintable
from .queries import get_rule_set, installed, rules_for, with_files
from .rule_sets import RuleSet, chosen, missing, shipped
from .service import NewRuleSet, install, retire
from .transfers import grouped, open_transfer
from .validation import Verdict, Written, judge, validate, write
from .variables import variables
from .writers import to_xml

__all__ = [
    "PROFILES",
    "Branding",
    "Format",
    "NewRuleSet",
    "Profile",
    "RuleSet",
    "Verdict",
    "Written",
    "attachments",
    "check",
    "chosen",
    "document_from",
    "every_profile",
    "format_of",
    "get_rule_set",
    "grouped",
    "install",
    "installed",
    "judge",
    "language_of",
    "missing",
    "must_show",
    "open_transfer",
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
