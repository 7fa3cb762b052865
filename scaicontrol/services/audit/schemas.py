from typing import Any

from pydantic import Field

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, Moment, MomentIn, Out, Word


class AuditEntryOut(Out):
    id: str
    occurred_at: Moment
    actor_id: str = Field(examples=["usr_ada"])
    actor_kind: str = Field(examples=["user"])
    on_behalf_of: str | None
    partner_id: str | None
    tenant_id: str | None
    action: str = Field(examples=["invoice.finalized"])
    resource_type: str
    resource_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    surface: str
    request_id: str | None
    change_plan_id: str | None


class AuditFilter(In):
    """Which entries; what is left out does not narrow them."""

    actor_id: Word | None = None
    done: Word | None = Field(default=None, description="Such as invoice.finalized.")
    resource_type: Word | None = None
    resource_id: Word | None = None
    tenant_id: Id | None = None
    since: MomentIn | None = None
    until: MomentIn | None = None
