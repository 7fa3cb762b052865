"""Who a tenant is as a buyer."""

from scaicontrol.core.ids import Id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn, BillingProfileOut

from .door import Tool, Whole
from .one_tenant import named_tenant

tool = Tool(
    "manage_billing_profiles",
    "Buyers as documents name them.",
)


@tool.read("billing_profiles:read", out=BillingProfileOut | None)
async def get(uow: UnitOfWork, tenant_id: Id | None = None) -> BillingProfile | None:
    """Read the profile, or null before the first."""
    tenant = await tenants.get(uow, named_tenant(uow, tenant_id))
    return await tenants.billing_profile(uow, tenant.id)


@tool.change("billing_profiles:update", out=BillingProfileOut, destructive=True)
async def upsert(uow: UnitOfWork, profile: Whole[AdminBillingProfileIn], tenant_id: Id | None = None) -> BillingProfile:
    """Change it; what is not sent stays."""
    return await tenants.save_billing_profile(uow, named_tenant(uow, tenant_id), profile)
