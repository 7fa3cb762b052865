"""What an answer makes of a delivery, and when it is tried again (contract §23.4)."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

# The wait before each attempt: seven attempts over 38 h 36 min.
WAITS: Final = (
    timedelta(),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
)
_RETRYABLE: Final = frozenset({408, 425, 429})
_LONGEST: Final = timedelta(hours=24)
_JITTER: Final = 0.05


class DeliveryOutcome(StrEnum):
    dispatched = "dispatched"
    retry = "retry"
    dead = "dead"
    gone = "gone"  # the subscriber says this endpoint no longer exists


@dataclass(frozen=True, slots=True)
class RetryDecision:
    outcome: DeliveryOutcome
    next_attempt_at: datetime | None = None


def judge(
    status: int, attempt: int, now: datetime, *, retry_after: timedelta | None = None, seed: str = ""
) -> RetryDecision:
    """
    Decide about attempt number `attempt` (from 1), answered with `status` (0 for no answer).

    The jitter of five per cent is drawn from `seed`, so that a crash between sending and recording changes nothing.
    """
    if 200 <= status < 300 or status == 409:
        return RetryDecision(DeliveryOutcome.dispatched)
    if status == 410:
        return RetryDecision(DeliveryOutcome.gone)
    if 400 <= status < 500 and status not in _RETRYABLE:
        return RetryDecision(DeliveryOutcome.dead)
    if attempt >= len(WAITS):
        return RetryDecision(DeliveryOutcome.dead)
    wait = max(WAITS[attempt] * _jitter(f"{seed}:{attempt}"), retry_after or timedelta())
    return RetryDecision(DeliveryOutcome.retry, now + min(wait, _LONGEST * (1 + _JITTER)))


def wait_asked(retry_after: str, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date (RFC 9110 §10.2.3); at most a day, and nonsense is no wish."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after[:9]), 86_400))
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return min(max(until.astimezone(UTC) - now, timedelta()), _LONGEST)


def _jitter(seed: str) -> float:
    return 1 + random.Random(seed).uniform(-_JITTER, _JITTER)  # noqa: S311  spreads load, guards nothing
