"""Tax: which VAT a document carries, why, and how it adds up."""

from .arithmetic import TaxableLine, Totals, VatGroup, tax_of, totals, with_stated_taxes
from .categories import (
    CATEGORIES,
    NEEDS_REASON,
    Category,
    Exemption,
    Grounds,
    Stated,
    check_coherence,
    check_stated,
    exemptions,
    line_terms,
)
from .decisions import Decided, decide, explain, line_rates, replay, replayed, tax_point_of, verify
from .ecb import read as read_ecb_file
from .events import ExchangeRatesAdded, VatNumberConsulted, VatRateAdded
from .exchange import (
    ECB,
    NO_CONVERSION,
    Conversion,
    ReferenceRate,
    convert,
    convert_again,
    vat_currency,
    verify_conversion,
)
from .facts import Consulted, VatFacts
from .models import ExchangeRate, LocationProof, TaxDecision, VatConsultation, VatRate
from .notes import LANGUAGES, Language, language_or_english, note
from .numbers import normalise, problem, usable, vat_prefix
from .places import EU_MEMBER_STATES, Place, country_name, is_country, place
from .queries import (
    consultation,
    consulted,
    exchange_rates,
    find,
    get,
    last_consultation,
    last_valid,
    needs_consultation,
    proofs_of_place,
    rate_table,
    rates,
    visible,
)
from .questions import Question
from .rates import EU_STANDARD_VAT_RATES, SHIPPED_RATES, Rate, RateTable, known_rates
from .rules import VatDecision, determine_vat
from .service.consult import Rechecked, consult, recheck
from .service.decide import store_decision
from .service.exchange_rates import add_exchange_rate, import_exchange_rates, in_tax_currency
from .service.look_up import LookedUp, look_up
from .service.vat_rates import add_rate, seed_rates
from .vat_warnings import VatWarning, vat_warning

__all__ = [
    "CATEGORIES",
    "ECB",
    "EU_MEMBER_STATES",
    "EU_STANDARD_VAT_RATES",
    "LANGUAGES",
    "NEEDS_REASON",
    "NO_CONVERSION",
    "SHIPPED_RATES",
    "Category",
    "Consulted",
    "Conversion",
    "Decided",
    "ExchangeRate",
    "ExchangeRatesAdded",
    "Exemption",
    "Grounds",
    "Language",
    "LocationProof",
    "LookedUp",
    "Place",
    "Question",
    "Rate",
    "RateTable",
    "Rechecked",
    "ReferenceRate",
    "Stated",
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
    "VatWarning",
    "add_exchange_rate",
    "add_rate",
    "check_coherence",
    "check_stated",
    "consult",
    "consultation",
    "consulted",
    "convert",
    "convert_again",
    "country_name",
    "decide",
    "determine_vat",
    "exchange_rates",
    "exemptions",
    "explain",
    "find",
    "get",
    "import_exchange_rates",
    "in_tax_currency",
    "is_country",
    "known_rates",
    "language_or_english",
    "last_consultation",
    "last_valid",
    "line_rates",
    "line_terms",
    "look_up",
    "needs_consultation",
    "normalise",
    "note",
    "place",
    "problem",
    "proofs_of_place",
    "rate_table",
    "rates",
    "read_ecb_file",
    "recheck",
    "replay",
    "replayed",
    "seed_rates",
    "store_decision",
    "tax_of",
    "tax_point_of",
    "totals",
    "usable",
    "vat_currency",
    "vat_prefix",
    "vat_warning",
    "verify",
    "verify_conversion",
    "visible",
    "with_stated_taxes",
]
