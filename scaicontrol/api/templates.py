from itertools import groupby
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import Language
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, templates
from scaicontrol.services.templates import Preview, TemplateType
from scaicontrol.services.templates.models import InvoiceTemplate, InvoiceTemplateVersion
from scaicontrol.services.templates.schemas import (
    DuplicateIn,
    PublishIn,
    TemplateGroup,
    TemplateIn,
    TemplateOut,
    TemplatePreviewIn,
    TemplatePreviewOut,
    TemplatePut,
    VariableOut,
    VersionOut,
)

from .bodies import LARGE_JSON_MAX
from .door import Many, One, Router
from .envelopes import DeletedOut

router = Router("/admin/billing/templates", tags=["admin-billing"])

_CONTENT = {"html_content", "css_content", "editor_data"}


@router.get("", response_model=Many[TemplateGroup], permission="templates:read", summary="List templates")
async def list_templates(
    uow: UnitOfWork,
    name: Annotated[str | None, Query(max_length=120)] = None,
    document_type: TemplateType | None = None,
    language: Language | None = None,
    include: Annotated[Literal["content"] | None, Query(description="`content`: what they say, too.")] = None,
) -> list[TemplateGroup]:
    """Grouped by name and type, each with its languages; the platform's, which everybody may use, come first."""
    rows = await templates.listing(uow, name=name, document_type=document_type, language=language)
    return [
        TemplateGroup(
            owner_partner_id=owner,
            name=called,
            document_type=kind,
            languages=[_shown(row, content=include == "content") for row in variants],
        )
        for (owner, called, kind), variants in groupby(
            rows, key=lambda row: (row.owner_partner_id, row.name, row.document_type)
        )
    ]


@router.get(
    "/variables", response_model=Many[VariableOut], permission="templates:read", summary="List the variables of a type"
)
async def template_variables(uow: UnitOfWork, document_type: TemplateType = TemplateType.invoice) -> list[VariableOut]:
    """As a tree, with a sample of each and the Liquid that prints it."""
    uow.authorize("templates:read")
    return templates.variables(document_type)


@router.post(
    "/preview",
    response_model=One[TemplatePreviewOut],
    body_max=LARGE_JSON_MAX,
    permission="templates:read",
    summary="Render unsaved content",
    responses={200: {"content": {"application/pdf": {}}}},
)
async def preview_template(backend: Backend, actor: Actor, body: TemplatePreviewIn) -> TemplatePreviewOut | Response:
    """
    With a sample, or with a document of yours (`invoice_id`). `output=pdf` answers with the file.

    What is refused is named with its line; `missing` lists what a legal document would still have to show.
    """
    variables = await backend.ask(actor, invoices.template_variables, body.invoice_id) if body.invoice_id else None
    shown: Preview = await templates.preview(backend, actor, body, variables)
    if shown.pdf is not None:
        return Response(shown.pdf, media_type="application/pdf")
    return TemplatePreviewOut(html=shown.html, subject=shown.subject, missing=shown.missing)


@router.post(
    "",
    response_model=One[TemplateOut],
    status_code=201,
    body_max=LARGE_JSON_MAX,
    permission="templates:manage",
    summary="Create a template",
)
async def create_template(backend: Backend, actor: Actor, body: TemplateIn) -> TemplateOut:
    """It is a draft: nothing is made with it until it is published. What is not allowed is refused with its line."""
    return _shown(await templates.create(backend, actor, body))


@router.get("/{template_id}", response_model=One[TemplateOut], permission="templates:read", summary="Read a template")
async def read_template(uow: UnitOfWork, template_id: str) -> TemplateOut:
    return _shown(await templates.get(uow, template_id))


@router.put(
    "/{template_id}",
    response_model=One[TemplateOut],
    body_max=LARGE_JSON_MAX,
    permission="templates:manage",
    summary="Save a template",
)
async def save_template(backend: Backend, actor: Actor, template_id: str, body: TemplatePut) -> TemplateOut:
    """Writes the next version, as a draft; what is live stays live. A stale `version` is 409."""
    return _shown(await templates.save(backend, actor, template_id, body))


@router.delete(
    "/{template_id}", response_model=One[DeletedOut], permission="templates:manage", summary="Delete a template"
)
async def delete_template(uow: UnitOfWork, template_id: str) -> DeletedOut:
    """409 while a billing profile or a seller names it and nothing live of that name would take over."""
    await templates.delete(uow, template_id)
    return DeletedOut()


@router.post(
    "/{template_id}/duplicate",
    response_model=One[TemplateOut],
    status_code=201,
    permission="templates:manage",
    summary="Copy a template",
)
async def duplicate_template(uow: UnitOfWork, template_id: str, body: DuplicateIn) -> TemplateOut:
    """Into a draft of your own, under another name or language; also one of the platform's."""
    return _shown(await templates.duplicate(uow, template_id, body))


@router.post(
    "/{template_id}/publish",
    response_model=One[TemplateOut],
    permission="templates:manage",
    keyed=True,
    summary="Make a version live",
)
async def publish_template(backend: Backend, actor: Actor, template_id: str, body: PublishIn) -> TemplateOut:
    """Documents are made with it from now on. A legal document must show everything the law asks for."""
    return _shown(await templates.publish(backend, actor, template_id, body.version))


@router.get(
    "/{template_id}/versions",
    response_model=Many[VersionOut],
    permission="templates:read",
    summary="List every save of a template",
)
async def list_template_versions(uow: UnitOfWork, template_id: str) -> list[InvoiceTemplateVersion]:
    return list(await templates.versions(uow, template_id))


def _shown(template: InvoiceTemplate, *, content: bool = True) -> TemplateOut:
    shown = TemplateOut.model_validate(template)
    return shown if content else shown.model_copy(update=dict.fromkeys(_CONTENT))
