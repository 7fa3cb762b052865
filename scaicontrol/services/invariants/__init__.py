"""Invariants: what must hold of the books at every moment, asked of the rows themselves."""

from .check import check
from .rules import RULES, Rule

__all__ = ["RULES", "Rule", "check"]
