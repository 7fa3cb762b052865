from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class TemplateFact(DomainEvent):
    """Something happened to a template; an empty owner is the platform."""

    resource: ClassVar[str] = "template_id"
    public: ClassVar[bool] = False

    template_id: str
    owner_partner_id: str
    name: str
    document_type: str
    language: str | None
    version: int

    @property
    def lifecycle_step(self) -> str:
        return str(self.version)

    def owners(self) -> tuple[str | None, str | None]:
        return self.owner_partner_id or None, None


class TemplateSaved(TemplateFact):
    topic: ClassVar[str] = "template.saved"

    sha256: str


class TemplatePublished(TemplateFact):
    topic: ClassVar[str] = "template.published"

    replaces: int | None
    published_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return f"{self.version}:{self.published_at.isoformat()}"  # a version may go live again


class TemplateDeleted(TemplateFact):
    topic: ClassVar[str] = "template.deleted"
