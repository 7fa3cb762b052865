"""Customers."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.tenants.models import BillingProfile, Tenant
from scaicontrol.services.tenants.schemas import (
    BillingProfileOut,
    BillingSummaryOut,
    TenantDetailOut,
    TenantOut,
    TenantRowOut,
)

from .door import Paging, Tool

tool = Tool("manage_tenants", "Customers.")


@tool.read("tenants:list", out=list[TenantRowOut])
async def list_(uow: UnitOfWork, paging: Paging, q: Word | None = None) -> Page[TenantRowOut]:
    """List tenants."""
    page = await tenants.page(uow, paging.request, q=q)
    profiles = await tenants.billing_profiles(uow, [tenant.id for tenant in page.items])
    return page.of([_row(tenant, profiles.get(tenant.id)) for tenant in page.items])


def _row(tenant: Tenant, profile: BillingProfile | None) -> TenantRowOut:
    billing = BillingSummaryOut.model_validate(profile) if profile is not None else None
    return TenantRowOut(**dict(TenantOut.model_validate(tenant)), billing=billing)


@tool.read("tenants:list", out=TenantDetailOut)
async def get(uow: UnitOfWork, tenant_id: Id) -> TenantDetailOut:
    """Read a tenant with its billing profile."""
    tenant = await tenants.get(uow, tenant_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    return TenantDetailOut(
        **dict(TenantOut.model_validate(tenant)),
        partner_name=(await partners.names(uow, [tenant.partner_id])).get(tenant.partner_id),
        preferred_language=tenant.preferred_language,
        notification_opt_outs=tenant.notification_opt_outs,
        billing_profile=BillingProfileOut.model_validate(profile) if profile is not None else None,
    )
