"""Invoices and credit notes: from draft to sealed, rendered, sent and settled."""

from . import guard as _guard  # registers itself with the session
from .events import (
    CreditNoteIssued,
    CreditNoteSettled,
    DeliveryRequested,
    DocumentArchived,
    DraftVoided,
    InvoiceDeleted,
    InvoiceDrafted,
    InvoiceFinalized,
    InvoicePaid,
    InvoicePastDue,
    InvoiceSent,
    InvoiceUpdated,
    InvoiceVoided,
    RenderRequested,
    SettlementRecorded,
)
from .explain import explain
from .lifecycle import Channel, DocumentType, InvoiceLifecycle, InvoiceStatus, SettledBy
from .models import (
    DocumentDelivery,
    DocumentRender,
    DocumentVersion,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Settlement,
)
from .queries import (
    InvoiceFilter,
    available_actions,
    credit_notes_of,
    detail,
    find,
    find_number,
    get,
    line,
    page,
    settlements,
    shown,
    versions,
    visible,
)
from .schemas import (
    CheckReport,
    CreditIn,
    CreditLineIn,
    Deleted,
    DraftIn,
    DraftLineIn,
    FinalizeIn,
    InvoiceDetail,
    InvoiceIn,
    InvoiceOut,
    InvoicePatch,
    InvoiceSummary,
    LineIn,
    LineOrderIn,
    MailQueued,
    MarkPaidIn,
    ReasonIn,
    RefundIn,
    RenderOut,
    SendIn,
    SettlementOut,
    Verification,
    VersionOut,
    Violation,
)
from .service.age import age
from .service.check import check
from .service.credit import credit
from .service.deliver import MailMaterial, mail_material, record_delivery, send
from .service.download import File, einvoice, pdf
from .service.draft import delete, draft, order_lines, sort_lines_by_date, update
from .service.finalize import check_and_finalize, finalize
from .service.render import late_renders, regenerate_pdf, render_due
from .service.settle import Settled, mark_paid, mark_past_due, record_payment, record_refund
from .service.verify import series, verify, verify_files
from .service.void import void

__all__ = [
    "Channel", "CheckReport", "CreditIn", "CreditLineIn", "CreditNoteIssued", "CreditNoteSettled", "Deleted",
    "DeliveryRequested", "DocumentArchived", "DocumentDelivery", "DocumentRender", "DocumentType", "DocumentVersion",
    "DraftIn", "DraftLineIn", "DraftVoided", "File", "FinalizeIn", "Invoice", "InvoiceDeleted", "InvoiceDetail",
    "InvoiceDrafted", "InvoiceFilter", "InvoiceFinalized", "InvoiceIn", "InvoiceLifecycle", "InvoiceLine", "InvoiceOut",
    "InvoicePaid", "InvoicePastDue", "InvoicePatch", "InvoiceSent", "InvoiceStatus", "InvoiceSummary", "InvoiceUpdated",
    "InvoiceVoided", "LineIn", "LineOrderIn", "MailMaterial", "MailQueued", "MarkPaidIn", "NumberSeries", "ReasonIn", "RefundIn",
    "RenderOut", "RenderRequested", "SendIn", "Settled", "SettledBy", "Settlement", "SettlementOut",
    "SettlementRecorded", "Verification", "VersionOut", "Violation", "age", "available_actions", "check",
    "check_and_finalize", "credit", "credit_notes_of", "delete", "detail", "draft", "einvoice", "explain", "finalize",
    "find", "find_number", "get", "late_renders", "line", "mail_material", "mark_paid", "mark_past_due", "order_lines",
    "page", "pdf", "record_delivery", "record_payment", "record_refund", "regenerate_pdf", "render_due", "send",
    "series", "settlements", "shown", "sort_lines_by_date", "update", "verify", "verify_files", "versions", "visible",
    "void",
]  # fmt: skip
