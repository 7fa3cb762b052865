from sqlalchemy import func, select

from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.events import RenderRequested
from scaicontrol.services.invoices.models import DocumentRender, Invoice

VOID = "void"  # why a voided document is rendered again: its pages say so


# A template's id ('' for the built-in one) and version; None leaves the choice to whoever renders.
PinnedTemplate = tuple[str, int | None] | None


def request_files(
    uow: UnitOfWork, invoice: Invoice, version: int, reason: str | None = None, *, pinned: PinnedTemplate = None
) -> DocumentRender:
    """Queue the files of a version, due now; `pinned` names the template it must be made with."""
    template_id, template_version = pinned or (None, None)
    wanted = DocumentRender(
        id=new_id("rnd"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        version=version,
        template_id=template_id,
        template_version=template_version,
        requested_at=uow.now,
        requested_by=uow.actor.id,
        reason=reason,
        due_at=uow.now,
        attempts=0,
    )
    uow.session.add(wanted)
    uow.emit(
        RenderRequested(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            render_id=wanted.id,
            version=version,
            reason=reason,
        ),
        reason=reason,
    )
    return wanted


async def request_next_files(uow: UnitOfWork, invoice: Invoice, reason: str) -> DocumentRender:
    """Queue one more version; the caller holds the document locked, so that no version is taken twice."""
    last = select(func.max(DocumentRender.version)).where(DocumentRender.invoice_id == invoice.id)
    pinned = await _template_of_last_render(uow, invoice) if reason == VOID else None
    return request_files(uow, invoice, (await uow.session.scalar(last) or 0) + 1, reason, pinned=pinned)


async def _template_of_last_render(uow: UnitOfWork, invoice: Invoice) -> PinnedTemplate:
    """Give what the newest version was made with: a cancelled document looks like the one that was sent."""
    template = select(DocumentRender.template_id, DocumentRender.template_version)
    newest = template.where(DocumentRender.invoice_id == invoice.id).order_by(DocumentRender.version.desc()).limit(1)
    found = (await uow.session.execute(newest)).first()
    return (found[0], found[1]) if found and found[0] is not None else None
