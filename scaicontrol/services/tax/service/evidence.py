"""Keeping what says where a buyer is, besides its address (Regulation 282/2011 Art. 24f)."""

from datetime import datetime

from sqlalchemy import select

from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants

from ..models import LocationProof
from ..places import is_country

KINDS = ("payment_method", "bank", "ip_address", "sim_card", "landline", "other")


async def record_proof(
    uow: UnitOfWork, tenant_id: str, kind: str, country_code: str, source: str, seen_at: datetime | None = None
) -> LocationProof:
    """
    Note in which country something places a buyer; the newest of its kind replaces an older one.

    Documents that are decided later carry it as evidence; those that are final keep theirs.
    """
    uow.authorize("tax:decide")
    if kind not in KINDS:
        raise invalid("kind", f"'{kind}' is no kind of evidence; there are {', '.join(KINDS)}.")
    if not is_country(country_code):
        raise invalid("country_code", f"'{country_code}' is not an ISO 3166-1 country code such as NL.")
    tenant = await tenants.get(uow, tenant_id)
    of_kind = select(LocationProof).where(LocationProof.tenant_id == tenant.id, LocationProof.kind == kind)
    row = await uow.session.scalar(of_kind.with_for_update())
    if row is None:
        row = LocationProof(id=new_id("lpr"), tenant_id=tenant.id, partner_id=tenant.partner_id, kind=kind)
        uow.session.add(row)
    elif row.seen_at > (seen_at or uow.now):
        return row
    row.country_code, row.source, row.seen_at = country_code.upper(), source, seen_at or uow.now
    return row
