from typing import Annotated, Any, Literal

from pydantic import AliasPath, Field, Strict

from scaicontrol.core.schemas import In, Moment, Out

from .lifecycle import PlanStatus
from .policy import ApprovalPolicy

PlanHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the plan's content, as shown.")]


class FieldChange(Out):
    """One field that changes. `field` is null for a whole row that is new (`before` null) or goes (`after` null)."""

    resource_type: str
    resource_id: str
    field: str | None
    before: Any
    after: Any


class MoneyMoved(Out):
    """One amount in minor units. `direction` is as the seller sees it: in, or out."""

    tenant_id: str | None
    currency: str
    amount_cents: int
    direction: Literal["in", "out"]
    kind: str
    resource_id: str


class MoneyTotal(Out):
    currency: str
    kind: str
    direction: Literal["in", "out"]
    amount_cents: int


class DocumentTouched(Out):
    document_id: str
    document_type: str
    number: str | None
    change: str
    currency: str | None = None
    total_cents: int | None = None


class MailForeseen(Out):
    kind: str
    resource_id: str
    recipients: list[str]


class WebhookForeseen(Out):
    topic: str
    facts: int
    subscribers: int


class ServiceCalled(Out):
    service: str
    call: str


class FactForeseen(Out):
    topic: str
    resource_id: str
    payload: dict[str, Any]


class Reversal(Out):
    """How to undo it: `action` is the verb that compensates."""

    kind: Literal["yes", "no", "by_compensation"]
    action: str | None = None


class PlanContent(Out):
    """Everything the hash covers. New things have the ids `<kind>_new<n>`; moments are said from the time it runs."""

    action: str
    arguments: dict[str, Any]
    changes: list[FieldChange]
    money: list[MoneyMoved]
    totals: list[MoneyTotal]
    documents: list[DocumentTouched]
    mails: list[MailForeseen]
    webhooks: list[WebhookForeseen]
    services: list[ServiceCalled]
    facts: list[FactForeseen]
    reversible: Reversal
    warnings: list[str]
    requires_approval: bool
    policy_rule: str | None
    input_versions: dict[str, int]


class KeptPlan(PlanContent):
    """A plan as the answer to a dry run. Apply it with `id` and `plan_hash`: it does exactly this, or nothing."""

    id: str
    plan_hash: PlanHash
    status: PlanStatus
    expires_at: Moment


class LeftBehind(Out):
    """One fact an applied plan left."""

    topic: str
    resource_id: str


class ChangePlanSummary(Out):
    id: str
    status: PlanStatus
    action: str
    # Without files and secrets.
    arguments: dict[str, Any] = Field(validation_alias=AliasPath("content", "arguments"))  # type: ignore[pydantic-alias]  # read only
    plan_hash: str
    requires_approval: bool
    policy_rule: str | None
    created_by: str
    on_behalf_of: str | None
    created_at: Moment
    expires_at: Moment
    decided_by: str | None
    decided_at: Moment | None
    finished_at: Moment | None
    available_actions: list[str] = Field(default_factory=list)


class ChangePlanOut(ChangePlanSummary):
    content: PlanContent
    decision_reason: str | None
    outcome: list[LeftBehind] | None
    error: str | None


class ChangePlanFilter(In):
    """Which change plans; what is left out does not narrow them."""

    status: PlanStatus | None = None
    action: Annotated[str, Field(max_length=100)] | None = None


class ApplyPlanIn(In):
    """Exactly what was shown, or nothing."""

    plan_hash: PlanHash


class DecisionIn(In):
    """Why; it is kept in the audit log."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class ApproveIn(In):
    reason: Annotated[str, Field(max_length=1000)] | None = None


class PlatformSettings(In):
    """What operators set for the whole platform."""

    approval_policy: ApprovalPolicy


class PlatformSettingsIn(In):
    """All settings as they shall be; a stale `version` is a Conflict."""

    settings: PlatformSettings
    version: Annotated[int, Strict(), Field(ge=0, le=2**31 - 1)] | None = None


class PlatformSettingsOut(Out):
    """The settings in force, and how often they were set; version 0 is what holds until somebody does."""

    settings: PlatformSettings
    version: int
