"""Invoices and credit notes: from draft to sealed, sent and settled."""

from . import immutability as immutability  # registers itself with the session
from .fast_reads import own
from .queries import (
    credit_notes_of,
    find,
    find_number,
    find_settlement,
    get,
    load_lines,
    numbers,
    offered,
    page,
    settlements,
    settlements_with_documents,
    shown,
    stored,
    visible,
)
from .service.balance import (
    apply_credit,
    record_beside,
    record_paid_back,
    record_paid_back_after_all,
    reverse_payment,
    settle_receivable,
)
from .service.credit import credit, draft_credit
from .service.draft import delete, draft, order_lines, sort_lines_by_date, update
from .service.finalize import finalize
from .service.gate import check
from .service.mark_overdue import mark_overdue
from .service.mark_sent import mark_sent
from .service.preview import template_variables
from .service.request_files import request_next_files
from .service.settle import Settled, mark_paid, mark_past_due, record_payment, refuse_moment_to_come
from .service.void import void

__all__ = [
    "Settled",
    "apply_credit",
    "check",
    "credit",
    "credit_notes_of",
    "delete",
    "draft",
    "draft_credit",
    "finalize",
    "find",
    "find_number",
    "find_settlement",
    "get",
    "load_lines",
    "mark_overdue",
    "mark_paid",
    "mark_past_due",
    "mark_sent",
    "numbers",
    "offered",
    "order_lines",
    "own",
    "page",
    "record_beside",
    "record_paid_back",
    "record_paid_back_after_all",
    "record_payment",
    "refuse_moment_to_come",
    "request_next_files",
    "reverse_payment",
    "settle_receivable",
    "settlements",
    "settlements_with_documents",
    "shown",
    "sort_lines_by_date",
    "stored",
    "template_variables",
    "update",
    "visible",
    "void",
]
