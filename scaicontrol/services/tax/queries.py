from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.tenants.models import BillingProfile

from .exchange import LATEST_WITHIN, ReferenceRate
from .facts import Consulted
from .models import ExchangeRate, LocationProof, TaxDecision, VatConsultation, VatRate
from .numbers import usable
from .places import EU_MEMBER_STATES, place
from .questions import ASKED_LATELY, Question, lead
from .rates import SHIPPED_RATES, RateTable


def visible(uow: UnitOfWork) -> Select[TaxDecision]:
    """Every read of decisions starts here; the session's scope decides whose."""
    uow.authorize("invoices:read")
    return select(TaxDecision)


async def get(uow: UnitOfWork, invoice_id: str) -> TaxDecision:
    """Find the decision of an invoice."""
    found = await find(uow, invoice_id)
    if found is None:
        raise NotFound(f"No VAT decision is stored for invoice {invoice_id}.")
    return found


async def find(uow: UnitOfWork, invoice_id: str) -> TaxDecision | None:
    return await uow.session.scalar(visible(uow).where(TaxDecision.invoice_id == invoice_id))


def visible_rates(uow: UnitOfWork) -> Select[VatRate]:
    """Every read of stored standard rates starts here; they are the same for everybody."""
    uow.authorize("vat_rates:read")
    return select(VatRate)


async def rates(uow: UnitOfWork) -> list[VatRate]:
    """List every dated standard rate, by country."""
    ordered = visible_rates(uow).order_by(VatRate.country_code, VatRate.territory, VatRate.valid_from)
    return list(await uow.session.scalars(ordered))


async def rate_table(uow: UnitOfWork) -> RateTable:
    """Load the rates that `determine_vat` decides with; a table that nobody seeded yet means the shipped ones."""
    stored = await rates(uow)
    return RateTable(row.as_rate() for row in stored) if stored else SHIPPED_RATES


def visible_exchange_rates(uow: UnitOfWork) -> Select[ExchangeRate]:
    """Every read of reference rates starts here; they are the same for everybody."""
    uow.authorize("vat_rates:read")
    return select(ExchangeRate)


async def exchange_rate(uow: UnitOfWork, rate_id: str) -> ExchangeRate:
    found: ExchangeRate | None = await uow.session.scalar(visible_exchange_rates(uow).where(ExchangeRate.id == rate_id))
    if found is None:
        raise NotFound(f"No exchange rate {rate_id}.")
    return found


async def exchange_rates(
    uow: UnitOfWork, currency: str | None = None, since: date | None = None, limit: int = 1000
) -> list[ExchangeRate]:
    """List what one euro was worth, the newest day first."""
    query = visible_exchange_rates(uow).order_by(ExchangeRate.valid_on.desc(), ExchangeRate.currency).limit(limit)
    if currency is not None:
        query = query.where(ExchangeRate.currency == currency)
    if since is not None:
        query = query.where(ExchangeRate.valid_on >= since)
    return list(await uow.session.scalars(query))


async def exchange_rates_near(uow: UnitOfWork, currencies: Iterable[str], day: date) -> list[ReferenceRate]:
    """Give the rates of some currencies that can be the latest on a day."""
    uow.authorize("vat_rates:read")
    near = select(ExchangeRate).where(
        ExchangeRate.currency.in_(list(currencies)), ExchangeRate.valid_on.between(day - LATEST_WITHIN, day)
    )
    return [row.as_rate() for row in await uow.session.scalars(near)]


async def last_consultation(uow: UnitOfWork, tenant_id: str, vat_number: str) -> VatConsultation | None:
    """Give what VIES last said; an answer outlives a later silence."""
    uow.authorize("billing_profiles:read")
    asked = (
        select(VatConsultation)
        .where(VatConsultation.tenant_id == tenant_id, VatConsultation.vat_number == vat_number)
        .order_by(VatConsultation.consulted_at.desc(), VatConsultation.id.desc())
        .limit(1)
    )
    answered = asked.where(VatConsultation.result != VatAnswer.unavailable)
    return (await uow.session.scalars(answered)).first() or (await uow.session.scalars(asked)).first()


async def consultation(uow: UnitOfWork, consultation_id: str) -> VatConsultation:
    """Find what VIES answered once."""
    uow.authorize("billing_profiles:read")
    found = await uow.session.get(VatConsultation, consultation_id)
    if found is None:
        raise NotFound(f"No consultation {consultation_id} is stored.")
    return found


async def proofs_of_place(uow: UnitOfWork, tenant_id: str) -> dict[str, Any]:
    """Give what else is known about where a buyer is, as the facts take it."""
    uow.authorize("billing_profiles:read")
    rows = await uow.session.scalars(select(LocationProof).where(LocationProof.tenant_id == tenant_id))
    proofs = {row.kind: row.country_code for row in rows}
    return {"payment_country": proofs.pop("payment_method", None), "other_proofs": proofs}


async def consulted(uow: UnitOfWork, tenant_id: str, vat_number: str) -> Consulted | None:
    """Give the last VIES answer in the form the rules take."""
    row = await last_consultation(uow, tenant_id, vat_number)
    return None if row is None else Consulted(row.answer, row.consulted_at, row.id)


async def last_answers(uow: UnitOfWork, numbers: Mapping[str, str]) -> dict[str, Consulted]:
    """Give the last VIES answer about the number of each tenant, in one statement; who was never asked is left out."""
    uow.authorize("billing_profiles:read")
    rows = await uow.session.scalars(
        select(VatConsultation)
        .where(VatConsultation.tenant_id.in_(numbers))
        .order_by(VatConsultation.consulted_at, VatConsultation.id)
    )
    found: dict[str, Consulted] = {}
    for row in rows:
        if row.vat_number != numbers[row.tenant_id]:
            continue
        known = found.get(row.tenant_id)
        if row.answer is VatAnswer.unavailable and known is not None and known.answer is not VatAnswer.unavailable:
            continue  # an answer outlives a later silence
        found[row.tenant_id] = Consulted(row.answer, row.consulted_at, row.id)
    return found


async def needs_consultation(uow: UnitOfWork, tenant_id: str, vat_number: str, max_age_days: int) -> bool:
    """Tell whether VIES should be asked (again): never answered, or the answer is older than the policy allows."""
    last = await last_consultation(uow, tenant_id, vat_number)
    return (
        last is None
        or last.answer is VatAnswer.unavailable
        or uow.now - last.consulted_at > timedelta(days=max_age_days)
    )


async def last_valid(uow: UnitOfWork, tenant_id: str, vat_number: str) -> datetime | None:
    """Tell when VIES last confirmed a number."""
    uow.authorize("billing_profiles:read")
    confirmed = select(func.max(VatConsultation.consulted_at)).where(
        VatConsultation.tenant_id == tenant_id,
        VatConsultation.vat_number == vat_number,
        VatConsultation.result == VatAnswer.valid,
    )
    return await uow.session.scalar(confirmed)


async def question_about(uow: UnitOfWork, tenant_id: str) -> tuple[Question, int] | None:
    """Give what VIES is to be asked about a tenant and how old an answer may be, or None when nothing is."""
    uow.authorize("tax:decide")
    profile = await tenants.billing_profile(uow, tenant_id)
    if profile is None:
        return None
    terms = await partners.settings_of(uow, profile.partner_id)
    number = usable(profile.vat_number, profile.country_code or "")
    if terms.vies_policy == "off" or not (profile.is_business and number):
        return None
    return Question(tenant_id, profile.partner_id, number, requester_of(terms)), terms.vies_max_age_days


def requester_of(terms: PartnerConfiguration) -> str | None:
    """Give the seller's own number, in whose name VIES gives a consultation number."""
    seller = partners.seller_snapshot(terms)
    return usable(seller.get("seller_vat_number"), seller.get("seller_country_code") or "") or None


async def due_for_recheck(uow: UnitOfWork, limit: int) -> list[Question]:
    """Name the numbers that reverse charge rests on and whose answer is about to be too old, longest unasked first."""
    uow.authorize("tax:decide")
    numbered = BillingProfile.vat_number.is_not(None), BillingProfile.is_business
    sellers = await uow.session.scalars(select(BillingProfile.partner_id).where(*numbered).distinct())
    due: list[tuple[datetime, Question]] = []
    for partner_id in sorted(sellers):
        terms = await partners.settings_of(uow, partner_id)
        if terms.vies_policy != "off":
            due += await _due_of(uow, terms, limit)
    return [question for _, question in sorted(due, key=lambda each: each[0])][:limit]


async def _due_of(uow: UnitOfWork, terms: PartnerConfiguration, limit: int) -> list[tuple[datetime, Question]]:
    seller = place(partners.seller_snapshot(terms).get("seller_country_code") or "").country
    abroad = [code for code in (*EU_MEMBER_STATES, "MC") if place(code).country != seller]
    answered = func.max(case((VatConsultation.result != VatAnswer.unavailable, VatConsultation.consulted_at)))
    asked = func.max(VatConsultation.consulted_at)
    oldest = uow.now - timedelta(days=terms.vies_max_age_days) + lead(terms.vies_max_age_days)
    same_number = and_(
        VatConsultation.tenant_id == BillingProfile.tenant_id, VatConsultation.vat_number == BillingProfile.vat_number
    )
    rows = await uow.session.execute(
        select(BillingProfile.tenant_id, BillingProfile.vat_number, BillingProfile.country_code, asked)
        .outerjoin(VatConsultation, same_number)
        .where(
            BillingProfile.partner_id == terms.partner_id,
            BillingProfile.vat_number.is_not(None),
            BillingProfile.is_business,
            BillingProfile.country_code.in_(abroad),
        )
        .group_by(BillingProfile.tenant_id, BillingProfile.vat_number, BillingProfile.country_code)
        .having(
            or_(answered.is_(None), answered < oldest),
            or_(asked.is_(None), asked < uow.now - ASKED_LATELY),
        )
        .order_by(asked, BillingProfile.tenant_id)
        .limit(limit)
    )
    requester = requester_of(terms)
    return [
        (last or _NEVER, Question(tenant_id, terms.partner_id, number or "", requester))
        for tenant_id, number, country, last in rows
        if usable(number, country or "")
    ]


_NEVER = datetime.min.replace(tzinfo=UTC)
