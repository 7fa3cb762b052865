"""
What a series is proven from, in sets of plain columns: no entity is made of ten years of documents.

A series is named by (seller, type of document, fiscal year).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select

from scaicontrol.core.turns import turn
from scaicontrol.core.work import UnitOfWork

from .. import queries, seal
from ..lifecycle import DocumentType
from ..models import Invoice, InvoiceLine, NumberSeries, Settlement

_AT_ONCE = 250  # lines
# What is checked beside the seal.
_BESIDE = (
    "status", "canonical_digest", "amount_paid_cents", "amount_credited_cents", "amount_applied_cents",
    "amount_due_cents",
)  # fmt: skip
_DOCUMENT = [getattr(Invoice, name) for name in (*seal.DOCUMENT_FIELDS, *_BESIDE)]
_LINE = [InvoiceLine.invoice_id, *(getattr(InvoiceLine, name) for name in seal.LINE_FIELDS)]


async def heads(uow: UnitOfWork, partner_id: str | None = None) -> list[NumberSeries]:
    """List the number series of a seller, or of all."""
    query = select(NumberSeries).order_by(NumberSeries.partner_id, NumberSeries.document_type, NumberSeries.fiscal_year)
    if partner_id is not None:
        query = query.where(NumberSeries.partner_id == partner_id)
    return list(await uow.session.scalars(query))


async def head(uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int) -> NumberSeries | None:
    """Give the row that counts a series."""
    found: NumberSeries | None = await uow.session.get(NumberSeries, (partner_id, document_type, fiscal_year))
    return found


async def numbers(
    uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int
) -> dict[str, str | None]:
    """Give the number of every document of a series by id, in the order of the series."""
    rows = await uow.session.execute(
        queries.visible(uow)
        .with_only_columns(Invoice.id, Invoice.number)
        .where(
            Invoice.partner_id == partner_id,
            Invoice.document_type == document_type,
            Invoice.fiscal_year == fiscal_year,
        )
        .order_by(Invoice.serial, Invoice.id)
    )
    return {invoice_id: number for invoice_id, number in rows}  # noqa: C416  # rows are not pairs to the type checker


async def documents(uow: UnitOfWork, ids: Sequence[str]) -> list[Any]:
    """Give documents with what their seals cover and what stands beside it, in the order of the ids."""
    by_id = {row.id: row for row in await uow.session.execute(select(*_DOCUMENT).where(Invoice.id.in_(ids)))}
    return [by_id[each] for each in ids]


async def lines(uow: UnitOfWork, ids: Sequence[str]) -> Mapping[str, list[Any]]:
    """Give what seals cover of the lines of these documents; of long ones a part at a time."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    query = select(*_LINE).where(InvoiceLine.invoice_id.in_(ids)).order_by(InvoiceLine.order_index, InvoiceLine.id)
    read = await uow.session.stream(query, execution_options={"yield_per": _AT_ONCE})
    async for rows in read.partitions():
        for row in rows:
            found[row.invoice_id].append(row)
        await turn()
    return found


class SettledSum(NamedTuple):
    """What was booked on a document in one way, in minor units."""

    invoice_id: str
    kind: str
    cents: int


async def settled(uow: UnitOfWork, ids: Sequence[str]) -> list[SettledSum]:
    """Sum up what was booked on these documents, by document and way."""
    rows = await uow.session.execute(
        select(Settlement.invoice_id, Settlement.kind, func.sum(Settlement.amount_cents))
        .where(Settlement.invoice_id.in_(ids))
        .group_by(Settlement.invoice_id, Settlement.kind)
    )
    return [SettledSum(invoice_id, kind, int(cents)) for invoice_id, kind, cents in rows]
