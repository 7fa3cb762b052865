"""Tax: which VAT a document carries, why, and how it adds up."""

from .decisions import decide, explain, line_rates, tax_point_of, verify
from .ecb import read as read_ecb_file
from .facts import Consulted, VatFacts
from .queries import (
    consultation,
    consulted,
    exchange_rate,
    exchange_rates,
    find,
    get,
    last_answers,
    proofs_of_place,
    rate_table,
    rates,
    visible_exchange_rates,
    visible_rates,
)
from .questions import Question
from .rates import Rate, RateTable, known_rates
from .rules import VatDecision, determine_vat
from .service.consult import consult, consult_tenant, recheck
from .service.decide import store_decision
from .service.exchange_rates import add_exchange_rate, import_exchange_rates, in_tax_currency, rate_of
from .service.look_up import check_number, look_up
from .service.vat_rates import add_rate, seed_rates
from .vat_warnings import VatWarning, vat_warning

__all__ = [
    "Consulted",
    "Question",
    "Rate",
    "RateTable",
    "VatDecision",
    "VatFacts",
    "VatWarning",
    "add_exchange_rate",
    "add_rate",
    "check_number",
    "consult",
    "consult_tenant",
    "consultation",
    "consulted",
    "decide",
    "determine_vat",
    "exchange_rate",
    "exchange_rates",
    "explain",
    "find",
    "get",
    "import_exchange_rates",
    "in_tax_currency",
    "known_rates",
    "last_answers",
    "line_rates",
    "look_up",
    "proofs_of_place",
    "rate_of",
    "rate_table",
    "rates",
    "read_ecb_file",
    "recheck",
    "seed_rates",
    "store_decision",
    "tax_point_of",
    "vat_warning",
    "verify",
    "visible_exchange_rates",
    "visible_rates",
]
