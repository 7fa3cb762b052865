from typing import Any

from pydantic import Field

from scaicontrol.core.schemas import Moment, Out


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
