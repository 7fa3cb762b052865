from datetime import datetime

from sqlalchemy import Boolean, Index, String, Text, UniqueConstraint, literal
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, TenantScopedModel, parent_key, within_tenant


class DocumentVersion(TenantScopedModel):
    """One stored file of a document. Files of one `version` show the same; a new one never replaces an old one."""

    append_only = True
    __tablename__ = "document_versions"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("invoice_id", "version", "kind", "format", "profile"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # pdf, xml, zugferd (a PDF with its XML inside)
    format: Mapped[str] = mapped_column(String(12))  # pdf, cii, ubl, xrechnung, zugferd, facturx
    # empty for a PDF without XML
    profile: Mapped[str] = mapped_column(String(12), default="", server_default=literal(""))
    writer: Mapped[str | None] = mapped_column(String(40))  # who wrote the XML, in which version
    storage_key: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    template_id: Mapped[str | None] = mapped_column(IdString)
    template_version: Mapped[int | None]
    rules: Mapped[list[str] | None] = mapped_column(JsonDocument)  # the rule sets an XML passed
    created_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(Text)


class DocumentDelivery(TenantScopedModel):
    """One sending of a document: asked for, and done once the mail was accepted or the portal shows it."""

    __tablename__ = "document_deliveries"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        Index("ix_document_deliveries_asked", "invoice_id", "requested_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)  # the id its mail will carry
    invoice_id: Mapped[str] = mapped_column(IdString)
    channel: Mapped[str] = mapped_column(String(10))
    recipients: Mapped[list[str]] = mapped_column(JsonDocument)
    attach_xml: Mapped[bool] = mapped_column(Boolean)
    einvoice_format: Mapped[str | None] = mapped_column(String(12))
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    delivered_at: Mapped[datetime | None]
    nth: Mapped[int | None]  # which delivery of this document it was
