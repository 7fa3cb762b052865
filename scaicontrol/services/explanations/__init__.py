"""Explanations: why a document says what it says, worked out again and put into sentences."""

from .derivations import Derived, derived
from .service import explain

__all__ = ["Derived", "derived", "explain"]
