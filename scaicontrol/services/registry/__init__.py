"""The registry: which services exist, whether they may be sold, and whether they live."""

from .lifecycle import WATCHED, HealthStatus, ServiceLifecycle, ServiceStatus
from .models import Service, ServiceProbe, ServiceVersion
from .queries import by_ids, by_key, find_by_slug, get, matches, own, page, probes, service_of, versions, visible

__all__ = [
    "WATCHED",
    "HealthStatus",
    "Service",
    "ServiceLifecycle",
    "ServiceProbe",
    "ServiceStatus",
    "ServiceVersion",
    "by_ids",
    "by_key",
    "find_by_slug",
    "get",
    "matches",
    "own",
    "page",
    "probes",
    "service_of",
    "versions",
    "visible",
]
