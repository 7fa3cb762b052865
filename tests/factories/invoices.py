"""Invoices in every state, made through the product's own verbs."""

from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import documents, invoices
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.invoices.lifecycle import Channel
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import DraftIn, DraftLineIn

from . import ACME, petra

RENDERER = Actor.system("document_render")


def a_line(amount_cents: int = 1900, **fields: Any) -> DraftLineIn:
    """One position of Acme's Pro plan, priced at its amount unless told otherwise."""
    return DraftLineIn(**{"description": "Pro plan", "unit_price_cents": amount_cents, **fields})


async def a_draft(backend: Backend, *lines: DraftLineIn, by: Actor = petra, **fields: Any) -> Invoice:
    """A draft for Acme, over 19.00 EUR net unless lines are given."""
    data = DraftIn(**{"tenant_id": ACME, "currency": "EUR", **fields, "lines": list(lines) or [a_line()]})
    return await backend.perform(by, invoices.draft, data)


async def finalized(backend: Backend, *lines: DraftLineIn, by: Actor = petra, **fields: Any) -> Invoice:
    draft = await a_draft(backend, *lines, by=by, **fields)
    return await invoices.finalize(backend, by, draft.id)


async def rendered(backend: Backend, *lines: DraftLineIn, **fields: Any) -> Invoice:
    """Finalized, with its files stored."""
    invoice = await finalized(backend, *lines, **fields)
    while await documents.render_due(backend, RENDERER):
        pass
    return await backend.ask(petra, invoices.get, invoice.id)


async def sent(backend: Backend, *lines: DraftLineIn, **fields: Any) -> Invoice:
    """Finalized and shown in the portal."""
    invoice = await finalized(backend, *lines, **fields)
    await backend.perform(petra, documents.send, invoice.id, SendIn(channel=Channel.portal))
    return await backend.ask(petra, invoices.get, invoice.id)


async def again(backend: Backend, invoice: Invoice, *, by: Actor = petra) -> Invoice:
    """The same document as it is stored now."""
    return await backend.ask(by, invoices.get, invoice.id)
