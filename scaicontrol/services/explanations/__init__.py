"""Explanations: why a document says what it says, worked out again and put into sentences."""

from .derivations import Derived, derived
from .service import explain
from .use import LineUse, records_of, use_behind

__all__ = ["Derived", "LineUse", "derived", "explain", "records_of", "use_behind"]
