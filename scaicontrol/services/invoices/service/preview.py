"""A template tried on a real document."""

from typing import Any

from scaicontrol.core.errors import Refused
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..document_source import source_of
from ..page_rendering import shown_to_templates
from ..schemas import FinalizeIn
from .gate import prepare


async def template_variables(uow: UnitOfWork, invoice_id: str) -> dict[str, Any]:
    """Give what a template would see of a document: as it is sealed, or as a draft would be finalized now."""
    uow.authorize("invoices:administer")
    invoice = await queries.get(uow, invoice_id)
    if invoice.is_sealed:
        return await shown_to_templates(await source_of(uow, invoice))
    candidate = await prepare(uow, invoice, FinalizeIn())
    if candidate.source is None:
        first = candidate.reasons[0].message if candidate.reasons else "it has no lines."
        raise Refused(f"Cannot show {invoice}: {first}", reasons=candidate.reasons)
    return await shown_to_templates(candidate.source)
