"""What operators set for the whole platform (contract §27.22)."""

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.schemas import PlatformSettingsIn, PlatformSettingsOut

from .door import One, Router

router = Router("/admin/platform", tags=["admin-platform"])


@router.get(
    "/settings",
    response_model=One[PlatformSettingsOut],
    permission="platform:read",
    summary="Show the settings of the platform",
)
async def show(uow: UnitOfWork) -> PlatformSettingsOut:
    """What is in force; `version` is 0 while nobody has set anything."""
    return await changes.platform(uow)


@router.put(
    "/settings",
    response_model=One[PlatformSettingsOut],
    permission="platform:update",
    summary="Set the settings of the platform",
)
async def put(uow: UnitOfWork, body: PlatformSettingsIn) -> PlatformSettingsOut:
    """
    Replaces all of them, for the changes that follow; a stale `version` is refused with 409.

    The policy that holds until then decides whether that needs another person.
    """
    await changes.set_policy(uow, body.settings.approval_policy, body.version)
    return await changes.platform(uow)
