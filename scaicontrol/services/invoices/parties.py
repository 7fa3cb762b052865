"""Seller and buyer of a document, as their own features give them, and what VAT depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scaicontrol.core.errors import Reason
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tax, tenants
from scaicontrol.services.einvoices import Format, format_of
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.tenants import BuyerSnapshot

from .models import Invoice
from .schemas import FinalizeIn


@dataclass(frozen=True, slots=True)
class Parties:
    """What a document says about both sides; `problems` is empty when both are complete."""

    seller: SellerSnapshot
    buyer: BuyerSnapshot
    settings: PartnerConfiguration
    problems: tuple[Reason, ...]
    tenant_id: str
    payment_means: Mapping[str, Any] | None = None  # none means by transfer to the seller's account

    @property
    def language(self) -> str:
        return self.buyer.get("preferred_language") or self.seller.get("default_language") or "en"

    @property
    def format(self) -> Format:
        return format_of(self.buyer)

    async def vat_facts(
        self, uow: UnitOfWork, tax_point: date, supply_days: tuple[date, ...], data: FinalizeIn
    ) -> tax.VatFacts:
        """Gather what `determine_vat` decides on, with the last VIES answer and the proofs of the buyer's place."""
        buyer, settings = self.buyer, self.settings
        number = buyer.get("vat_number")
        return tax.VatFacts(
            seller_country=self.seller.get("seller_country_code") or "",
            seller_postal_code=self.seller.get("seller_postal_code"),
            buyer_country=buyer.get("country_code") or "",
            buyer_postal_code=buyer.get("postal_code"),
            buyer_vat_number=number,
            is_business=bool(buyer.get("is_business")),
            tax_point=tax_point,
            decided_at=uow.now,
            oss_registered=settings.oss_registered,
            export_category=settings.export_category,
            tax_exempt=bool(buyer.get("tax_exempt")),
            tax_exempt_reason=buyer.get("tax_exempt_reason"),
            tax_exempt_reason_code=buyer.get("tax_exempt_reason_code"),
            vies_policy=settings.vies_policy,
            vies_max_age_days=settings.vies_max_age_days,
            vies_override_reason=data.vies_override_reason,
            consulted=await tax.consulted(uow, self.tenant_id, number) if number else None,
            language=self.language,
            supply_days=supply_days,
            **await tax.proofs_of_place(uow, self.tenant_id),
        )


async def parties_of(uow: UnitOfWork, invoice: Invoice) -> Parties:
    """Read both sides as they are today, and name every field a document needs and does not find."""
    settings = await partners.settings_of(uow, invoice.partner_id)
    problems = [
        Reason("seller_incomplete", f"The seller has no {_words(name)}; fill it in on the partner.", name)
        for name in settings.missing_for_finalisation
    ]
    profile = await tenants.billing_profile(uow, invoice.tenant_id)
    if profile is None:
        problems.append(Reason("no_billing_profile", "The tenant has no billing profile; it must fill one in first."))
        buyer: BuyerSnapshot = {}
    else:
        buyer = tenants.buyer_snapshot(profile)
        problems += [
            Reason("profile_incomplete", f"The billing profile has no {_words(name)}.", name)
            for name in profile.missing_for_finalisation
        ]
    # A method that nobody charges asks the payer for nothing; then the document asks for a transfer.
    means = (await tenants.get(uow, invoice.tenant_id)).payment_means if settings.auto_charge else None
    return Parties(partners.seller_snapshot(settings), buyer, settings, tuple(problems), invoice.tenant_id, means)


def _words(field: str) -> str:
    return field.removeprefix("seller_").replace("_", " ")


async def inherited_parties(uow: UnitOfWork, original: Invoice) -> Parties:
    """Take both sides, and how they settle, from the invoice that a credit note corrects."""
    settings = await partners.settings_of(uow, original.partner_id)
    seller, buyer = original.seller_snapshot or {}, original.buyer_snapshot or {}
    return Parties(seller, buyer, settings, (), original.tenant_id, original.payment_means)
