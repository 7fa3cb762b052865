from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.work import UnitOfWork

from .exchange import LATEST_WITHIN, ReferenceRate
from .facts import Consulted
from .models import ExchangeRate, LocationProof, TaxDecision, VatConsultation, VatRate
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


async def rates(uow: UnitOfWork) -> list[VatRate]:
    """List every dated standard rate, by country."""
    uow.authorize("vat_rates:read")
    ordered = select(VatRate).order_by(VatRate.country_code, VatRate.territory, VatRate.valid_from)
    return list(await uow.session.scalars(ordered))


async def rate_table(uow: UnitOfWork) -> RateTable:
    """Load the rates that `determine_vat` decides with; a table that nobody seeded yet means the shipped ones."""
    stored = await rates(uow)
    return RateTable(row.as_rate() for row in stored) if stored else SHIPPED_RATES


async def exchange_rates(
    uow: UnitOfWork, currency: str | None = None, since: date | None = None, limit: int = 1000
) -> list[ExchangeRate]:
    """List what one euro was worth, the newest day first."""
    uow.authorize("vat_rates:read")
    query = select(ExchangeRate).order_by(ExchangeRate.valid_on.desc(), ExchangeRate.currency).limit(limit)
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


async def needs_consultation(uow: UnitOfWork, tenant_id: str, vat_number: str, max_age_days: int) -> bool:
    """Tell whether VIES should be asked (again): never answered, or the answer is older than the policy allows."""
    last = await last_consultation(uow, tenant_id, vat_number)
    return (
        last is None
        or last.answer is VatAnswer.unavailable
        or uow.now - last.consulted_at > timedelta(days=max_age_days)
    )
