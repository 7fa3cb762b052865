"""All rules, documents first."""

from typing import Final

from . import documents, money
from .rule import Rule

__all__ = ["RULES", "Rule"]

RULES: Final[tuple[Rule, ...]] = (*documents.RULES, *money.RULES)
