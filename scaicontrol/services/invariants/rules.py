"""All rules, documents first."""

from typing import Final

from . import documents, ledger, money
from .invariant import Invariant

__all__ = ["RULES", "Invariant"]

RULES: Final[tuple[Invariant, ...]] = (*documents.RULES, *money.RULES, *ledger.RULES)
