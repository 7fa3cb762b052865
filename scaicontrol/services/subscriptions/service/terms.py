"""The partner's terms as far as they shape a subscription."""

from collections.abc import Iterable
from dataclasses import dataclass

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners


@dataclass(frozen=True, slots=True)
class SellerTerms:
    zone: str
    prorates: bool
    allows_pay_by_invoice: bool
    keeps_unpaid_trials: bool

    @property
    def converts_unpaid(self) -> bool:
        """Whether a trial becomes paid although nothing is there to charge."""
        return self.allows_pay_by_invoice or self.keeps_unpaid_trials


async def terms_of(uow: UnitOfWork, partner_id: str) -> SellerTerms:
    settings = await partners.settings_of(uow, partner_id)
    return SellerTerms(
        zone=settings.timezone,
        prorates=settings.proration == "day",
        allows_pay_by_invoice=settings.allow_pay_by_invoice,
        keeps_unpaid_trials=settings.trial_end_without_payment_method == "activate",
    )


async def terms_by_partner(uow: UnitOfWork, partner_ids: Iterable[str]) -> dict[str, SellerTerms]:
    """Read each partner's terms once per batch."""
    return {partner_id: await terms_of(uow, partner_id) for partner_id in sorted(set(partner_ids))}
