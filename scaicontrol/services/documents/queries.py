from sqlalchemy import select

from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, tax
from scaicontrol.services.documents.models import DocumentVersion
from scaicontrol.services.documents.schemas import InvoiceDetail
from scaicontrol.services.invoices.reads import files
from scaicontrol.services.invoices.schemas import InvoiceOut


async def versions(uow: UnitOfWork, invoice_id: str) -> list[DocumentVersion]:
    """List the stored files of a document, newest version first."""
    await invoices.get(uow, invoice_id)
    stored = (
        select(DocumentVersion)
        .where(DocumentVersion.invoice_id == invoice_id)
        .order_by(DocumentVersion.version.desc(), DocumentVersion.kind, DocumentVersion.format)
    )
    return list(await uow.session.scalars(stored))


async def detail(uow: UnitOfWork, invoice_id: str) -> InvoiceDetail:
    """Gather everything an operator asks about one document: decision, settlements, files, credit notes, facts."""
    uow.authorize("invoices:administer")
    invoice = await invoices.get(uow, invoice_id)
    facts = select(Outbox).where(Outbox.resource_id == invoice_id).order_by(Outbox.occurred_at, Outbox.id)
    shown = await invoices.shown(uow.actor, invoice)
    return InvoiceDetail.model_validate(
        {
            **{name: getattr(shown, name) for name in InvoiceOut.model_fields},
            "time_zone": (await partners.settings_of(uow, invoice.partner_id)).timezone,
            "decision": await tax.find(uow, invoice_id),
            "payments": await invoices.settlements(uow, invoice),
            "versions": await versions(uow, invoice_id),
            "renders": await files.of_document(uow, invoice_id),
            "credit_notes": await invoices.credit_notes_of(uow, [invoice_id]),
            "events": list(await uow.session.scalars(facts)),
        }
    )
