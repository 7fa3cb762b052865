"""What VIES is asked, and when an answer is about to be too old."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

RECHECKED_AT_ONCE: Final = 500
ASKED_LATELY: Final = timedelta(hours=20)  # a daily job asks about a silent number once a day
_AHEAD: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Question:
    """Whose VAT number VIES is asked about, and in whose name."""

    tenant_id: str
    partner_id: str
    vat_number: str
    requester_vat_number: str | None = None


def lead(max_age_days: int) -> timedelta:
    """Tell how long before an answer is too old it is asked for again: in time for a warning before an invoice."""
    return min(_AHEAD, timedelta(days=max_age_days) / 2)
