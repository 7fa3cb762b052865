"""The platform setting `approval_policy`: what another person must agree to."""

from scaicontrol.core import platform_settings
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import PlatformSettingsChanged
from ..policy import APPROVAL_POLICY, ApprovalPolicy


@verb
async def set_policy(uow: UnitOfWork, wanted: ApprovalPolicy, version: int | None = None) -> int:
    """Put another policy in force and give its version; a stale `version` is a Conflict."""
    uow.authorize("platform:update")
    before = await queries.policy(uow)
    stored = await platform_settings.write(uow, APPROVAL_POLICY, wanted.model_dump(mode="json"), version)
    previous = before.model_dump(mode="json")
    uow.emit(
        PlatformSettingsChanged(key=APPROVAL_POLICY, version=stored, previous=previous),
        before=previous,
        after=wanted.model_dump(mode="json"),
    )
    return stored
