"""What every letter says of its seller, and which pictures it may show."""

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import uploads
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.templates import Letterhead, Published
from scaicontrol.services.uploads import Pictures


def linked(uow: UnitOfWork, template: Published | None, seller: SellerSnapshot) -> Pictures:
    """Mail clients show no embedded pictures: a mail links to the uploads its template names."""
    named = (str(seller.get("logo_url")), *(template.source.texts if template else ()))
    return uploads.linked(uow.settings.public_base_url, seller.get("partner_id"), named)


def letterhead(seller: SellerSnapshot) -> Letterhead:
    return Letterhead(str(seller.get("trade_name") or seller.get("legal_name") or ""), seller.get("brand_color"))


def address(seller: SellerSnapshot) -> list[str]:
    town = " ".join(str(seller[name]) for name in ("seller_postal_code", "seller_city") if seller.get(name))
    return [
        str(line) for line in (seller.get("seller_address_line1"), seller.get("seller_address_line2"), town) if line
    ]
