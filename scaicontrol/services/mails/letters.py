"""What every letter says of its seller, and which pictures it may show."""

from typing import Final

from scaicontrol.core.i18n import say
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, uploads
from scaicontrol.services.notifications import MailSender
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.templates import Letterhead, Published
from scaicontrol.services.uploads import Pictures

_LEGAL: Final = ("imprint", "privacy", "terms")


def linked(uow: UnitOfWork, template: Published | None, seller: SellerSnapshot) -> Pictures:
    """Mail clients show no embedded pictures: a mail links to the uploads its template names."""
    named = (str(seller.get("logo_url")), *(template.source.texts if template else ()))
    return uploads.linked(uow.settings.public_base_url, seller.get("partner_id"), named)


async def letterhead(uow: UnitOfWork, seller: SellerSnapshot, language: str) -> Letterhead:
    """Give what our own mails show of the seller: as it is named on the document, and looks today."""
    name = str(seller.get("trade_name") or seller.get("legal_name") or "")
    if not (partner_id := seller.get("partner_id")):
        return Letterhead(name, seller.get("brand_color"))
    brand = await partners.brand_of(uow, partner_id)
    upload = uploads.named_by(brand.logo_url)
    links = [
        (say(f"mails.frame.{kind}", language), address)
        for kind in _LEGAL
        if (address := getattr(brand, f"{kind}_url")) is not None
    ]
    return Letterhead(
        name or brand.name,
        brand.color,
        logo=uploads.url_of(upload, uow.settings.public_base_url) if upload else "",
        links=links,
    )


async def sender(uow: UnitOfWork, partner_id: str) -> MailSender:
    """Give in whose name a tenant of this partner is written to, and who reads its answers."""
    brand = await partners.brand_of(uow, partner_id)
    config = await partners.settings_of(uow, partner_id)
    return MailSender(config.mail_sender_name or brand.name, brand.email)


def address(seller: SellerSnapshot) -> list[str]:
    town = " ".join(str(seller[name]) for name in ("seller_postal_code", "seller_city") if seller.get(name))
    return [
        str(line) for line in (seller.get("seller_address_line1"), seller.get("seller_address_line2"), town) if line
    ]
