"""Notices to people in front of the portal."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications
from scaicontrol.services.notifications.schemas import Category, MarkedOut, NotificationOut

from .door import Paging, Tool

tool = Tool("manage_notifications", "What people were told in the portal.")


@tool.read("notifications:read", out=list[NotificationOut])
async def list_(
    uow: UnitOfWork, paging: Paging, unread_only: bool = False, category: Category | None = None
) -> Page[NotificationOut]:
    """List notices."""
    page = await notifications.page(uow, paging.request, unread_only=unread_only, category=category)
    return page.of(await notifications.shown(uow, page.items))


@tool.change("notifications:mark_read", out=NotificationOut)
async def mark_read(uow: UnitOfWork, notification_id: Id) -> NotificationOut:
    """Mark one as read."""
    notice = await notifications.mark_read(uow, notification_id)
    return (await notifications.shown(uow, [notice]))[0]


@tool.change("notifications:mark_read", out=MarkedOut)
async def mark_all_read(uow: UnitOfWork) -> MarkedOut:
    """Mark all as read."""
    return MarkedOut(updated=await notifications.mark_all_read(uow))
