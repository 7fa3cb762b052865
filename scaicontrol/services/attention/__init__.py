"""Attention: what needs a person now, asked of every feature that the actor may read."""

from .findings import QUESTIONS, findings
from .found import Finding, FindingExample

__all__ = ["QUESTIONS", "Finding", "FindingExample", "findings"]
