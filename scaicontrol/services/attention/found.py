"""What is found: something a person should look at, what it costs, and when it hurts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Severity = Literal["critical", "warning"]

ONE: Final = {
    "dead_deliveries": "webhook delivery is dead",
    "disabled_endpoints": "webhook subscriber was switched off",
    "late_renders": "document waits for its files",
    "past_due": "invoice is past due",
    "failed_payments": "payment failed",
    "mismatched_payments": "payment on which provider and books disagree",
    "receivables": "tenant has money twice",
    "failed_refunds": "refund failed",
    "disputes": "payment is disputed",
    "bank_lines": "bank line waits for somebody",
    "exports": "export to the books failed",
    "declarations": "consumer's declaration waits for somebody",
    "quarantine": "charge is in quarantine",
    "refused_drafts": "draft is refused by the gate",
    "provisioning": "provisioning workflow failed",
    "unhealthy": "service is not healthy",
    "registrations": "service waits to be let in",
    "subscriptions_past_due": "subscription is past due",
    "suspended": "subscription is suspended",
    "approvals": "change waits for approval",
    "mails": "mail did not arrive",
    "jobs": "job is late or failed",
}


@dataclass(frozen=True, slots=True)
class FindingExample:
    """One of what was found: what it is, since when, how much money it is about, where to look, and when it hurts."""

    kind: str  # of the object behind it: invoice, payment, …
    id: str
    said: str
    since: datetime | None = None
    tenant_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    hurts_at: datetime | None = None  # what is lost by then; None hurts already, or by and by


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at: how bad, how many, and the first few of them, most urgent first."""

    key: str
    severity: Severity
    many: str
    count: int
    examples: Sequence[FindingExample] = ()

    @property
    def what(self) -> str:
        """What is wrong, to be read behind `count`."""
        return ONE[self.key] if self.count == 1 else self.many

    @property
    def at_risk(self) -> dict[str, int]:
        """Sum the money of the examples by currency, the largest first; nothing where none of them is about money."""
        sums: Counter[str] = Counter()
        for example in self.examples:
            if example.currency and example.amount_cents:
                sums[example.currency] += example.amount_cents
        return dict(sums.most_common())

    @property
    def hurts_at(self) -> datetime | None:
        """When the first of them is lost, where a moment is known."""
        return min((each.hurts_at for each in self.examples if each.hurts_at), default=None)

    def urgency(self, now: datetime) -> tuple[object, ...]:
        """
        What to sort by: what hurts now by its money, then what will by the minutes left, then the rest by its money.

        Amounts of several currencies are compared as they stand.
        """
        money = -max(self.at_risk.values(), default=0)
        moment = self.hurts_at
        if moment is not None and moment > now:
            return (1, moment, money, -self.count)
        is_now = self.severity == "critical" or moment is not None
        return (0 if is_now else 2, money, self.severity != "critical", -self.count)
