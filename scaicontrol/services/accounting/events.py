"""Facts of accounting integrations; none of them leaves the house."""

from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class _IntegrationFact(DomainEvent):
    resource: ClassVar[str] = "accounting_integration_id"
    public: ClassVar[bool] = False

    accounting_integration_id: str
    partner_id: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class IntegrationCreated(_IntegrationFact):
    topic: ClassVar[str] = "accounting_integration.created"

    provider: str


class IntegrationUpdated(_IntegrationFact):
    topic: ClassVar[str] = "accounting_integration.updated"


class IntegrationDeactivated(_IntegrationFact):
    topic: ClassVar[str] = "accounting_integration.deactivated"


class SyncRequested(_IntegrationFact):
    """A person asked for documents to be exported now, or again."""

    topic: ClassVar[str] = "accounting_integration.sync_requested"

    request: str
    queued: int

    @property
    def lifecycle_step(self) -> str:
        return self.request


class DocumentsExported(_IntegrationFact):
    """A run handed documents to the books."""

    topic: ClassVar[str] = "accounting_integration.exported"

    run: str
    synced: int
    failed: int
    skipped: int

    @property
    def lifecycle_step(self) -> str:
        return self.run
