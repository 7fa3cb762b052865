from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, templates
from scaicontrol.services.templates.models import InvoiceTemplate
from scaicontrol.services.templates.schemas import (
    TemplateFilter,
    TemplateIn,
    TemplateOut,
    TemplatePreviewIn,
    TemplatePreviewOut,
    TemplatePut,
    TemplateVerdict,
)

from .door import Tool, Whole

tool = Tool(
    "manage_templates",
    "Liquid templates. A save is a draft; a person publishes it.",
)


@tool.read("templates:read", out=list[TemplateOut])
async def list_(uow: UnitOfWork, wanted: TemplateFilter) -> list[TemplateOut]:
    """List templates without their content."""
    rows = await templates.listing(uow, **wanted.model_dump())
    nothing = dict.fromkeys(("html_content", "css_content", "editor_data"))
    return [TemplateOut.model_validate(row).model_copy(update=nothing) for row in rows]


@tool.read("templates:read", out=TemplateOut)
async def get(uow: UnitOfWork, template_id: Id) -> InvoiceTemplate:
    """Read a template as saved last."""
    return await templates.get(uow, template_id)


@tool.read("templates:read", out=TemplatePreviewOut)
async def preview(backend: Backend, actor: Actor, template: Whole[TemplatePreviewIn]) -> TemplatePreviewOut:
    """Render unsaved content; `missing`: what law asks."""
    variables = (
        await backend.ask(actor, invoices.template_variables, template.invoice_id) if template.invoice_id else None
    )
    shown = await templates.preview(backend, actor, template.model_copy(update={"output": "html"}), variables)
    return TemplatePreviewOut(html=shown.html, subject=shown.subject, missing=shown.missing)


@tool.read("templates:read", out=list[TemplateVerdict])
async def validate(backend: Backend, actor: Actor, wanted: TemplateFilter) -> list[TemplateVerdict]:
    """Name what keeps templates from going live."""
    return await templates.validate(backend, actor, **wanted.model_dump())


@tool.change("templates:manage", out=TemplateOut)
async def create(backend: Backend, actor: Actor, template: Whole[TemplateIn]) -> TemplateOut:
    """Write one, as a draft."""
    return TemplateOut.model_validate(await templates.create(backend, actor, template))


@tool.change("templates:manage", out=TemplateOut)
async def update(backend: Backend, actor: Actor, template_id: Id, template: Whole[TemplatePut]) -> TemplateOut:
    """Save the next version, as a draft."""
    return TemplateOut.model_validate(await templates.save(backend, actor, template_id, template))
