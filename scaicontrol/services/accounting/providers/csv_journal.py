"""One row per booking, in UTF-8: what any ledger imports, and any person reads."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from scaicontrol.core.csv_cells import harmless, in_one_line, money, plain
from scaicontrol.core.errors import Reason

from .. import journal
from ..journal_input import JournalInput, Kind
from ..schemas import LedgerMapping
from .provider import Artefact, Exported
from .settings import NoSettings, wrong_with

COLUMNS = (
    "date", "document_number", "account", "counter_account", "amount", "currency", "vat_code", "text", "tenant_id",
    "exchange_rate", "base_amount", "base_currency",
)  # fmt: skip


class CsvJournal:
    """
    `account` is debited and `counter_account` credited; amounts are positive, in major units with a point.

    A row in another currency than the books has the amount in theirs, too, and how much one unit of it was worth.
    """

    slug = "csv_journal"
    display_name = "CSV journal"
    config_schema: Mapping[str, Any] = NoSettings.model_json_schema()
    kinds = frozenset(Kind)
    needs_files = False

    async def test(self, config: Mapping[str, Any]) -> Sequence[Reason]:
        return wrong_with(NoSettings, config)

    def problems(self, document: JournalInput, mapping: LedgerMapping) -> Sequence[Reason]:
        return journal.problems(document, mapping)

    async def export(
        self,
        documents: Sequence[JournalInput],
        mapping: LedgerMapping,
        config: Mapping[str, Any],
        *,
        complete: bool = False,
    ) -> Exported:
        body = written(documents, mapping)
        ids = tuple(document.id for document in journal.in_order(documents))
        return Exported((Artefact("journal.csv", "text/csv", body, ids),))


def written(documents: Sequence[JournalInput], mapping: LedgerMapping) -> bytes:
    target = io.StringIO(newline="")
    rows = csv.writer(target, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for document in journal.in_order(documents):
        for row in journal.bookings(document, mapping):
            text = harmless(in_one_line(row.text))
            rows.writerow((
                row.booked_on.isoformat(), harmless(row.number), row.debit, row.credit, money(row.amount),
                row.currency, row.vat_code, text, row.tenant_id,
                "" if row.exchange_rate is None else plain(row.exchange_rate),
                "" if row.base_amount is None else money(row.base_amount), row.base_currency,
            ))  # fmt: skip
    return target.getvalue().encode()
