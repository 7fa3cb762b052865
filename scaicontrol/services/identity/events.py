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


class UserPreferencesChanged(DomainEvent):
    """Somebody chose how pages speak to them."""

    topic: ClassVar[str] = "user.preferences_changed"
    resource: ClassVar[str] = "user_id"
    public: ClassVar[bool] = False

    user_id: str
    tenant_id: str | None
    partner_id: str | None
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"preferences:v{self.version}"


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


class PortalViewFact(DomainEvent):
    resource: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    tenant_id: str
    partner_id: str
    portal_view_id: str
    operator_id: str

    @property
    def lifecycle_step(self) -> str:
        return self.portal_view_id


class PortalViewBegun(PortalViewFact):
    """An operator began to look at a tenant's portal."""

    topic: ClassVar[str] = "tenant.portal_view_begun"

    ticket: str
    ends_at: datetime


class PortalViewEnded(PortalViewFact):
    """The operator ended it before its time."""

    topic: ClassVar[str] = "tenant.portal_view_ended"

    ended_at: datetime


class DirectorySynced(DomainEvent):
    """The directory was mirrored; `deletions_aborted` means that it looked too empty to be believed."""

    topic: ClassVar[str] = "directory.synced"
    resource: ClassVar[str] = "sync_id"
    public: ClassVar[bool] = False

    sync_id: str
    counts: dict[str, int]
    deletions_aborted: bool
    problems: list[str]
