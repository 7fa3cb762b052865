"""The database: engines that lose nothing, sessions bound to one scope, exact types."""

from . import locked_rows as locked_rows  # watches every session
from . import triggers as triggers  # installs itself with the schema
from .model import Model, TenantScopedModel, list_indexes, parent_key, within_tenant
from .types import ExactDecimal, IdString, JsonDocument, UTCDateTime

__all__ = [
    "ExactDecimal",
    "IdString",
    "JsonDocument",
    "Model",
    "TenantScopedModel",
    "UTCDateTime",
    "list_indexes",
    "parent_key",
    "within_tenant",
]
