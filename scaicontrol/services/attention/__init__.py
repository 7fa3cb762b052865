"""Attention: what needs a person now, asked of every feature that the actor may read."""

from .findings import QUESTIONS, findings
from .found import ONE, Finding, FindingExample

__all__ = ["ONE", "QUESTIONS", "Finding", "FindingExample", "findings"]
