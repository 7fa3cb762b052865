"""Bank statements: what sellers' banks say came and went, and the invoices it pays."""

from .matching import candidates
from .queries import (
    called,
    detail,
    get,
    line,
    line_detail,
    lines,
    offered,
    page,
    references,
    shown_line,
    shown_with_bookings,
    visible,
    visible_lines,
)
from .service.booking import book, book_matched, credit, split
from .service.deciding import ignore, reverse
from .service.importing import import_statements, match
from .statement_files import FILE_MAX, TOO_LARGE

__all__ = [
    "FILE_MAX",
    "TOO_LARGE",
    "book",
    "book_matched",
    "called",
    "candidates",
    "credit",
    "detail",
    "get",
    "ignore",
    "import_statements",
    "line",
    "line_detail",
    "lines",
    "match",
    "offered",
    "page",
    "references",
    "reverse",
    "shown_line",
    "shown_with_bookings",
    "split",
    "visible",
    "visible_lines",
]
