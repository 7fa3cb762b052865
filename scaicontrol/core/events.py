"""
Facts: what happened, named in the past tense, written in the same commit as the change.

A fact has three readers and no others: the audit timeline, webhook subscribers and reactions (`tasks/reactions.py`).
Facts whose topic is in the contract's list (§23.8) are `public` and leave the house; the others stay inside.
"""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class DomainEvent(BaseModel):
    """
    A fact with the snapshot it happened to.

    Subclasses set `topic` and `resource` (the field that names the resource, such as `invoice_id`), and answer
    `lifecycle_step`, which makes the idempotency key `<resource_type>:<resource_id>:<event>:<step>` unique per fact.
    """

    model_config = ConfigDict(frozen=True)

    topic: ClassVar[str]
    resource: ClassVar[str]
    public: ClassVar[bool] = True

    @property
    def resource_type(self) -> str:
        return self.topic.split(".", 1)[0]

    @property
    def resource_id(self) -> str:
        return str(getattr(self, self.resource))

    @property
    def lifecycle_step(self) -> str:
        return "initial"

    @property
    def idempotency_key(self) -> str:
        return f"{self.resource_type}:{self.resource_id}:{self.topic.split('.', 1)[1]}:{self.lifecycle_step}"

    @property
    def payload(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def owners(self) -> tuple[str | None, str | None]:
        """Name the partner and the tenant this fact belongs to; both None for the platform's own."""
        return getattr(self, "partner_id", None), getattr(self, "tenant_id", None)


def rfc3339(moment: datetime) -> str:
    """Write a moment the way the wire has it: UTC with a Z, microseconds only when there are any."""
    return moment.isoformat().replace("+00:00", "Z")
