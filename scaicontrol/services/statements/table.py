"""A statement as a table for a spreadsheet."""

import csv
import io
from decimal import Decimal
from typing import Final

from scaicontrol.core.csv_cells import harmless, in_one_line, money
from scaicontrol.core.money import exponent

from .schemas import Statement

COLUMNS: Final = ("date", "document", "kind", "reference", "currency", "debit", "credit", "balance")


def as_csv(said: Statement) -> str:
    """Write an account as CSV: its opening balance, every entry, and its closing balance; RFC 4180, decimal points."""
    places = -exponent(said.currency)

    def amount(cents: int | None) -> str:
        return "" if cents is None else money(Decimal(cents).scaleb(places))

    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerow([said.first_day.isoformat(), "", "opening", "", said.currency, "", "", amount(said.opening_cents)])
    for entry in said.entries:
        rows.writerow([
            entry.date.isoformat(), harmless(entry.document), entry.kind, harmless(in_one_line(entry.reference or "")),
            said.currency, amount(entry.debit_cents), amount(entry.credit_cents), amount(entry.balance_cents),
        ])  # fmt: skip
    rows.writerow([said.last_day.isoformat(), "", "closing", "", said.currency, "", "", amount(said.closing_cents)])
    return table.getvalue()
