"""Document numbers: `SCAI-2026-000001`, `SCAI-CN-2026-000001` (contract §14.2)."""

from datetime import date

from .lifecycle import DocumentType


def fiscal_year(day: date, start_month: int) -> int:
    """Name the calendar year in which the fiscal year of `day` begins."""
    return day.year if day.month >= start_month else day.year - 1


def number(prefix: str, document_type: DocumentType, year: int, serial: int) -> str:
    """Write a number; six digits, more when a year needs them."""
    kind = "-CN" if document_type == DocumentType.credit_note else ""
    return f"{prefix}{kind}-{year}-{serial:06d}"
