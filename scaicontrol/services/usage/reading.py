"""Reading one reported event in plain code: a batch has a thousand, and a bad one must not spoil the others."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeGuard

from scaicontrol.services.registry import MetricHistory

_QUANTITY = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_KEY = re.compile(r"[!-~]{1,128}")
_DIMENSIONS, _DIMENSION_NAME, _DIMENSION_LENGTH = 16, 64, 200
_AHEAD = timedelta(minutes=5)
FIELDS = frozenset({
    "idempotency_key", "tenant_id", "service_slug", "metric_slug", "quantity", "occurred_at", "dimensions", "corrects",
})  # fmt: skip


class RejectionCode(StrEnum):
    """Why an event was not taken (contract §20); `malformed` is for what is no event at all."""

    unknown_tenant = "unknown_tenant"
    unknown_metric = "unknown_metric"
    not_subscribed = "not_subscribed"
    too_old = "too_old"
    in_future = "in_future"
    bad_quantity = "bad_quantity"
    wrong_service = "wrong_service"
    key_conflict = "key_conflict"
    malformed = "malformed"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event of a batch was not taken, in words its sender can act on."""

    index: int
    code: RejectionCode
    message: str


class Bad(Exception):
    """This event cannot be taken; the others can."""

    def __init__(self, code: RejectionCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class EventContent(NamedTuple):
    """What two events under one key must have in common."""

    tenant_id: str
    metric_slug: str
    quantity: Decimal
    occurred_at: datetime
    corrects: str | None
    dimensions: dict[str, Any] | None


@dataclass(slots=True)
class Event:
    """A reported event, read and checked as far as it speaks for itself."""

    index: int
    idempotency_key: str
    tenant_id: str
    metric_slug: str
    quantity: Decimal
    occurred_at: datetime
    dimensions: dict[str, Any] | None
    corrects: str | None

    @property
    def content(self) -> EventContent:
        return EventContent(
            self.tenant_id, self.metric_slug, self.quantity, self.occurred_at, self.corrects, self.dimensions
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Checks events of one service at one moment, each by what its metric was when it occurred."""

    service_slug: str
    metrics: MetricHistory
    now: datetime
    oldest: datetime

    def read(self, index: int, raw: Any) -> Event:
        """Give the event, or raise Bad."""
        if not isinstance(raw, dict):
            raise Bad(RejectionCode.malformed, "An event is an object.")
        if not raw.keys() <= FIELDS:
            unknown = ", ".join(sorted(map(str, raw.keys() - FIELDS)))
            raise Bad(RejectionCode.malformed, f"Unknown fields: {unknown[:200]}.")
        key, tenant_id, metric = raw.get("idempotency_key"), raw.get("tenant_id"), raw.get("metric_slug")
        if not _is_key(key):
            raise Bad(RejectionCode.malformed, "idempotency_key is 1 to 128 visible ASCII characters.")
        if not isinstance(tenant_id, str) or not isinstance(metric, str):
            raise Bad(RejectionCode.malformed, "tenant_id and metric_slug are strings.")
        if raw.get("service_slug", self.service_slug) != self.service_slug:
            raise Bad(RejectionCode.wrong_service, f"Your service is {self.service_slug}; report its own use only.")
        occurred_at = self._moment(raw.get("occurred_at"))
        kind = self.metrics.kind(metric, occurred_at)
        if kind is None:
            raise Bad(RejectionCode.unknown_metric, f"{self.service_slug} declares no metric '{metric[:64]}'.")
        corrects = raw.get("corrects")
        if corrects is not None and not _is_key(corrects):
            raise Bad(RejectionCode.malformed, "corrects is the idempotency_key of an earlier event.")
        quantity = self._quantity(raw.get("quantity"), metric, kind, corrects)
        dimensions = raw.get("dimensions")
        if dimensions and not _are_dimensions(dimensions):
            raise Bad(RejectionCode.malformed, f"dimensions are at most {_DIMENSIONS} names with short plain values.")
        return Event(index, key, tenant_id, metric, quantity, occurred_at, dimensions or None, corrects)

    def _quantity(self, given: Any, metric: str, kind: str, corrects: str | None) -> Decimal:
        text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
            raise Bad(RejectionCode.bad_quantity, 'quantity is an exact number such as "1.5", with at most 6 decimals.')
        quantity = Decimal(text)
        if corrects is None:
            if quantity < 0:
                raise Bad(RejectionCode.bad_quantity, "quantity is negative; name the event it `corrects`.")
        elif quantity >= 0:
            raise Bad(RejectionCode.bad_quantity, "A correction takes away: its quantity is negative.")
        elif kind == "gauge":
            raise Bad(RejectionCode.bad_quantity, f"{metric} is a gauge: report its value instead of correcting it.")
        return quantity

    def _moment(self, given: Any) -> datetime:
        try:
            occurred_at = datetime.fromisoformat(given)
        except (TypeError, ValueError):
            raise Bad(RejectionCode.malformed, "occurred_at is a moment such as 2026-01-15T09:00:00Z.") from None
        if occurred_at.tzinfo is None:
            raise Bad(RejectionCode.malformed, "occurred_at has no time zone; end it with Z.")
        if occurred_at < self.oldest:
            raise Bad(RejectionCode.too_old, f"occurred_at lies before {self.oldest:%Y-%m-%d %H:%M} UTC.")
        if occurred_at - self.now > _AHEAD:
            raise Bad(RejectionCode.in_future, "occurred_at lies more than 5 minutes ahead; check the clock.")
        return occurred_at


def _is_key(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _are_dimensions(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > _DIMENSIONS:
        return False
    for name, item in value.items():  # a plain loop: this runs for every event
        if len(name) > _DIMENSION_NAME or not isinstance(item, str | bool | int | None):
            return False
        if len(str(item)) > _DIMENSION_LENGTH:
            return False
    return True
