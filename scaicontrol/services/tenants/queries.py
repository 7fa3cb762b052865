from collections.abc import Iterable, Mapping

from sqlalchemy import Select, func, or_, select

from scaicontrol.core.errors import NotFound, Reason, Refused
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.refusals import RefusalCode
from scaicontrol.core.work import UnitOfWork

from .models import BillingProfile, Tenant

SORTABLE = {"created_at": Tenant.created_at, "name": Tenant.name, "status": Tenant.status}


def visible(uow: UnitOfWork) -> Select[Tenant]:
    """Every read starts here; the session shows operators all tenants, a partner its own, a tenant itself."""
    uow.authorize("tenants:read")
    return select(Tenant).where(Tenant.deleted_at.is_(None))


async def get(uow: UnitOfWork, tenant_id: str, *, lock: bool = False) -> Tenant:
    query = visible(uow).where(Tenant.id == tenant_id)
    tenant: Tenant | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if tenant is None:
        raise NotFound(f"No tenant {tenant_id}.")
    return tenant


async def page(
    uow: UnitOfWork, request: PageRequest, *, q: str | None = None, partner_id: str | None = None
) -> Page[Tenant]:
    """List tenants; `q` looks into name, e-mail and id, also those of the billing profile."""
    uow.authorize("tenants:list")
    query = visible(uow)
    if partner_id is not None:
        query = query.where(Tenant.partner_id == partner_id)
    if q:
        billed = select(BillingProfile.tenant_id).where(
            or_(
                BillingProfile.company_name.icontains(q, autoescape=True),
                BillingProfile.contact_email.icontains(q, autoescape=True),
            )
        )
        query = query.where(
            or_(
                Tenant.name.icontains(q, autoescape=True),
                Tenant.contact_email.icontains(q, autoescape=True),
                Tenant.id == q,
                Tenant.id.in_(billed),
            )
        )
    return await paginate(uow, query, request, SORTABLE)


async def billing_profile(uow: UnitOfWork, tenant_id: str, *, lock: bool = False) -> BillingProfile | None:
    """Give a tenant's billing profile, or None before the first one."""
    uow.authorize("billing_profiles:read")
    query = select(BillingProfile).where(BillingProfile.tenant_id == tenant_id)
    found: BillingProfile | None = await uow.session.scalar(query.with_for_update() if lock else query)
    return found


async def billing_profiles(uow: UnitOfWork, tenant_ids: Iterable[str]) -> Mapping[str, BillingProfile]:
    """Give the profiles of many tenants at once, by tenant."""
    uow.authorize("billing_profiles:read")
    wanted = set(tenant_ids)
    if not wanted:
        return {}
    rows = await uow.session.scalars(select(BillingProfile).where(BillingProfile.tenant_id.in_(wanted)))
    return {profile.tenant_id: profile for profile in rows}


async def require_billing_profile(uow: UnitOfWork, tenant_id: str) -> BillingProfile:
    """
    Give the profile that every commercial act needs, or refuse and name what is missing.

    No permission of its own: the calling verb has authorized.
    """
    profile: BillingProfile | None = await uow.session.scalar(
        select(BillingProfile).where(BillingProfile.tenant_id == tenant_id)
    )
    if profile is None:
        raise Refused(
            f"Tenant {tenant_id} has no billing profile; save one before anything is bought.",
            reasons=[Reason(RefusalCode.billing_profile_missing, "The billing profile is missing.")],
        )
    if missing := profile.missing_for_finalisation:
        raise Refused(
            f"The billing profile of tenant {tenant_id} lacks {', '.join(missing)}.",
            reasons=[
                Reason(RefusalCode.billing_profile_incomplete, f"The {name} is missing.", name) for name in missing
            ],
        )
    return profile


async def names(uow: UnitOfWork, tenant_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the names of tenants by id: for rows that refer to them. The caller was authorized for those rows."""
    wanted = set(tenant_ids)
    if not wanted:
        return {}
    rows = await uow.session.execute(select(Tenant.id, Tenant.name).where(Tenant.id.in_(wanted)))
    return {tenant_id: name for tenant_id, name in rows}  # noqa: C416  # rows are not pairs to the type checker


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the names of tenants that hold these words anywhere, by id, in the order of names."""
    query = visible(uow).with_only_columns(Tenant.id, Tenant.name).where(Tenant.name.icontains(words, autoescape=True))
    rows = await uow.session.execute(query.order_by(Tenant.name, Tenant.id).limit(limit))
    return {tenant_id: name for tenant_id, name in rows}  # noqa: C416  # rows are not pairs to the type checker


async def naming_template(uow: UnitOfWork, field: str, name: str, partner_id: str | None) -> int:
    """Count the billing profiles that name a template, of one partner or all. The caller was authorized for it."""
    query = select(func.count(BillingProfile.tenant_id)).where(getattr(BillingProfile, field) == name)
    if partner_id is not None:
        query = query.where(BillingProfile.partner_id == partner_id)
    return await uow.session.scalar(query) or 0
