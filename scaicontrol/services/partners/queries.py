from collections.abc import Iterable, Mapping

from sqlalchemy import Select, func, or_, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .models import Partner, PartnerConfiguration
from .sellers import operator_identity

SORTABLE = {"created_at": Partner.created_at, "name": Partner.name, "status": Partner.status}


def visible(uow: UnitOfWork) -> Select[Partner]:
    """Every read starts here: operators see all partners, a partner and its tenants see it."""
    uow.authorize("partners:read")
    return select(Partner).where(Partner.deleted_at.is_(None))


async def get(uow: UnitOfWork, partner_id: str) -> Partner:
    partner: Partner | None = await uow.session.scalar(visible(uow).where(Partner.id == partner_id))
    if partner is None:
        raise NotFound(f"No partner {partner_id}.")
    return partner


async def page(uow: UnitOfWork, request: PageRequest, *, q: str | None = None) -> Page[Partner]:
    """List partners; `q` looks into name, e-mail and id."""
    uow.authorize("partners:list")
    query = visible(uow)
    if q:
        query = query.where(
            or_(
                Partner.name.icontains(q, autoescape=True),
                Partner.contact_email.icontains(q, autoescape=True),
                Partner.id == q,
            )
        )
    return await paginate(uow, query, request, SORTABLE)


async def configuration(uow: UnitOfWork, partner_id: str) -> PartnerConfiguration:
    """Show a partner's seller data and terms to whoever administers it."""
    uow.authorize("partners:list")
    await get(uow, partner_id)
    return await settings_of(uow, partner_id)


async def settings_of(uow: UnitOfWork, partner_id: str) -> PartnerConfiguration:
    """
    Give a partner's terms; one that never edited them has the contract's defaults.

    No permission of its own: the calling verb has authorized. The row is read once per unit of work.
    """
    config = await uow.session.get(PartnerConfiguration, partner_id)
    return with_operator(uow, config or PartnerConfiguration(partner_id=partner_id))


def with_operator(uow: UnitOfWork, config: PartnerConfiguration) -> PartnerConfiguration:
    """Let the OPERATOR_* settings answer where the platform's own partner is silent."""
    if config.partner_id == uow.settings.operator_partner_id:
        config.operator = operator_identity(uow.settings)
    return config


async def names(uow: UnitOfWork, partner_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the names of partners by id: for rows that refer to them. The caller was authorized for those rows."""
    wanted = set(partner_ids)
    if not wanted:
        return {}
    rows = await uow.session.execute(select(Partner.id, Partner.name).where(Partner.id.in_(wanted)))
    return {partner_id: name for partner_id, name in rows}  # noqa: C416  # rows are not pairs to the type checker


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the names of partners that hold these words anywhere, by id, in the order of names."""
    holds = Partner.name.icontains(words, autoescape=True)
    query = visible(uow).with_only_columns(Partner.id, Partner.name).where(holds)
    rows = await uow.session.execute(query.order_by(Partner.name, Partner.id).limit(limit))
    return {partner_id: name for partner_id, name in rows}  # noqa: C416  # rows are not pairs to the type checker


async def naming_template(uow: UnitOfWork, field: str, name: str, partner_id: str | None) -> int:
    """Count the sellers that name a template, all of them or one. The caller was authorized for the template."""
    query = select(func.count(PartnerConfiguration.partner_id)).where(getattr(PartnerConfiguration, field) == name)
    if partner_id is not None:
        query = query.where(PartnerConfiguration.partner_id == partner_id)
    return await uow.session.scalar(query) or 0
