"""Asking VIES: claim, send, record; never inside a transaction."""

from dataclasses import dataclass

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.ports import VatAnswer, VatConsulted
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import VatNumberConsulted
from ..models import VatConsultation


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
