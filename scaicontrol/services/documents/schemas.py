from typing import Any

from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import In, MailAddress, Moment, Out
from scaicontrol.services.invoices.lifecycle import Channel, DocumentType
from scaicontrol.services.invoices.schemas import DecisionOut, InvoiceOut, InvoiceSummary, RenderOut, SettlementOut


class SendIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"to": ["books@acme.example"], "attach_xml": True}]})

    to: list[MailAddress] | None = Field(default=None, min_length=1, max_length=10)
    attach_xml: bool | None = None
    channel: Channel = Channel.email


class SendOwnIn(In):
    """Nothing to say: it goes to the billing contact."""


class DocumentVersionOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "ver_1", "invoice_id": "inv_1", "version": 1, "kind": "pdf"}]}
    )

    id: str
    invoice_id: str
    version: int
    kind: str
    format: str
    profile: str
    writer: str | None
    sha256: str
    bytes: int
    template_id: str | None
    template_version: int | None
    rules: list[str] | None
    created_at: Moment
    created_by: str
    reason: str | None


class InvoiceEventOut(Out):
    event_type: str
    occurred_at: Moment
    actor_id: str | None
    payload: dict[str, Any] | None


class InvoiceDetail(InvoiceOut):
    """Everything an operator asks about one document."""

    time_zone: str = Field(description="The seller's, in whose civil days its periods are told.")
    decision: DecisionOut | None
    payments: list[SettlementOut]
    versions: list[DocumentVersionOut]
    renders: list[RenderOut]
    credit_notes: list[InvoiceSummary]
    events: list[InvoiceEventOut]


class DeliveryQueued(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"mail_id": "mel_1", "status": "pending"}]})

    mail_id: str
    status: str


class Violation(Out):
    """One thing that is not as it was sealed."""

    code: str
    message: str
    number: str | None = None
    invoice_id: str | None = None


class Verification(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partner_id": "prt_northwind",
                    "document_type": "invoice",
                    "fiscal_year": 2026,
                    "documents": 12,
                    "intact": True,
                    "violations": [],
                }
            ]
        }
    )

    partner_id: str
    document_type: DocumentType
    fiscal_year: int
    documents: int
    intact: bool
    violations: list[Violation]
