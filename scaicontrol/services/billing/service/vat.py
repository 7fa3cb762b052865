"""The VAT of what a tenant buys now, before there is a document."""

from contextlib import suppress

from scaicontrol.core.errors import ControlError
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax, tenants

from ..compute import decide
from ..schemas import VatStandingOut
from ..snapshot import Snapshot
from .load import buyers, seller


async def situation(uow: UnitOfWork, tenant_id: str) -> Snapshot:
    """Read who sells, who buys and the rates: a snapshot in which nothing is due."""
    tenant = await tenants.get(uow, tenant_id)
    terms = await seller(uow, tenant.partner_id)
    return Snapshot(
        as_of=uow.now,
        known_at=uow.now,
        seller=terms,
        buyers=await buyers(uow, [tenant_id], terms),
        periods=(),
        rates=await tax.rate_table(uow),
    )


async def vat_standing(uow: UnitOfWork, tenant_id: str) -> VatStandingOut:
    """
    Say which VAT a supply that ends today would carry, and what VIES last said about the number that is saved.

    `rule` is null where nothing can be decided yet, for want of an address.
    """
    uow.authorize("billing_profiles:read")
    now = await situation(uow, tenant_id)
    buyer, decided = now.buyers.get(tenant_id), None
    if buyer is not None and buyer.country and now.seller.country:
        with suppress(ControlError):
            decided = decide(now, buyer, {civil_date(uow.now, now.seller.zone)})
    number = buyer.vat_number if buyer is not None else None
    last = await tax.consulted(uow, tenant_id, number) if number else None
    asked = await tax.consultation(uow, last.consultation_id) if last is not None and last.consultation_id else None
    return VatStandingOut(
        vat_number=number,
        answer=asked.answer if asked else None,
        consulted_at=asked.consulted_at if asked else None,
        consultation_number=asked.consultation_number if asked else None,
        name=asked.name if asked else None,
        rule=decided.rule if decided is not None and decided.rule != "manual" else None,
        rate=decided.tax_rate if decided else None,
        label=decided.tax_label if decided else None,
        reverse_charge=decided.reverse_charge if decided else False,
        legal_note=decided.legal_note if decided else "",
    )
