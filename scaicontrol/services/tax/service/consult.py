"""Asking VIES: claim, send, record; never inside a transaction."""

from collections import Counter
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
from ..questions import RECHECKED_AT_ONCE, Question


async def consult(backend: Backend, actor: Actor, question: Question, max_age_days: int) -> str | None:
    """
    Ask VIES about a buyer's number unless its last answer is young enough, and give the id of the new consultation.

    Claim, send, record: the question leaves outside any transaction, and silence is recorded as `unavailable`.
    """
    due = queries.needs_consultation
    if not await backend.ask(actor, due, question.tenant_id, question.vat_number, max_age_days):
        return None
    consultation_id, _ = await ask(backend, actor, question)
    return consultation_id


async def ask(backend: Backend, actor: Actor, question: Question) -> tuple[str, VatAnswer]:
    """Put a question to VIES and record what came back, silence too."""
    try:
        answer = await backend.ports.vat_register.consult(question.vat_number, question.requester_vat_number)
    except Unavailable as silence:
        answer = VatConsulted(VatAnswer.unavailable, backend.clock.now(), problem=silence.message)
    return await backend.perform(actor, record_consultation, question, answer), answer.answer


async def consult_tenant(backend: Backend, actor: Actor, tenant_id: str) -> str | None:
    """Ask about a tenant's number as its seller's policy wants: what follows a saved billing profile."""
    wanted = await backend.ask(actor, queries.question_about, tenant_id)
    if wanted is None:
        return None
    question, max_age_days = wanted
    return await consult(backend, actor, question, max_age_days)


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a run of the daily re-check did; `left` were due and wait for the next run."""

    asked: int
    valid: int
    invalid: int
    silent: int
    left: int

    def __str__(self) -> str:
        return (
            f"{self.asked} numbers asked: {self.valid} valid, {self.invalid} invalid, {self.silent} without an answer; "
            f"{self.left} left"
        )


async def recheck(backend: Backend, limit: int = RECHECKED_AT_ONCE) -> Rechecked:
    """
    Ask again about numbers whose answer is about to be too old for the seller's policy, the longest unasked first.

    Safe to run twice: a number that was just asked is not due. A register that keeps silent is left alone for the
    rest of the run.
    """
    actor = Actor.system("vies_recheck")
    due = await backend.ask(actor, queries.due_for_recheck, limit)
    answers: Counter[VatAnswer] = Counter()
    silent: Counter[str] = Counter()
    for question in due:
        state = question.vat_number[:2]
        if silent[state] >= _PATIENCE:
            continue
        _, answer = await ask(backend, actor, question)
        answers[answer] += 1
        silent[state] = silent[state] + 1 if answer is VatAnswer.unavailable else 0
    asked = answers.total()
    return Rechecked(
        asked,
        answers[VatAnswer.valid],
        answers[VatAnswer.invalid],
        answers[VatAnswer.unavailable],
        len(due) - asked,
    )


_PATIENCE = 3  # unanswered questions in a row to one member state


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
        raw={**answer.raw, "problem": answer.problem} if answer.problem else dict(answer.raw),
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
