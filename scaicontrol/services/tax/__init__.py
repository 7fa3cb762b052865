"""Tax: which VAT a document carries, why, and how it adds up."""

from .arithmetic import (
    NEEDS_REASON,
    Grounds,
    TaxableLine,
    Totals,
    VatGroup,
    check_coherence,
    line_terms,
    tax_of,
    totals,
    with_stated_taxes,
)
from .decisions import Decided, decide, explain, replay, verify
from .events import VatNumberConsulted, VatRateAdded
from .models import TaxDecision, VatConsultation, VatRate
from .notes import LANGUAGES, Language, language_or_english, note
from .numbers import normalise, problem, usable, vat_prefix
from .places import EU_MEMBER_STATES, Place, country_name, is_country, place
from .queries import consulted, find, get, last_consultation, needs_consultation, rate_table, rates, visible
from .rates import EU_STANDARD_VAT_RATES, SHIPPED_RATES, Rate, RateTable, known_rates
from .rules import Consulted, VatDecision, VatFacts, determine_vat
from .service import Question, add_rate, consult, record_consultation, seed_rates, store_decision

__all__ = [
    "EU_MEMBER_STATES",
    "EU_STANDARD_VAT_RATES",
    "LANGUAGES",
    "NEEDS_REASON",
    "SHIPPED_RATES",
    "Consulted",
    "Decided",
    "Grounds",
    "Language",
    "Place",
    "Question",
    "Rate",
    "RateTable",
    "TaxDecision",
    "TaxableLine",
    "Totals",
    "VatConsultation",
    "VatDecision",
    "VatFacts",
    "VatGroup",
    "VatNumberConsulted",
    "VatRate",
    "VatRateAdded",
    "add_rate",
    "check_coherence",
    "consult",
    "consulted",
    "country_name",
    "decide",
    "determine_vat",
    "explain",
    "find",
    "get",
    "is_country",
    "known_rates",
    "language_or_english",
    "last_consultation",
    "line_terms",
    "needs_consultation",
    "normalise",
    "note",
    "place",
    "problem",
    "rate_table",
    "rates",
    "record_consultation",
    "replay",
    "seed_rates",
    "store_decision",
    "tax_of",
    "totals",
    "usable",
    "vat_prefix",
    "verify",
    "visible",
    "with_stated_taxes",
]
