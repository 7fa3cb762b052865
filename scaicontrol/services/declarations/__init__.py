"""Declarations: consumers withdraw from contracts and cancel them without signing in; a person decides what follows."""

from .contents import contents
from .periods import last_moment
from .queries import decision_of, detail, get, offered, page, visible
from .service.decide import carry_out, decline
from .service.receive import receive

__all__ = [
    "carry_out",
    "contents",
    "decision_of",
    "decline",
    "detail",
    "get",
    "last_moment",
    "offered",
    "page",
    "receive",
    "visible",
]
