"""
Which changes need another person (contract §28.3): declared rules over what a change would leave.

A rule looks at facts, not at the verb that was called, so that no second way to the same deed goes past it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.money import exponent
from scaicontrol.core.recording import Recording
from scaicontrol.core.schemas import Exact, In
from scaicontrol.services.identity import ROLES

Amount = Annotated[Exact, Field(ge=0, description="In whole units of the document's currency.")]
Number = Annotated[int, Field(ge=0, le=1_000_000)]
APPROVAL_POLICY: Final = "approval_policy"  # the key of the platform setting
PEOPLE: Final = frozenset({ActorKind.user, ActorKind.cli})


class ApprovalLimits(In):
    """Above these a change needs another person; None never asks for one."""

    given_back: Amount | None
    documents: Number | None
    documents_amount: Amount | None
    subscriptions: Number | None
    immediate_cancel: bool
    voids: bool
    terms: bool
    admin_roles: bool
    webhook_targets: bool
    force: bool


class ApprovalPolicy(In):
    """The platform setting `approval_policy`."""

    agents: ApprovalLimits = ApprovalLimits(
        given_back=Decimal(500),
        documents=20,
        documents_amount=Decimal(5000),
        subscriptions=10,
        immediate_cancel=True,
        voids=True,
        terms=True,
        admin_roles=True,
        webhook_targets=True,
        force=True,
    )
    people: ApprovalLimits = ApprovalLimits(
        given_back=Decimal(10_000),
        documents=1000,
        documents_amount=None,
        subscriptions=200,
        immediate_cancel=False,
        voids=True,
        terms=False,
        admin_roles=False,
        webhook_targets=False,
        force=False,
    )

    def for_(self, actor: Actor) -> ApprovalLimits:
        return self.agents if actor.kind is ActorKind.agent else self.people


@dataclass(frozen=True, slots=True)
class PlannedTotals:
    """What a run that is too large to rehearse says it will write."""

    documents: int
    by_currency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A change as the rules see it."""

    action: str
    facts: Sequence[DomainEvent]
    planned: PlannedTotals | None = None

    @classmethod
    def of(cls, action: str, recording: Recording, planned: PlannedTotals | None = None) -> "Weighed":
        return cls(action, recording.facts, planned)

    def told(self, *topics: str) -> list[DomainEvent]:
        return [fact for fact in self.facts if fact.topic in topics]

    def largest(self, facts: Iterable[DomainEvent], *names: str) -> Decimal:
        """Sum amounts by currency, in whole units, and give the largest sum."""
        sums: Counter[str] = Counter()
        for fact in facts:
            sums[str(fact.payload["currency"])] += abs(sum(int(fact.payload[name]) for name in names))
        return _largest(sums)


def _largest(sums: Mapping[str, int]) -> Decimal:
    return max((Decimal(cents).scaleb(-exponent(currency)) for currency, cents in sums.items()), default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` tells whether a change is above the limits; `topics` are the facts without which it cannot."""

    name: str
    says: str
    holds: Callable[[Weighed, ApprovalLimits], bool]
    topics: frozenset[str] = frozenset()


def _given_back(change: Weighed, limits: ApprovalLimits) -> bool:
    if limits.given_back is None:
        return False
    manual = [fact for fact in change.told("invoice.settlement_recorded") if fact.payload.get("kind") == "manual"]
    sums = (
        change.largest(change.told("credit.paid_back"), "amount_cents"),
        change.largest(change.told("credit_note.issued"), "total_cents"),
        change.largest(change.told("payment.refunded"), "amount_cents"),
        change.largest(manual, "amount_cents", "unapplied_cents"),
        change.largest(change.told("dispute.lost"), "lost_cents"),
        change.largest(change.told("payment.mismatch_resolved"), "moved_cents"),
        change.largest(change.told("receivable.settled"), "amount_cents"),
        change.largest(change.told("wallet.topped_up"), "amount_cents"),
        change.largest(change.told("wallet.granted"), "amount_cents"),
        change.largest(change.told("wallet.refunded"), "amount_cents"),
    )
    return max(sums) > limits.given_back


def _documents(change: Weighed, limits: ApprovalLimits) -> bool:
    finalized = change.told("invoice.finalized", "credit_note.issued")
    sent = change.told("invoice.delivery_requested")
    count = max(len(finalized), len(sent), change.planned.documents if change.planned else 0)
    if limits.documents is not None and count > limits.documents:
        return True
    planned = _largest(change.planned.by_currency) if change.planned else Decimal(0)
    amount = max(change.largest(finalized, "total_cents"), planned)
    return limits.documents_amount is not None and amount > limits.documents_amount


_ENDS: Final = frozenset({
    "subscription.cancelled", "subscription.suspended", "subscription.resumed", "pack_subscription.cancelled",
    "pack_subscription.changed",
})  # fmt: skip


_TERMS_TOLD: Final = ("subscription.terms_announced", "subscription.terms_withdrawn")


def _subscriptions(change: Weighed, limits: ApprovalLimits) -> bool:
    touched = change.told(*_ENDS, "subscription.changed", *_TERMS_TOLD)
    if limits.subscriptions is not None and len({fact.resource_id for fact in touched}) > limits.subscriptions:
        return True
    at_once = [
        fact
        for fact in change.told("subscription.cancelled", "pack_subscription.cancelled")
        if fact.payload.get("effective_immediately")
    ]
    return limits.immediate_cancel and bool(at_once)


_TERMS: Final = frozenset({
    "plan.created", "plan.updated", "pack.created", "pack.updated", "pack.deleted",
    "service.metric_change_decided", "plan_move.announced", "plan_move.cancelled",
    "price_override.set", "price_override.removed", "subscription.price_agreed",
    "partner.configured", "partner.billing_linked", "partner.billing_updated", "vat_rate.added", "exchange_rates.added",
    "einvoice_rule_set.installed", "einvoice_rule_set.retired", "platform.settings_changed",
})  # fmt: skip


def _terms(change: Weighed, limits: ApprovalLimits) -> bool:
    return limits.terms and bool(change.told(*_TERMS))


def _admin_roles(change: Weighed, limits: ApprovalLimits) -> bool:
    if not limits.admin_roles:
        return False
    granted = change.told("user.role_granted", "group.role_granted")
    return any(_is_admin(str(fact.payload.get("role"))) for fact in granted)


def _is_admin(role: str) -> bool:
    known = ROLES.get(role)
    return known is None or any(scope == "*" or scope.startswith("admin:") for scope in known.scopes)


def _webhook_targets(change: Weighed, limits: ApprovalLimits) -> bool:
    moved = [fact for fact in change.told("webhook_endpoint.updated") if fact.payload["target_changed"]]
    return limits.webhook_targets and bool(moved or change.told("webhook_endpoint.created"))


_FORCED: Final = frozenset({"provisioning.force_complete", "provisioning.rollback", "registry.deregister"})


def _force(change: Weighed, limits: ApprovalLimits) -> bool:
    gone = [fact for fact in change.told("service.status_changed") if str(fact.payload.get("status")) == "deregistered"]
    return limits.force and (change.action in _FORCED or bool(gone))


RULES: Final = (
    Rule(
        "voids",
        "A numbered document is voided only with another person's approval.",
        lambda change, limits: limits.voids and bool(change.told("invoice.voided")),
        frozenset({"invoice.voided"}),
    ),
    Rule(
        "money_given_back",
        "A refund, credit note, credit paid back, lost dispute, provider's report, manual payment or movement of a "
        "wallet of this size needs another person's approval.",
        _given_back,
        frozenset(
            {
                "credit_note.issued",
                "payment.refunded",
                "invoice.settlement_recorded",
                "credit.paid_back",
                "dispute.lost",
                "payment.mismatch_resolved",
                "receivable.settled",
                "wallet.topped_up",
                "wallet.granted",
                "wallet.refunded",
            }
        ),
    ),
    Rule(
        "documents",
        "Documents of this number or amount are finalized or sent only with another person's approval.",
        _documents,
        frozenset({"invoice.finalized", "credit_note.issued", "invoice.delivery_requested"}),
    ),
    Rule(
        "subscriptions",
        "Subscriptions are ended at once, or in this number, only with another person's approval.",
        _subscriptions,
        _ENDS | {"subscription.changed", *_TERMS_TOLD},
    ),
    Rule(
        "terms",
        "Prices, plans, seller configuration, VAT and platform settings change only with another person's approval.",
        _terms,
        _TERMS,
    ),
    Rule(
        "admin_roles",
        "Roles that administer are granted only with another person's approval.",
        _admin_roles,
        frozenset({"user.role_granted", "group.role_granted"}),
    ),
    Rule(
        "webhook_targets",
        "Events go to another address only with another person's approval.",
        _webhook_targets,
        frozenset({"webhook_endpoint.created", "webhook_endpoint.updated"}),
    ),
    Rule(
        "force",
        "Completing by force, rolling back and deregistering need another person's approval.",
        _force,
        frozenset({"service.status_changed"}),
    ),
)
SAID: Final[Mapping[str, str]] = {rule.name: rule.says for rule in RULES}
_WATCHED: Final = frozenset[str]().union(*(rule.topics for rule in RULES))
# Several transactions, the first of which may already be seen outside: of people's, these may be above the limits.
WEIGHED: Final = frozenset({
    "payments.refund", "payments.pay_back", "invoices.credit", "subscriptions.bulk", "billing.apply",
})  # fmt: skip


def may_matter(action: str, facts: Iterable[DomainEvent]) -> bool:
    """Tell quickly whether any rule could hold: most changes have none of the facts the rules are about."""
    return action in _FORCED or any(fact.topic in _WATCHED for fact in facts)


def rule_for(change: Weighed, limits: ApprovalLimits) -> str | None:
    """Name the first rule that holds, or None."""
    return next((rule.name for rule in RULES if rule.holds(change, limits)), None)


def setting(value: Mapping[str, Any]) -> ApprovalPolicy:
    """Read the platform setting; nothing set is the contract's default."""
    return ApprovalPolicy.model_validate(value) if value else ApprovalPolicy()
