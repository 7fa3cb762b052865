"""Invariants: what must hold of the books at every moment, asked of the rows themselves."""

from .check import RuleBroken, check, require_all
from .rules import RULES, Invariant

__all__ = ["RULES", "Invariant", "RuleBroken", "check", "require_all"]
