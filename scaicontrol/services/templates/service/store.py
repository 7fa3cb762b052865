"""Saving, publishing, copying and removing templates. What is saved was checked before, outside the transaction."""

from hashlib import sha256
from typing import Any, Final, TypeVar

from sqlalchemy import select

from scaicontrol.core import canonical_json
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants

from .. import queries
from ..engine import jinja_import, rendering
from ..engine.compiler import Source
from ..engine.designer import is_designed
from ..events import TemplateDeleted, TemplatePublished, TemplateSaved
from ..kinds import TemplateType
from ..models import InvoiceTemplate, InvoiceTemplateVersion
from ..schemas import DuplicateIn, TemplateContent, TemplateIn, TemplatePut
from .check import require_publishable, require_sound

Written = TypeVar("Written", bound=TemplateContent)
_LIVE: Final = "live"
CONTENT: Final = ("subject", "html_content", "css_content", "editor_data")


@verb
async def create(backend: Backend, actor: Actor, data: TemplateIn) -> InvoiceTemplate:
    """
    Write a template, as a draft; Invalid names every line that is refused.

    Raises Conflict for a name that is taken, and Invalid for an owner that is not the caller's.
    """
    actor.require("templates:manage")
    data = await in_liquid(data)
    owner = owner_for(actor, data.owner_partner_id)
    await require_sound(backend, owner, source_of(data.document_type, data), data.language)
    return await backend.perform(actor, add, data)


@verb
async def save(backend: Backend, actor: Actor, template_id: str, data: TemplatePut) -> InvoiceTemplate:
    """
    Write the next version, as a draft; what is live stays live until `publish`.

    Raises NotFound, Forbidden for the platform's own, Conflict for a stale `version`, Invalid for lines that are
    refused and for what stays as long as the template.
    """
    actor.require("templates:manage")
    data = await in_liquid(data)
    template = await backend.ask(actor, queries.get, template_id)
    source = source_of(template.document_type, data)
    await require_sound(backend, template.owner_partner_id, source, template.language)
    return await backend.perform(actor, write, template_id, data)


@verb
async def publish(backend: Backend, actor: Actor, template_id: str, version: int | None = None) -> InvoiceTemplate:
    """
    Make a version live, the last by default: documents are made with it from now on.

    Raises NotFound, Forbidden for the platform's own, Invalid with every line that lacks what the law asks for.
    """
    actor.require("templates:manage")

    async def read(uow: UnitOfWork) -> InvoiceTemplateVersion:
        return await queries.version(uow, await own(uow, template_id, "publish", lock=False), version)

    async def put(uow: UnitOfWork) -> InvoiceTemplate:
        template = await put_live(uow, template_id, wanted.version)
        await backend.keep(uow, _LIVE, value=True)
        return template

    if backend.reached(_LIVE):
        return await backend.ask(actor, queries.get, template_id)
    wanted = await backend.ask(actor, read)
    await require_publishable(backend, wanted.owner_partner_id, wanted.source, wanted.language)
    return await backend.perform(actor, put)


async def in_liquid(data: Written) -> Written:
    """Translate Jinja that is hidden in comments; other content stays as it is."""
    if not jinja_import.may_be_jinja(data.html_content):
        return data
    return data.model_copy(update={"html_content": await rendering.translated(rendering.Jinja(data.html_content))})


def source_of(document_type: TemplateType, data: TemplateContent) -> Source:
    return Source(
        TemplateType(document_type),
        data.html_content,
        data.css_content,
        data.subject or "",
        is_designed=is_designed(data.editor_data),
    )


async def add(uow: UnitOfWork, data: TemplateIn) -> InvoiceTemplate:
    """Store a checked template as its first version."""
    uow.authorize("templates:manage")
    owner = await _owner(uow, data.owner_partner_id)
    await _require_free(uow, owner, data.name, data.document_type, data.language)
    template = InvoiceTemplate(
        id=new_id("tpl"),
        owner_partner_id=owner,
        name=data.name,
        document_type=data.document_type,
        language=data.language,
        version=0,
        html_content="",
        css_content="",
    )
    uow.session.add(template)
    return await _next_version(uow, template, {name: getattr(data, name) for name in CONTENT})


async def write(uow: UnitOfWork, template_id: str, data: TemplatePut) -> InvoiceTemplate:
    """Store checked content as the next version; Conflict when somebody saved meanwhile."""
    uow.authorize("templates:manage")
    template = await own(uow, template_id, "save")
    if data.version != template.version:
        raise Conflict(f"{template} was saved meanwhile: it is at version {template.version}, not {data.version}.")
    for name in ("name", "document_type", "language"):
        if name in data.model_fields_set and getattr(data, name) not in (None, getattr(template, name)):
            raise invalid(name, f"The {name.replace('_', ' ')} of a template stays; duplicate it to change that.")
    return await _next_version(uow, template, {name: getattr(data, name) for name in CONTENT})


async def put_live(uow: UnitOfWork, template_id: str, version: int) -> InvoiceTemplate:
    """Let documents be made with a version that was checked."""
    uow.authorize("templates:manage")
    template = await own(uow, template_id, "publish")
    row = await queries.version(uow, template, version)
    before = template.published_version
    template.published_version, template.published_at = row.version, uow.now
    row.published_at, row.published_by = uow.now, uow.actor.id
    uow.emit(
        TemplatePublished(**_event_fields(template) | {"version": row.version}, replaces=before, published_at=uow.now),
        before={"published_version": before},
        after={"published_version": row.version},
    )
    await uow.session.flush()
    return template


@verb
async def duplicate(uow: UnitOfWork, template_id: str, data: DuplicateIn | None = None) -> InvoiceTemplate:
    """
    Copy a template, also one of the platform's, into a draft of one's own under another name or language.

    Raises NotFound, Conflict for a name that is taken, Invalid for an owner that is not the caller's.
    """
    uow.authorize("templates:manage")
    original = await queries.get(uow, template_id)
    data = data or DuplicateIn()
    owner = await _owner(uow, original.owner_partner_id or None)
    language = data.language or original.language
    is_same = (owner, language) == (original.owner_partner_id, original.language)
    copied = {name: getattr(original, name) for name in CONTENT} | {
        "name": data.name or (f"{original.name[:115]} copy" if is_same else original.name),
        "document_type": original.document_type,
        "language": language,
        "owner_partner_id": owner or None,
    }
    return await add(uow, TemplateIn.model_validate(copied))


@verb
async def delete(uow: UnitOfWork, template_id: str) -> None:
    """
    Remove a template; its versions stay for the documents made with them. Conflict while somebody relies on it.

    Raises NotFound, and Forbidden for the platform's own.
    """
    uow.authorize("templates:manage")
    template = await own(uow, template_id, "delete")
    if template.published_version is not None and not await _has_fallback(uow, template):
        await _require_unnamed(uow, template)
    await uow.session.delete(template)
    uow.emit(TemplateDeleted(**_event_fields(template)), before={"published_version": template.published_version})


async def _has_fallback(uow: UnitOfWork, template: InvoiceTemplate) -> bool:
    """Tell whether another live template of the name would take over: for any language, or the platform's."""
    keys = {"", template.language or ""} if template.is_platforms or template.language else {""}
    query = select(InvoiceTemplate.id).where(
        InvoiceTemplate.owner_partner_id.in_({template.owner_partner_id, queries.PLATFORM}),
        InvoiceTemplate.name == template.name,
        InvoiceTemplate.document_type == template.document_type,
        InvoiceTemplate.language_key.in_(keys),
        InvoiceTemplate.published_version.is_not(None),
        InvoiceTemplate.id != template.id,
    )
    return await uow.session.scalar(query.limit(1)) is not None


async def _require_unnamed(uow: UnitOfWork, template: InvoiceTemplate) -> None:
    field = TemplateType(template.document_type).names_field
    owner = template.owner_partner_id or None
    profiles = await tenants.naming_template(uow, field, template.name, owner)
    sellers = await partners.naming_template(uow, field, template.name, owner)
    if profiles or sellers:
        said = [f"{count} {what}" for count, what in ((profiles, "billing profiles"), (sellers, "sellers")) if count]
        raise Conflict(
            f"Cannot delete {template}: {' and '.join(said)} name it, and nothing live of that name would take over."
        )


async def own(uow: UnitOfWork, template_id: str, verb: str, *, lock: bool = True) -> InvoiceTemplate:
    """Fetch a template to change it; the platform's can be copied by a partner and not changed."""
    template = await queries.get(uow, template_id, lock=lock)
    if not uow.actor.is_platform and template.is_platforms:
        raise Forbidden(f"Cannot {verb} {template}: it is the platform's; duplicate it and change the copy.")
    return template


def owner_for(actor: Actor, wished: str | None) -> str:
    """Say whose pictures a new template may show; whether it may be theirs is decided when it is stored."""
    return (wished or queries.PLATFORM) if actor.is_platform else actor.partner_id or queries.PLATFORM


async def _owner(uow: UnitOfWork, wished: str | None) -> str:
    if uow.actor.is_platform:
        return (await partners.get(uow, wished)).id if wished else queries.PLATFORM
    mine = uow.actor.partner_id or ""
    if wished not in (None, mine):
        raise invalid("owner_partner_id", "A template belongs to your own partner; leave owner_partner_id out.")
    return mine


async def _require_free(
    uow: UnitOfWork, owner: str, name: str, document_type: TemplateType, language: str | None
) -> None:
    taken = select(InvoiceTemplate).where(
        InvoiceTemplate.owner_partner_id == owner,
        InvoiceTemplate.name == name,
        InvoiceTemplate.document_type == document_type,
        InvoiceTemplate.language_key == (language or ""),
    )
    if found := await uow.session.scalar(taken):
        raise Conflict(f"There is a {found} already; save a new version of it, or choose another name.")


async def _next_version(uow: UnitOfWork, template: InvoiceTemplate, content: dict[str, Any]) -> InvoiceTemplate:
    before = {"version": template.version} if template.version else None
    for name, value in content.items():
        setattr(template, name, value)
    template.version += 1
    digest = digest_of(content)
    uow.session.add(
        InvoiceTemplateVersion(
            id=new_id("tpv"),
            template_id=template.id,
            owner_partner_id=template.owner_partner_id,
            version=template.version,
            name=template.name,
            document_type=template.document_type,
            language=template.language,
            sha256=digest,
            created_by=uow.actor.id,
            **content,
        )
    )
    uow.emit(
        TemplateSaved(**_event_fields(template), sha256=digest), before=before, after={"version": template.version}
    )
    await uow.session.flush()
    return template


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of what a template says, whoever saved it and when."""
    said = {name: content.get(name) for name in ("subject", "html_content", "css_content")}
    return sha256(canonical_json.dumps(said)).hexdigest()


def _event_fields(template: InvoiceTemplate) -> dict[str, Any]:
    return {
        "template_id": template.id,
        "owner_partner_id": template.owner_partner_id,
        "name": template.name,
        "document_type": str(template.document_type),
        "language": template.language,
        "version": template.version,
    }
