from typing import Any

from pydantic import ConfigDict, Field

from scaicontrol.core.i18n import Language
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Out
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, identity, partners, tenants
from scaicontrol.services.identity.models import PortalView
from scaicontrol.services.identity.schemas import PortalViewOut, UserOut
from scaicontrol.services.partners.schemas import PartnerPublicOut
from scaicontrol.services.tenants.models import Tenant
from scaicontrol.services.tenants.schemas import PreferencesPatch

from .billing_profiles import own_tenant
from .door import One, Paged, Paging, Router

router = Router("/organization", tags=["organization"])


class OrganizationOut(Out):
    """One's own tenant, the partner that sells to it, and how it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant_id": "tnt_acme",
                    "name": "Acme Bakeries B.V.",
                    "status": "active",
                    "contact_email": "administratie@acme.example",
                    "people_url": "https://key.example.com/people",
                    "preferred_language": "nl",
                    "notification_opt_outs": [],
                    "standing": "good",
                    "partner": {
                        "partner_id": "prt_northwind",
                        "name": "Northwind Cloud GmbH",
                        "legal_name": "Northwind Cloud GmbH",
                        "email": "buchhaltung@northwind.example",
                        "logo_url": None,
                        "brand_color": "#0b6e4f",
                    },
                }
            ]
        }
    )

    tenant_id: str
    name: str
    status: str
    contact_email: str | None
    people_url: str | None = Field(description="Where people are invited: the directory's own page.")
    preferred_language: Language | None
    notification_opt_outs: list[str]
    standing: str
    partner: PartnerPublicOut


@router.get("", response_model=One[OrganizationOut], permission="tenants:read", summary="Own tenant and its standing")
async def show(uow: UnitOfWork) -> OrganizationOut:
    return await _organization(uow, await tenants.get(uow, own_tenant(uow)))


@router.patch("", response_model=One[OrganizationOut], permission="tenants:update", summary="Change preferences")
async def update(uow: UnitOfWork, body: PreferencesPatch) -> OrganizationOut:
    """The language of the portal and what one does not want to be told."""
    return await _organization(uow, await tenants.update_preferences(uow, own_tenant(uow), body))


@router.get("/users", response_model=Paged[UserOut], permission="users:read", summary="Own users with roles")
async def users(uow: UnitOfWork, paging: Paging) -> Page[UserOut]:
    page = await identity.page_users(uow, paging, tenant_id=own_tenant(uow))
    return page.of(await identity.shown_users(uow, page.items))


@router.get(
    "/portal-views",
    response_model=Paged[PortalViewOut],
    permission="portal_views:read",
    summary="Operators who looked at one's portal",
)
async def portal_views(uow: UnitOfWork, paging: Paging) -> Page[PortalView]:
    """Who, why, and until when; they could change nothing."""
    own_tenant(uow)
    return await identity.page_portal_views(uow, paging)


@router.get(
    "/partner", response_model=One[PartnerPublicOut], permission="partners:read", summary="Who sells to us, and contact"
)
async def partner(uow: UnitOfWork) -> PartnerPublicOut:
    tenant = await tenants.get(uow, own_tenant(uow))
    return await _partner(uow, tenant.partner_id)


async def _organization(uow: UnitOfWork, tenant: Tenant) -> OrganizationOut:
    fields: dict[str, Any] = {
        name: getattr(tenant, name)
        for name in ("name", "status", "contact_email", "preferred_language", "notification_opt_outs")
    }
    return OrganizationOut(
        tenant_id=tenant.id,
        **fields,
        people_url=uow.settings.scaikey_people_url or None,
        standing=await billing.standing_of(uow, tenant.id),
        partner=await _partner(uow, tenant.partner_id),
    )


async def _partner(uow: UnitOfWork, partner_id: str) -> PartnerPublicOut:
    known = await partners.get(uow, partner_id)
    seller = partners.seller_snapshot(await partners.settings_of(uow, partner_id))
    return PartnerPublicOut(
        partner_id=known.id,
        name=known.name,
        legal_name=seller["legal_name"],
        email=seller["seller_email"] or known.contact_email,
        logo_url=seller["logo_url"],
        brand_color=seller["brand_color"],
    )
