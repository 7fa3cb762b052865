from typing import Final

from scaicontrol.core import postal_addresses
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.postal_addresses import AddressFormat
from scaicontrol.core.schemas import Country
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, tax, tenants
from scaicontrol.services.billing.schemas import VatStandingOut
from scaicontrol.services.partners import identifiers
from scaicontrol.services.tax.schemas import VatNumberIn, VatNumberOut
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.tenants.schemas import AddressFormatOut, BillingProfileIn, BillingProfileOut

from .door import One, Router
from .envelopes import ErrorOut
from .rate_limits import RateLimit

_CHECKS: Final = RateLimit(10, said="Ten VAT numbers a minute are checked for each tenant; wait, then check again.")

router = Router("/billing/billing-profile", tags=["billing"])


@router.get(
    "",
    response_model=One[BillingProfileOut | None],
    permission="billing_profiles:read",
    summary="Own billing profile, or null",
)
async def show_profile(uow: UnitOfWork) -> BillingProfile | None:
    return await tenants.billing_profile(uow, own_tenant(uow))


@router.put(
    "",
    response_model=One[BillingProfileOut],
    permission="billing_profiles:update",
    summary="Create or change the own billing profile",
)
async def save_profile(uow: UnitOfWork, body: BillingProfileIn) -> BillingProfile:
    """Fields that are not sent stay. Changing `tax_exempt` is forbidden here; an operator does it."""
    return await tenants.save_billing_profile(uow, own_tenant(uow), body)


router.post(
    "",
    response_model=One[BillingProfileOut],
    permission="billing_profiles:update",
    summary="Create or change the own billing profile",
    include_in_schema=False,
)(save_profile)


@router.get(
    "/vat",
    response_model=One[VatStandingOut],
    permission="billing_profiles:read",
    summary="Which VAT our invoices carry, and why",
)
async def vat(uow: UnitOfWork) -> VatStandingOut:
    """With what VIES last said about the number that is saved."""
    return await billing.vat_standing(uow, own_tenant(uow))


@router.post(
    "/check-vat-number",
    response_model=One[VatNumberOut],
    permission="billing_profiles:update",
    summary="Check a VAT number before it is saved",
    responses={429: {"model": ErrorOut, "description": "Ten numbers a minute are checked for each tenant; wait."}},
)
async def check_vat_number(backend: Backend, actor: Actor, body: VatNumberIn) -> VatNumberOut:
    """Its form, its country, and what VIES says now, ten times a minute for each tenant; nothing is stored."""
    if actor.tenant_id is not None:  # the verb refuses who has none, and asks nobody
        _CHECKS.check(actor.tenant_id)
    return await tax.check_number(backend, actor, body)


formats = Router("/billing/address-formats", tags=["billing"])


@formats.get(
    "/{country_code}",
    response_model=One[AddressFormatOut],
    permission="billing_profiles:read",
    summary="How addresses of a country are written",
)
async def address_format(uow: UnitOfWork, country_code: Country) -> AddressFormat:
    """What a form asks for in this country, and how its postcodes look."""
    return postal_addresses.format_of(identifiers.country_code(country_code))


def own_tenant(uow: UnitOfWork) -> str:
    """Give the tenant the caller works in; operators and partners have none of their own."""
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return uow.actor.tenant_id
