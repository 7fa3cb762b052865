from datetime import datetime
from typing import Any, Final

from sqlalchemy import Computed, Index, String, Text, UniqueConstraint, func, literal, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import PartnerShared

from .engine.compiler import Source
from .engine.designer import is_designed
from .kinds import TemplateType

_MEDIUM_TEXT: Final = 2**24 - 1
_LANGUAGE_KEY: Final = func.coalesce(literal_column("language", String), literal("", String))


class InvoiceTemplate(PartnerShared, Model):
    """
    A document or mail as somebody wants it, in one language or, with none, in any.

    Its contents are what was saved last; documents are made with `published_version`. An empty owner is the platform.
    """

    __tablename__ = "invoice_templates"
    __table_args__ = (
        UniqueConstraint(
            "owner_partner_id", "name", "document_type", "language_key", name="uq_invoice_templates_identity"
        ),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    document_type: Mapped[TemplateType] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(2))
    language_key: Mapped[str] = mapped_column(
        String(2), Computed(_LANGUAGE_KEY, persisted=True), nullable=True, deferred=True
    )
    subject: Mapped[str | None] = mapped_column(String(300))
    html_content: Mapped[str] = mapped_column(Text(_MEDIUM_TEXT))
    css_content: Mapped[str] = mapped_column(Text(_MEDIUM_TEXT))
    editor_data: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    published_at: Mapped[datetime | None]

    def __str__(self) -> str:
        spoken = f" in {self.language}" if self.language else ""
        return f"template '{self.name}' for {self.document_type}{spoken}"

    @property
    def is_platforms(self) -> bool:
        return not self.owner_partner_id

    @property
    def source(self) -> Source:
        return _source(self)


class InvoiceTemplateVersion(PartnerShared, Model):
    """What a template was at one save. It outlives its template: documents name the version they were made with."""

    __tablename__ = "invoice_template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "version"),
        Index("ix_invoice_template_versions_name", "name", "document_type"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    template_id: Mapped[str] = mapped_column(IdString)
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    document_type: Mapped[TemplateType] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(2))
    subject: Mapped[str | None] = mapped_column(String(300))
    html_content: Mapped[str] = mapped_column(Text(_MEDIUM_TEXT))
    css_content: Mapped[str] = mapped_column(Text(_MEDIUM_TEXT))
    editor_data: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    sha256: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(100))
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(100))

    def __str__(self) -> str:
        return f"version {self.version} of template '{self.name}'"

    @property
    def source(self) -> Source:
        return _source(self)


def _source(row: InvoiceTemplate | InvoiceTemplateVersion) -> Source:
    return Source(
        TemplateType(row.document_type),
        row.html_content,
        row.css_content,
        row.subject or "",
        is_designed=is_designed(row.editor_data),
    )
