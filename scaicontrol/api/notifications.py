from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications
from scaicontrol.services.notifications.schemas import Category, MarkedOut, NotificationOut

from .door import One, Paged, Paging, Router

router = Router("/notifications", tags=["notifications"])


@router.get("", response_model=Paged[NotificationOut], permission="notifications:read", summary="List notices")
async def index(
    uow: UnitOfWork, paging: Paging, unread_only: bool = False, category: Category | None = None
) -> Page[NotificationOut]:
    """With when the caller read each; `total` of the unread ones is what a bell shows."""
    page = await notifications.page(uow, paging, unread_only=unread_only, category=category)
    return page.of(await notifications.shown(uow, page.items))


@router.post(
    "/{notification_id}/read",
    response_model=One[NotificationOut],
    permission="notifications:mark_read",
    summary="Mark a notice as read",
)
async def read(uow: UnitOfWork, notification_id: str) -> NotificationOut:
    """By the caller; others of the tenant still have it to read."""
    notice = await notifications.mark_read(uow, notification_id)
    return (await notifications.shown(uow, [notice]))[0]


@router.post(
    "/read-all", response_model=One[MarkedOut], permission="notifications:mark_read", summary="Mark all as read"
)
async def read_all(uow: UnitOfWork) -> MarkedOut:
    return MarkedOut(updated=await notifications.mark_all_read(uow))
