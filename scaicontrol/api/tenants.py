from typing import Annotated, Any

from fastapi import Query

from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.tenants.schemas import (
    AdminBillingProfileIn,
    BillingProfileOut,
    BillingSummaryOut,
    TenantDetailOut,
    TenantOut,
    TenantRowOut,
)

from .door import One, Paged, Paging, Router

router = Router("/admin/tenants", tags=["admin-tenants"])


@router.get("", response_model=Paged[TenantRowOut], permission="tenants:list", summary="List tenants")
async def list_tenants(
    uow: UnitOfWork, paging: Paging, q: Annotated[str | None, Query(max_length=100)] = None
) -> Page[TenantRowOut]:
    """With how far each is known as a buyer; `q` looks into name, e-mail and id."""
    page = await tenants.page(uow, paging, q=q)
    profiles = await tenants.billing_profiles(uow, [tenant.id for tenant in page.items])
    rows = [
        TenantRowOut(**dict(TenantOut.model_validate(tenant)), billing=_billing(profiles.get(tenant.id)))
        for tenant in page.items
    ]
    return page.of(rows)


def _billing(profile: BillingProfile | None) -> BillingSummaryOut | None:
    return BillingSummaryOut.model_validate(profile) if profile is not None else None


@router.get("/{tenant_id}", response_model=One[TenantDetailOut], permission="tenants:list", summary="Show a tenant")
async def show_tenant(uow: UnitOfWork, tenant_id: str) -> TenantDetailOut:
    """With its billing profile, or null."""
    uow.authorize("tenants:list")
    tenant = await tenants.get(uow, tenant_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    more: dict[str, Any] = {
        "partner_name": (await partners.names(uow, [tenant.partner_id])).get(tenant.partner_id),
        "preferred_language": tenant.preferred_language,
        "notification_opt_outs": tenant.notification_opt_outs,
        "billing_profile": BillingProfileOut.model_validate(profile) if profile is not None else None,
    }
    return TenantDetailOut(**dict(TenantOut.model_validate(tenant)), **more)


@router.put(
    "/{tenant_id}/billing-profile",
    response_model=One[BillingProfileOut],
    permission="billing_profiles:exempt",
    summary="Create or change a billing profile",
)
async def save_billing_profile(uow: UnitOfWork, tenant_id: str, body: AdminBillingProfileIn) -> BillingProfile:
    """Fields that are not sent stay; operators also exempt from VAT, with a reason."""
    uow.authorize("billing_profiles:exempt")
    return await tenants.save_billing_profile(uow, tenant_id, body)


router.post(
    "/{tenant_id}/billing-profile",
    response_model=One[BillingProfileOut],
    permission="billing_profiles:exempt",
    summary="Create or change a billing profile",
    include_in_schema=False,
)(save_billing_profile)
