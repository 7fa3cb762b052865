"""Whose portal it is: what tenants see of the partner that sells to them, on every page and mail."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select

from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import uploads

from . import colors
from .models import Partner, PartnerConfiguration
from .queries import settings_of, with_operator

NAMELESS: Final = "ScaiControl"  # the platform's own portal, while nobody has said who operates it
_SAID: Final = ("trade_name", "legal_name", "seller_email")


@dataclass(frozen=True, slots=True)
class Brand:
    """
    A seller as its tenants see it.

    `color` is readable on light pages, `color_dark` on dark ones; both are None where the seller has none. `logo_url`
    is a picture on this very host, or None.
    """

    partner_id: str | None
    name: str
    language: str = "en"
    logo_url: str | None = None
    color: str | None = None
    color_dark: str | None = None
    email: str | None = None
    imprint_url: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None
    withdrawal_url: str | None = None
    cancellation_url: str | None = None


async def brand_of(uow: UnitOfWork, partner_id: str) -> Brand:
    """Give a partner's brand; what it has not said is left out. No permission of its own: everybody sees it."""
    partner = await uow.session.get(Partner, partner_id)
    config = await settings_of(uow, partner_id)
    said = {**config.operator, **{name: value for name in _SAID if (value := getattr(config, name))}}
    color, dark = config.brand_color, config.brand_color_dark or config.brand_color
    return Brand(
        partner_id=partner_id,
        name=said.get("trade_name") or said.get("legal_name") or (partner.name if partner else NAMELESS),
        language=config.default_language,
        logo_url=config.logo_url if uploads.named_by(config.logo_url) else None,
        color=colors.light(color) if color else None,
        color_dark=colors.dark(dark) if dark else None,
        email=said.get("seller_email") or (partner.contact_email if partner else None),
        imprint_url=config.imprint_url,
        privacy_url=config.privacy_url,
        terms_url=config.terms_url,
        withdrawal_url=f"/withdrawal?seller={partner_id}" if config.offers_withdrawal else None,
        cancellation_url=f"/cancellation?seller={partner_id}" if config.offers_cancellation else None,
    )


async def brand_at(uow: UnitOfWork, host: str) -> Brand:
    """Give the brand of a host name, before anybody has signed in: a partner's own, else the operator's."""
    found = await partner_at(uow, host) or uow.settings.operator_partner_id
    if found and await uow.session.get(Partner, found) is not None:
        return await brand_of(uow, found)
    return Brand(None, uow.settings.operator_legal_name or NAMELESS)


async def partner_at(uow: UnitOfWork, host: str) -> str | None:
    """Name the partner whose portal has this host name, without a port; None for the installation's own."""
    if not host:
        return None
    query = select(PartnerConfiguration.partner_id).where(PartnerConfiguration.portal_host == host.lower())
    found: str | None = await uow.session.scalar(query)
    return found


async def portal_url(uow: UnitOfWork, partner_id: str) -> str:
    """Give the address of a partner's portal, without a slash at its end: links in mails lead there."""
    config = with_operator(uow, await settings_of(uow, partner_id))
    return portal_address(uow.settings, config)


def portal_address(settings: Settings, config: PartnerConfiguration) -> str:
    base = settings.public_base_url.rstrip("/")
    return f"{urlsplit(base).scheme}://{config.portal_host}" if config.portal_host else base
