"""The verbs about plans: keep one, decide about it, apply it, let it go."""

from .applying import apply, release_interrupted
from .deciding import approve, expire, reject
from .keeping import keep, request
from .settings import set_policy

__all__ = ["apply", "approve", "expire", "keep", "reject", "release_interrupted", "request", "set_policy"]
