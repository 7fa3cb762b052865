"""Bank statements: what sellers' banks say came and went, and the invoices it pays."""

from .matching import candidates
from .queries import (
    called,
    csv_mapping_by_id,
    csv_mappings,
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
    visible_csv_mappings,
    visible_lines,
)
from .service.booking import book, book_matched, credit, split
from .service.csv_mappings import keep_csv_mapping, preview_csv
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
    "csv_mapping_by_id",
    "csv_mappings",
    "detail",
    "get",
    "ignore",
    "import_statements",
    "keep_csv_mapping",
    "line",
    "line_detail",
    "lines",
    "match",
    "offered",
    "page",
    "preview_csv",
    "references",
    "reverse",
    "shown_line",
    "shown_with_bookings",
    "split",
    "visible",
    "visible_csv_mappings",
    "visible_lines",
]
