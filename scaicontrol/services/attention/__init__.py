"""Attention: what needs a person now, asked of every feature that the actor may read."""

from .findings import QUESTIONS, Finding, FindingExample, findings

__all__ = ["QUESTIONS", "Finding", "FindingExample", "findings"]
