from typing import Annotated

from fastapi import Query

from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, partners, tenants
from scaicontrol.services.billing import PartnerSummary
from scaicontrol.services.billing.schemas import PartnerSummaryOut
from scaicontrol.services.partners.models import Partner, PartnerConfiguration
from scaicontrol.services.partners.schemas import PartnerConfigurationOut, PartnerConfigurationPatch, PartnerOut
from scaicontrol.services.tenants.models import Tenant
from scaicontrol.services.tenants.schemas import TenantOut

from .door import One, Paged, Paging, Router

router = Router("/admin/partners", tags=["admin-partners"])


@router.get("", response_model=Paged[PartnerOut], permission="partners:list", summary="List partners")
async def list_partners(
    uow: UnitOfWork, paging: Paging, q: Annotated[str | None, Query(max_length=100)] = None
) -> Page[Partner]:
    """`q` looks into name, e-mail and id."""
    return await partners.page(uow, paging, q=q)


@router.get("/{partner_id}", response_model=One[PartnerOut], permission="partners:list", summary="Show a partner")
async def show_partner(uow: UnitOfWork, partner_id: str) -> Partner:
    uow.authorize("partners:list")
    return await partners.get(uow, partner_id)


@router.get(
    "/{partner_id}/configuration",
    response_model=One[PartnerConfigurationOut],
    permission="partners:list",
    summary="Show seller data and terms",
)
async def show_configuration(uow: UnitOfWork, partner_id: str) -> PartnerConfiguration:
    """`missing_for_finalisation` names what keeps documents of this seller from being finalised."""
    return await partners.configuration(uow, partner_id)


@router.patch(
    "/{partner_id}/configuration",
    response_model=One[PartnerConfigurationOut],
    permission="partners:configure",
    summary="Edit seller data and terms",
)
async def configure(uow: UnitOfWork, partner_id: str, body: PartnerConfigurationPatch) -> PartnerConfiguration:
    """Only the fields that are sent change; a stale `version` is a conflict."""
    return await partners.configure(uow, partner_id, body)


@router.get(
    "/{partner_id}/tenants", response_model=Paged[TenantOut], permission="partners:list", summary="List its tenants"
)
async def list_tenants(
    uow: UnitOfWork, partner_id: str, paging: Paging, q: Annotated[str | None, Query(max_length=100)] = None
) -> Page[Tenant]:
    uow.authorize("partners:list")
    await partners.get(uow, partner_id)
    return await tenants.page(uow, paging, q=q, partner_id=partner_id)


@router.get(
    "/{partner_id}/summary", response_model=One[PartnerSummaryOut], permission="partners:list", summary="Sum it up"
)
async def summary(uow: UnitOfWork, partner_id: str) -> PartnerSummary:
    """Monthly revenue, receivables and subscriptions by state, in the partner's currency."""
    return await billing.partner_summary(uow, partner_id)
