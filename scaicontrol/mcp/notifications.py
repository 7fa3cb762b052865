"""Notices to people in front of the portal."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications
from scaicontrol.services.notifications.models import Notification
from scaicontrol.services.notifications.schemas import MarkedOut, NotificationOut

from .door import Paging, Tool

tool = Tool("manage_notifications", "What people were told in the portal.")


@tool.read("notifications:read", out=list[NotificationOut])
async def list_(
    uow: UnitOfWork, paging: Paging, unread_only: bool = False, category: Word | None = None
) -> Page[Notification]:
    """List notices."""
    return await notifications.page(uow, paging.request, unread_only=unread_only, category=category)


@tool.change("notifications:mark_read", out=NotificationOut)
async def mark_read(uow: UnitOfWork, notification_id: Id) -> Notification:
    """Mark one as read."""
    return await notifications.mark_read(uow, notification_id)


@tool.change("notifications:mark_read", out=MarkedOut)
async def mark_all_read(uow: UnitOfWork) -> MarkedOut:
    """Mark all as read."""
    return MarkedOut(updated=await notifications.mark_all_read(uow))
