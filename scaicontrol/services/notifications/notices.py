"""Notices: written once per occasion, read by each person on their own, and mailed to the tenant once a day."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlalchemy import insert, select, update

from scaicontrol.core.errors import Conflict
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from . import queries
from .models import Notification, NotificationRead

_MORNING: Final = time(5, tzinfo=UTC)  # before an office opens anywhere from Lisbon to Helsinki


async def notify(  # noqa: PLR0913  what a notice consists of
    uow: UnitOfWork,
    *,
    tenant_id: str,
    partner_id: str,
    category: str,
    title: str,
    dedup_key: str,
    body: str = "",
    severity: str = "info",
    link: str | None = None,
    user_id: str | None = None,
    is_mailed: bool = False,
) -> Notification | None:
    """
    Show a notice in the portal; None when this occasion was announced before.

    It waits for the mail of the next morning, an error for one at once, unless `is_mailed`: a mail of its own says the
    same. What is for one person is shown alone.
    """
    uow.authorize("notifications:send")
    known = select(Notification.id).where(Notification.tenant_id == tenant_id, Notification.dedup_key == dedup_key)
    if await uow.session.scalar(known) is not None:
        return None
    notice = Notification(
        id=new_id("ntf"),
        tenant_id=tenant_id,
        partner_id=partner_id,
        user_id=user_id,
        category=category,
        severity=severity,
        title=title,
        body=body,
        link=link,
        dedup_key=dedup_key,
        mail_due_at=None if is_mailed or user_id else _mail_due(severity, uow.now),
    )
    uow.session.add(notice)
    return notice


def _mail_due(severity: str, now: datetime) -> datetime:
    if severity == "error":
        return now
    morning = datetime.combine(now.astimezone(UTC), _MORNING)
    return morning if now < morning else morning + timedelta(days=1)


async def record_mailed(uow: UnitOfWork, notice_ids: Sequence[str]) -> None:
    """
    Take notices off the list of what waits to be mailed.

    Raises Conflict where one of them waits no longer: another worker mails it.
    """
    uow.authorize("notifications:send")
    waiting = update(Notification).where(Notification.id.in_(notice_ids), Notification.mail_due_at.is_not(None))
    taken = await uow.session.execute(waiting.values(mail_due_at=None))
    if taken.rowcount != len(notice_ids):  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
        raise Conflict("Another worker mails these notices.")


@verb
async def mark_read(uow: UnitOfWork, notification_id: str) -> Notification:
    """
    Mark one notice as read by the caller.

    Raises NotFound for a notice the caller cannot see.
    """
    uow.authorize("notifications:mark_read")
    notice = await queries.get(uow, notification_id)
    if notice.user_id is not None:
        notice.read_at = notice.read_at or uow.now
    elif await uow.session.get(NotificationRead, (notice.id, uow.actor.id)) is None:
        uow.session.add(NotificationRead(notification_id=notice.id, user_id=uow.actor.id, read_at=uow.now))
    return notice


@verb
async def mark_all_read(uow: UnitOfWork) -> int:
    """
    Mark everything the caller can see as read; give how many were new.

    Raises Unauthenticated where nobody is signed in.
    """
    uow.authorize("notifications:mark_read")
    waiting = (await uow.session.scalars(queries.unread(uow))).all()
    own = [notice.id for notice in waiting if notice.user_id is not None]
    shared = [notice.id for notice in waiting if notice.user_id is None]
    if own:
        await uow.session.execute(update(Notification).where(Notification.id.in_(own)).values(read_at=uow.now))
    if shared:
        await uow.session.execute(
            insert(NotificationRead),
            [
                {"notification_id": each, "user_id": uow.actor.id, "read_at": uow.now,
                 "created_at": uow.now, "updated_at": uow.now}
                for each in shared
            ],
        )  # fmt: skip
    return len(waiting)
