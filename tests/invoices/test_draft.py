from datetime import date

import pytest

from scaicontrol.core.errors import Conflict, Invalid, NotFound, Refused
from scaicontrol.services import invoices
from scaicontrol.services.invoices.schemas import InvoicePatch, LineIn
from scaicontrol.services.invoices.service.draft import leading_day
from tests.factories import alice, petra, sam
from tests.factories.invoices import a_draft, a_line, again, finalized


async def test_a_line_without_an_amount_is_quantity_times_price(backend):
    draft = await a_draft(backend, a_line(125, quantity="2.5", unit_divisor=10))
    assert (draft.lines[0].amount_cents, draft.subtotal_cents, draft.number) == (31, 31, None)


async def test_a_tenant_sees_no_draft_and_a_neighbour_sees_nothing(backend):
    draft = await a_draft(backend)
    for stranger in (alice, sam):
        with pytest.raises(NotFound):
            await backend.ask(stranger, invoices.get, draft.id)


async def test_an_edit_replaces_the_lines_and_a_stale_one_is_a_conflict(backend):
    draft = await a_draft(backend)
    patch = InvoicePatch(lines=[LineIn(description="Seat", unit_price_cents=500)], notes="Thanks", version=1)
    changed = await backend.perform(petra, invoices.update, draft.id, patch)
    assert (changed.subtotal_cents, changed.notes, changed.version) == (500, "Thanks", 2)
    with pytest.raises(Conflict, match="version 2, not 1"):
        await backend.perform(petra, invoices.update, draft.id, patch)
    assert [line.description for line in (await again(backend, draft)).lines] == ["Seat"]


async def test_a_finalized_invoice_is_not_edited_or_deleted(backend):
    invoice = await finalized(backend)
    with pytest.raises(Refused, match="it is finalized"):
        await backend.perform(petra, invoices.update, invoice.id, InvoicePatch(notes="later"))
    with pytest.raises(Refused, match="it is finalized"):
        await backend.perform(petra, invoices.delete, invoice.id)


async def test_a_deleted_draft_is_gone_with_its_lines(backend):
    draft = await a_draft(backend)
    await backend.perform(petra, invoices.delete, draft.id)
    with pytest.raises(NotFound):
        await again(backend, draft)


async def test_lines_are_ordered_by_hand_or_by_the_day_they_begin_with(backend):
    texts = ["No day", "03-02-2026 second", "31-02-2026 no such day", "01-02-2026 first"]
    draft = await a_draft(backend, *(a_line(description=text) for text in texts))
    ordered = await backend.perform(petra, invoices.sort_lines_by_date, draft.id)
    assert [line.description for line in ordered.lines] == [texts[3], texts[1], texts[0], texts[2]]
    ids = [line.id for line in reversed(ordered.lines)]
    turned = await backend.perform(petra, invoices.order_lines, draft.id, ids)
    assert [line.order_index for line in turned.lines] == [0, 1, 2, 3]
    assert [line.id for line in (await again(backend, draft)).lines] == ids
    with pytest.raises(Invalid, match="exactly once"):
        await backend.perform(petra, invoices.order_lines, draft.id, ids[1:])


def test_a_leading_day_is_read():
    assert leading_day("05-01-2026 Support") == date(2026, 1, 5)
    assert leading_day("Support 05-01-2026") is None
