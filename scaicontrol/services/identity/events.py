from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class RoleFact(DomainEvent):
    """What every fact about roles says; `version` tells one change from the next."""

    public: ClassVar[bool] = False

    role: str
    tenant_id: str | None
    partner_id: str | None
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class UserRoleGranted(RoleFact):
    topic: ClassVar[str] = "user.role_granted"
    resource: ClassVar[str] = "user_id"

    user_id: str


class UserRoleRevoked(RoleFact):
    topic: ClassVar[str] = "user.role_revoked"
    resource: ClassVar[str] = "user_id"

    user_id: str


class GroupRoleGranted(RoleFact):
    """Every member of the group has the role from now on; it replaces the one the group had."""

    topic: ClassVar[str] = "group.role_granted"
    resource: ClassVar[str] = "group_id"

    group_id: str
    previous_role: str | None = None


class GroupRoleRevoked(RoleFact):
    topic: ClassVar[str] = "group.role_revoked"
    resource: ClassVar[str] = "group_id"

    group_id: str


class UserSignedIn(DomainEvent):
    """Somebody opened a session with a browser."""

    topic: ClassVar[str] = "user.signed_in"
    resource: ClassVar[str] = "user_id"
    public: ClassVar[bool] = False

    user_id: str
    tenant_id: str | None
    partner_id: str | None
    session: str
    signed_in_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return self.session


class DirectorySynced(DomainEvent):
    """The directory was mirrored; `deletions_aborted` means that it looked too empty to be believed."""

    topic: ClassVar[str] = "directory.synced"
    resource: ClassVar[str] = "sync_id"
    public: ClassVar[bool] = False

    sync_id: str
    counts: dict[str, int]
    deletions_aborted: bool
    problems: list[str]
