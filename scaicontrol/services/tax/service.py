"""Verbs on rates, decisions and consultations."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Unavailable, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.core.work import UnitOfWork

from . import queries
from .decisions import Decided
from .events import VatNumberConsulted, VatRateAdded
from .models import TaxDecision, VatConsultation, VatRate
from .places import EU_MEMBER_STATES
from .rates import Rate, known_rates

_HIGHEST_RATE = Decimal(50)  # far above any standard rate; catches a per cent typed without its decimal point


async def seed_rates(uow: UnitOfWork) -> int:
    """Add the shipped rates that have no row yet and count them; a row that exists is never changed."""
    uow.authorize("vat_rates:manage")
    present = set(await uow.session.scalars(select(VatRate.id)))
    missing = [rate for rate in known_rates() if rate.id not in present]
    uow.session.add_all(_row(rate) for rate in missing)
    return len(missing)


async def add_rate(uow: UnitOfWork, new: Rate) -> VatRate:
    """Let a rate begin on a day; the one that held until then ends the day before."""
    uow.authorize("vat_rates:manage")
    if new.country_code not in EU_MEMBER_STATES:
        raise invalid("country_code", f"'{new.country_code}' is not a member state of the EU; Greece is GR here.")
    if not 0 < new.rate < _HIGHEST_RATE:
        raise invalid("rate", f"A standard VAT rate lies between 0 and {_HIGHEST_RATE} per cent, not {new.rate}.")
    newest_first = (
        select(VatRate)
        .where(VatRate.country_code == new.country_code, VatRate.territory == new.territory)
        .order_by(VatRate.valid_from.desc())
        .with_for_update()
    )
    last = (await uow.session.scalars(newest_first)).first()
    if last and last.valid_from >= new.valid_from:
        raise Conflict(f"A rate of {new.country_code} already begins on {last.valid_from}; a new one must begin later.")
    if last:
        last.valid_to = new.valid_from - timedelta(days=1)
    row = _row(new)
    uow.session.add(row)
    uow.emit(
        VatRateAdded(
            rate_id=row.id,
            country_code=new.country_code,
            territory=new.territory,
            rate=str(new.rate),
            valid_from=new.valid_from.isoformat(),
        )
    )
    return row


def _row(rate: Rate) -> VatRate:
    return VatRate(
        id=rate.id,
        country_code=rate.country_code,
        territory=rate.territory,
        rate=rate.rate,
        valid_from=rate.valid_from,
        valid_to=rate.valid_to,
        source=rate.source,
        checked_on=rate.checked_on,
    )


async def store_decision(
    uow: UnitOfWork, decided: Decided, *, invoice_id: str, tenant_id: str, partner_id: str
) -> TaxDecision:
    """Keep the decision of an invoice, in place of one made for its draft before."""
    uow.authorize("tax:decide")
    row = await queries.find(uow, invoice_id)
    if row is None:
        row = TaxDecision(id=new_id("dec"), invoice_id=invoice_id, tenant_id=tenant_id, partner_id=partner_id)
        uow.session.add(row)
    elif row.finalized_at is not None:
        raise Conflict(f"The VAT decision of invoice {invoice_id} is final.")
    for name, value in decided.as_columns().items():
        setattr(row, name, value)
    return row


@dataclass(frozen=True, slots=True)
class Question:
    """Whose VAT number VIES is asked about, and in whose name."""

    tenant_id: str
    partner_id: str
    vat_number: str
    requester_vat_number: str | None = None


async def consult(backend: Backend, actor: Actor, question: Question, max_age_days: int) -> str | None:
    """
    Ask VIES about a buyer's number unless its last answer is young enough, and give the id of the new consultation.

    Claim, send, record: the question leaves outside any transaction, and silence is recorded as `unavailable`.
    """
    due = queries.needs_consultation
    if not await backend.ask(actor, due, question.tenant_id, question.vat_number, max_age_days):
        return None
    try:
        answer = await backend.ports.vat_register.consult(question.vat_number, question.requester_vat_number)
    except Unavailable as silence:
        answer = VatConsulted(VatAnswer.unavailable, backend.clock.now(), raw={"error": silence.message})
    return await backend.perform(actor, record_consultation, question, answer)


async def record_consultation(uow: UnitOfWork, question: Question, answer: VatConsulted) -> str:
    """Keep what VIES answered and tell it."""
    uow.authorize("tax:decide")
    row = VatConsultation(
        id=new_id("vie"),
        tenant_id=question.tenant_id,
        partner_id=question.partner_id,
        vat_number=question.vat_number,
        requester_vat_number=question.requester_vat_number,
        result=answer.answer.value,
        consultation_number=answer.consultation_number,
        name=answer.name,
        address=answer.address,
        raw=dict(answer.raw),
        consulted_at=answer.consulted_at,
    )
    uow.session.add(row)
    uow.emit(
        VatNumberConsulted(
            consultation_id=row.id,
            partner_id=row.partner_id,
            tenant_id=row.tenant_id,
            vat_number=row.vat_number,
            result=row.result,
            consulted_at=row.consulted_at,
        )
    )
    return row.id
