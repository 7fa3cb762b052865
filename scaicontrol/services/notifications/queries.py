from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import defer

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import MailStatus
from .models import Notification, NotificationRead, OutgoingMail
from .schemas import Category, NotificationOut

SORTABLE = {"created_at": Notification.created_at, "severity": Notification.severity}


def visible(uow: UnitOfWork) -> Select[Notification]:
    """Every read starts here: the tenant's notices for everybody, and the caller's own."""
    uow.authorize("notifications:read")
    query = select(Notification)
    if uow.actor.tenant_id is not None:
        query = query.where(or_(Notification.user_id.is_(None), Notification.user_id == uow.actor.id))
    return query


async def get(uow: UnitOfWork, notification_id: str) -> Notification:
    found = await uow.session.scalar(visible(uow).where(Notification.id == notification_id))
    if found is None:
        raise NotFound(f"No notification {notification_id}.")
    return found


def unread(uow: UnitOfWork) -> Select[Notification]:
    """Narrow to what the caller has not read; notices for everybody are read by each on their own."""
    read_by_me = exists().where(
        and_(NotificationRead.notification_id == Notification.id, NotificationRead.user_id == uow.actor.id)
    )
    return visible(uow).where(Notification.read_at.is_(None), ~read_by_me)


async def page(
    uow: UnitOfWork, request: PageRequest, *, unread_only: bool = False, category: Category | None = None
) -> Page[Notification]:
    query = unread(uow) if unread_only else visible(uow)
    if category:
        query = query.where(Notification.category == category)
    return await paginate(uow, query, request, SORTABLE)


async def shown(uow: UnitOfWork, notices: Iterable[Notification]) -> list[NotificationOut]:
    """Say notices as the caller sees them, also when the caller read what is for everybody."""
    uow.authorize("notifications:read")
    await uow.write()
    rows = list(notices)
    read = await _read_by_me(uow, [notice.id for notice in rows if notice.user_id is None])
    names = [name for name in NotificationOut.model_fields if name != "read_at"]
    return [
        NotificationOut(**{name: getattr(row, name) for name in names}, read_at=read.get(row.id, row.read_at))
        for row in rows
    ]


async def _read_by_me(uow: UnitOfWork, notice_ids: list[str]) -> dict[str, datetime]:
    mine = select(NotificationRead.notification_id, NotificationRead.read_at).where(
        NotificationRead.notification_id.in_(notice_ids), NotificationRead.user_id == uow.actor.id
    )
    return {row[0]: row[1] for row in await uow.session.execute(mine)} if notice_ids else {}


async def tenants_to_mail(uow: UnitOfWork, limit: int) -> list[str]:
    """Give the tenants with a notice whose mail is due, who waits longest first."""
    uow.authorize("notifications:read")
    due = select(Notification.tenant_id).where(Notification.mail_due_at <= uow.now).group_by(Notification.tenant_id)
    return list(await uow.session.scalars(due.order_by(func.min(Notification.mail_due_at)).limit(limit)))


async def waiting_for_mail(uow: UnitOfWork, tenant_id: str, limit: int) -> list[Notification]:
    """Give what a tenant has not been mailed, oldest first, also what is not due yet: it travels along."""
    uow.authorize("notifications:read")
    waiting = select(Notification).where(Notification.tenant_id == tenant_id, Notification.mail_due_at.is_not(None))
    oldest = waiting.order_by(Notification.created_at, Notification.id)
    return list(await uow.session.scalars(oldest.limit(limit)))


async def mails_of(uow: UnitOfWork, resource_id: str) -> list[OutgoingMail]:
    """Say which mails went out about a resource."""
    uow.authorize("notifications:read")
    return list(
        await uow.session.scalars(
            select(OutgoingMail).where(OutgoingMail.resource_id == resource_id).order_by(OutgoingMail.created_at)
        )
    )


async def undelivered(uow: UnitOfWork, request: PageRequest) -> Page[OutgoingMail]:
    """List the mails that reached nobody: refused for good, bounced or dropped on the way."""
    uow.authorize("notifications:read")
    lost = (MailStatus.failed, MailStatus.bounced, MailStatus.dropped)
    query = select(OutgoingMail).where(OutgoingMail.status.in_(lost))
    return await paginate(uow, query, request, {"created_at": OutgoingMail.created_at})


def visible_mails(uow: UnitOfWork) -> Select[OutgoingMail]:
    """Every read of mails beyond one object starts here."""
    uow.authorize("notifications:read")
    return select(OutgoingMail)


async def mail(uow: UnitOfWork, mail_id: str) -> OutgoingMail:
    found: OutgoingMail | None = await uow.session.scalar(visible_mails(uow).where(OutgoingMail.id == mail_id))
    if found is None:
        raise NotFound(f"No mail {mail_id}.")
    return found


async def mails_to(uow: UnitOfWork, tenant_id: str, limit: int = 100) -> list[OutgoingMail]:
    """List the mails to a tenant, newest first and without their texts."""
    mine = visible_mails(uow).where(OutgoingMail.tenant_id == tenant_id)
    newest = mine.order_by(OutgoingMail.id.desc()).limit(limit)
    return list(await uow.session.scalars(newest.options(defer(OutgoingMail.html), defer(OutgoingMail.attachments))))
