"""Facts of declarations; they stay in the house."""

from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent

from .lifecycle import DeclarationKind, Outcome


class DeclarationFact(DomainEvent):
    resource: ClassVar[str] = "declaration_id"
    public: ClassVar[bool] = False

    declaration_id: str
    partner_id: str
    tenant_id: str | None
    kind: DeclarationKind


class DeclarationReceived(DeclarationFact):
    """Somebody withdrew from a contract, or cancelled one, without signing in; a person decides what follows."""

    topic: ClassVar[str] = "declaration.received"

    submitted_at: datetime


class DeclarationDecided(DeclarationFact):
    """A person carried a declaration out, or declined it."""

    topic: ClassVar[str] = "declaration.decided"

    outcome: Outcome
    subscription_id: str | None
    ends_at: datetime | None
