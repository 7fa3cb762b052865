from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.tenants import BuyerSnapshot

from .engine.compiler import Source
from .kinds import TemplateType
from .models import InvoiceTemplate, InvoiceTemplateVersion

PLATFORM: Final = ""


def visible(uow: UnitOfWork) -> Select[InvoiceTemplate]:
    """Every read starts here; a partner sees its own templates and the platform's, the platform all."""
    uow.authorize("templates:read")
    return select(InvoiceTemplate)


async def get(uow: UnitOfWork, template_id: str, *, lock: bool = False) -> InvoiceTemplate:
    query = visible(uow).where(InvoiceTemplate.id == template_id)
    found: InvoiceTemplate | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No template {template_id}.")
    return found


async def listing(
    uow: UnitOfWork,
    *,
    name: str | None = None,
    document_type: TemplateType | None = None,
    language: str | None = None,
) -> Sequence[InvoiceTemplate]:
    """List templates by name and type, each with its languages together; the platform's come first."""
    query = visible(uow)
    for column, value in (
        (InvoiceTemplate.name, name),
        (InvoiceTemplate.document_type, document_type),
        (InvoiceTemplate.language, language),
    ):
        if value is not None:
            query = query.where(column == value)
    order = (
        InvoiceTemplate.owner_partner_id,
        InvoiceTemplate.name,
        InvoiceTemplate.document_type,
        InvoiceTemplate.language,
        InvoiceTemplate.id,
    )
    return (await uow.session.scalars(query.order_by(*order))).all()


async def versions(uow: UnitOfWork, template_id: str) -> Sequence[InvoiceTemplateVersion]:
    """List every save of a template, newest first."""
    template = await get(uow, template_id)
    query = select(InvoiceTemplateVersion).where(InvoiceTemplateVersion.template_id == template.id)
    return (await uow.session.scalars(query.order_by(InvoiceTemplateVersion.version.desc()))).all()


async def version(uow: UnitOfWork, template: InvoiceTemplate, number: int | None = None) -> InvoiceTemplateVersion:
    """Give one save of a template, or its last."""
    wanted = number or template.version
    query = select(InvoiceTemplateVersion).where(
        InvoiceTemplateVersion.template_id == template.id, InvoiceTemplateVersion.version == wanted
    )
    found: InvoiceTemplateVersion | None = await uow.session.scalar(query)
    if found is None:
        raise NotFound(f"{template} has no version {wanted}.")
    return found


@dataclass(frozen=True, slots=True)
class TemplateSelection:
    """Which template a document or mail would have: the names its buyer and seller chose, and its language."""

    partner_id: str
    document_type: TemplateType
    language: str
    tenants_name: str | None = None
    partners_name: str | None = None

    @classmethod
    def of(
        cls, document_type: TemplateType, language: str, seller: SellerSnapshot, buyer: BuyerSnapshot
    ) -> "TemplateSelection":
        """Read it off the snapshots of a document."""
        field = document_type.names_field
        return cls(seller.get("partner_id") or "", document_type, language, buyer.get(field), seller.get(field))

    @property
    def names(self) -> list[str]:
        return [name for name in dict.fromkeys((self.tenants_name, self.partners_name)) if name]


@dataclass(frozen=True, slots=True)
class Published:
    """The version of a template that documents are made with."""

    template_id: str
    version: int
    name: str
    source: Source


async def resolve(uow: UnitOfWork, selection: TemplateSelection) -> Published | None:
    """
    Give the published template a selection leads to, None for the built-in one (contract §19.1).

    The tenant's name before the partner's, its language before any, the partner's own before the platform's. No
    permission of its own: the calling verb has authorized.
    """
    if not selection.names:
        return None
    query = select(InvoiceTemplate).where(
        InvoiceTemplate.owner_partner_id.in_((selection.partner_id, PLATFORM)),
        InvoiceTemplate.name.in_(selection.names),
        InvoiceTemplate.document_type == selection.document_type,
        InvoiceTemplate.language_key.in_((selection.language, "")),
        InvoiceTemplate.published_version.is_not(None),
    )
    found = sorted((await uow.session.scalars(query)).all(), key=lambda each: _rank(each, selection))
    return await published(uow, found[0].id, found[0].published_version) if found else None


def _rank(template: InvoiceTemplate, selection: TemplateSelection) -> tuple[int, bool, bool]:
    return selection.names.index(template.name), template.language is None, template.is_platforms


async def published(uow: UnitOfWork, template_id: str, number: int | None) -> Published | None:
    """Give the version a document was promised, also when its template is gone; None when there is none."""
    query = select(InvoiceTemplateVersion).where(
        InvoiceTemplateVersion.template_id == template_id, InvoiceTemplateVersion.version == number
    )
    found: InvoiceTemplateVersion | None = await uow.session.scalar(query)
    if found is None:
        return None
    return Published(found.template_id, found.version, found.name, found.source)
