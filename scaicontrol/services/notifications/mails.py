"""
Outgoing mail: claim, send, record.

ScaiSend has no idempotency key (contract §38). A mail is `sending` before the call; an answer that was lost makes
it `unknown`, which is held for ten minutes for a matching event and then sent again, at most once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.ids import new_id
from scaicontrol.core.mail_addresses import is_one
from scaicontrol.core.ports import Attachment, Mail, MailOutcome, MailResult
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.work import UnitOfWork

from .events import MailAccepted, MailFailed, MailQueued
from .lifecycle import MailLifecycle, MailStatus
from .models import OutgoingMail

_ACTOR = Actor.system("mail_dispatch")
_BATCH: Final = 100
_HOLD: Final = timedelta(minutes=10)
_LEASE: Final = timedelta(minutes=5)
_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
_ATTEMPTS: Final = 4
_AT_ONCE: Final = 8
_SUBJECT_MAX: Final = 300  # a template of people may make more of it


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attachment by its place in the object store: bodies are read when the mail is sent."""

    filename: str
    content_type: str
    storage_key: str


@dataclass(frozen=True, slots=True)
class MailSender:
    """In whose name a mail goes, and where an answer to it does; its address stays the installation's."""

    name: str
    reply_to: str | None = None


async def queue_mail(  # noqa: PLR0913  what a mail consists of
    uow: UnitOfWork,
    *,
    tenant_id: str,
    partner_id: str,
    kind: str,
    resource_id: str,
    step: str,
    recipients: Sequence[tuple[str, str]],
    subject: str,
    html: str,
    attachments: Sequence[StoredAttachment] = (),
    sender: MailSender | None = None,
) -> OutgoingMail:
    """Queue one logical mail; give the one that is there when it was queued before. `recipients`: (address, name)."""
    uow.authorize("mail:queue")
    known = await uow.session.scalar(
        select(OutgoingMail).where(
            OutgoingMail.kind == kind, OutgoingMail.resource_id == resource_id, OutgoingMail.step == step
        )
    )
    if known is not None:
        return known
    mail = OutgoingMail(
        id=new_id("mel"),
        tenant_id=tenant_id,
        partner_id=partner_id,
        kind=kind,
        resource_id=resource_id,
        step=step,
        recipients=[{"email": address, "name": name} for address, name in recipients],
        subject=subject[:_SUBJECT_MAX],
        html=html,
        attachments=[
            {"filename": a.filename, "content_type": a.content_type, "storage_key": a.storage_key} for a in attachments
        ],
        sender_name=sender.name if sender else None,
        reply_to=sender.reply_to if sender else None,
        status=MailStatus.pending,
        attempts=0,
        resends=0,
        next_attempt_at=uow.now,
    )
    uow.session.add(mail)
    uow.emit(MailQueued(**_fact(mail)))
    return mail


def _fact(mail: OutgoingMail) -> dict[str, Any]:
    return {
        "mail_id": mail.id,
        "kind": mail.kind,
        "resource_of": mail.resource_id,
        "tenant_id": mail.tenant_id,
        "partner_id": mail.partner_id,
    }


async def dispatch_mail(backend: Backend) -> int:
    """Send everything due; give how many attempts were made."""
    made = 0

    async def one(mail: OutgoingMail) -> None:
        await backend.perform(_ACTOR, _record, mail.id, await _send(backend, mail))

    while claimed := await backend.perform(_ACTOR, _claim):
        await side_by_side(one, claimed, at_once=_AT_ONCE)
        made += len(claimed)
    return made


async def _claim(uow: UnitOfWork) -> list[OutgoingMail]:
    """Mark what is due as `sending`; what a crash left there is unknown, and what was held too long is resent."""
    uow.authorize("mail:dispatch")
    due = await claims.take(
        uow,
        OutgoingMail,
        OutgoingMail.next_attempt_at <= uow.now,
        oldest=[OutgoingMail.next_attempt_at],
        limit=_BATCH,
    )
    claimed = []
    for mail in due:
        if mail.status == MailStatus.sending:
            mail.advance(MailLifecycle.lose)
            mail.next_attempt_at = uow.now + _HOLD
            continue
        if mail.status == MailStatus.unknown:
            if mail.resends:
                _give_up(uow, mail, "The transport did not say what became of it, twice.")
                continue
            mail.advance(MailLifecycle.resend)
            mail.resends += 1
        mail.advance(MailLifecycle.begin)
        mail.attempts += 1
        mail.next_attempt_at = uow.now + _LEASE
        claimed.append(mail)
    return claimed


async def _send(backend: Backend, mail: OutgoingMail) -> MailResult:
    for each in mail.recipients:  # of a profile that was saved before addresses were checked
        if not is_one(each["email"]):
            return MailResult(MailOutcome.refused, detail=f"'{each['email']}' is not one mail address; correct it.")
    try:
        attachments = [
            Attachment(each["filename"], each["content_type"], await backend.ports.objects.get(each["storage_key"]))
            for each in mail.attachments
        ]
    except ControlError as error:
        return MailResult(MailOutcome.busy, detail=f"An attachment cannot be read: {error.message}")
    return await backend.ports.mail.send(
        Mail(
            mail_id=mail.id,
            to=[(each["email"], each.get("name", "")) for each in mail.recipients],
            subject=mail.subject,
            html=mail.html,
            attachments=attachments,
            sender_name=mail.sender_name,
            reply_to=mail.reply_to if is_one(mail.reply_to or "") else None,
            references={"scaicontrol_mail_id": mail.id, "resource_id": mail.resource_id, "tenant_id": mail.tenant_id},
        )
    )


async def _record(uow: UnitOfWork, mail_id: str, result: MailResult) -> None:
    uow.authorize("mail:dispatch")
    mail = await uow.session.get(OutgoingMail, mail_id, with_for_update=True)
    if mail is None or mail.status != MailStatus.sending:
        return  # an event of the transport was faster
    mail.last_error = result.detail
    match result.outcome:
        case MailOutcome.accepted:
            mail.advance(MailLifecycle.accept)
            mail.message_id, mail.sent_at, mail.next_attempt_at = result.message_id, uow.now, None
            uow.emit(MailAccepted(**_fact(mail)))
        case MailOutcome.unknown:
            mail.advance(MailLifecycle.lose)
            mail.next_attempt_at = uow.now + _HOLD
        case MailOutcome.busy if mail.attempts < _ATTEMPTS:
            mail.advance(MailLifecycle.postpone)
            wait = max(_WAITS[mail.attempts - 1], timedelta(seconds=result.retry_after or 0))
            mail.next_attempt_at = uow.now + wait
        case _:
            _give_up(uow, mail, result.detail or "The transport refused it.")


def _give_up(uow: UnitOfWork, mail: OutgoingMail, why: str) -> None:
    mail.advance(MailLifecycle.fail)
    mail.next_attempt_at, mail.last_error = None, why
    uow.emit(MailFailed(**_fact(mail), error=why))
