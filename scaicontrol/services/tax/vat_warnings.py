"""When an answer of VIES needs a person before the next invoice, and what that person is told."""

from dataclasses import dataclass
from datetime import timedelta

from scaicontrol.core.i18n import say
from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants

from . import queries
from .models import VatConsultation
from .questions import lead


@dataclass(frozen=True, slots=True)
class VatWarning:
    """A number that VIES does not confirm; `occasion` is the same for every answer since it last did."""

    tenant_id: str
    partner_id: str
    buyer: str
    vat_number: str
    answer: VatAnswer
    occasion: str
    tenant_language: str | None
    seller_language: str | None
    seller_email: str | None

    def words(self, language: str | None) -> tuple[str, str]:
        """Give a title and a sentence in one of the six languages, English for others."""
        key = f"tax.vat_warnings.{self.answer}"
        title = say(f"{key}.title", language, number=self.vat_number)
        return title, say(f"{key}.sentence", language, number=self.vat_number, buyer=self.buyer)


async def vat_warning(uow: UnitOfWork, consultation_id: str) -> VatWarning | None:
    """
    Tell whether an answer must be looked at before the next invoice, or give None.

    No is looked at unless the policy is off; silence only where the policy requires an answer and the last one is
    about to be too old. An answer about a number the tenant no longer has concerns nobody.
    """
    uow.authorize("tax:decide")
    asked = await uow.session.get(VatConsultation, consultation_id)
    profile = await tenants.billing_profile(uow, asked.tenant_id) if asked else None
    if asked is None or profile is None or not profile.is_business or profile.vat_number != asked.vat_number:
        return None
    terms = await partners.settings_of(uow, asked.partner_id)
    confirmed = await queries.last_valid(uow, asked.tenant_id, asked.vat_number)
    oldest = uow.now - timedelta(days=terms.vies_max_age_days) + lead(terms.vies_max_age_days)
    runs_out = terms.vies_policy == "required" and (confirmed is None or confirmed < oldest)
    if terms.vies_policy == "off" or not (asked.answer is VatAnswer.invalid or (
        asked.answer is VatAnswer.unavailable and runs_out
    )):  # fmt: skip
        return None
    seller = partners.seller_snapshot(terms)
    return VatWarning(
        asked.tenant_id,
        asked.partner_id,
        profile.company_name or asked.tenant_id,
        asked.vat_number,
        asked.answer,
        f"{asked.vat_number}:{asked.result}:{confirmed.date() if confirmed else 'never'}",
        profile.preferred_language,
        terms.default_language,
        seller.get("seller_email"),
    )
