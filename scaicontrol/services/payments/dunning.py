"""The dunning timetable: which steps follow a failed payment, and when (contract §18.4). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class StepKind(StrEnum):
    retry = "retry"
    remind = "remind"
    suspend = "suspend"


@dataclass(frozen=True, slots=True)
class Step:
    """The `number`th step of its kind, `day` days after dunning began."""

    day: int
    kind: StepKind
    number: int


_ORDER: Final = {StepKind.retry: 0, StepKind.remind: 1, StepKind.suspend: 2}
# Declines that no repetition will turn: the payer must act.
HARD_DECLINES: Final = frozenset({
    "stolen_card", "lost_card", "mandate_revoked", "account_closed", "pickup_card", "fraudulent", "expired_card",
    "provider_mismatch",
})  # fmt: skip
NEEDS_PAYER: Final = frozenset({"authentication_required"})


def timetable(
    retry_days: Sequence[int], reminder_days: Sequence[int], suspend_day: int, *, skips_retries: bool = False
) -> list[Step]:
    """List the steps in order; on one day a retry comes before a reminder, so that nobody is reminded in vain."""
    retries = [] if skips_retries else [Step(day, StepKind.retry, n) for n, day in enumerate(sorted(retry_days), 1)]
    reminders = [Step(day, StepKind.remind, n) for n, day in enumerate(sorted(reminder_days), 1)]
    steps = [*retries, *reminders, Step(suspend_day, StepKind.suspend, 1)]
    return sorted(steps, key=lambda step: (step.day, _ORDER[step.kind]))


def next_moment(steps: Sequence[Step], stage: int, started_at: datetime) -> datetime | None:
    """Tell when step number `stage` (from 0) is due; None after the last."""
    return started_at + timedelta(days=steps[stage].day) if stage < len(steps) else None


def next_retry(steps: Sequence[Step], stage: int, started_at: datetime) -> datetime | None:
    """Tell when the next repetition of the payment is due, for whoever is told about a failure."""
    coming = [step for step in steps[stage:] if step.kind is StepKind.retry]
    return started_at + timedelta(days=coming[0].day) if coming else None


def is_retryable(failure_code: str | None) -> bool:
    return failure_code not in HARD_DECLINES and failure_code not in NEEDS_PAYER
