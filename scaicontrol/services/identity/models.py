from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes
from scaicontrol.db.tenant_filter import TenantOwned


class User(TenantOwned, Model):
    """A person as ScaiKey's directory knows them, in one tenant; partner and platform people work in their office's."""

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_listed", "deleted_at", "status"),
        Index("ix_users_newest", "created_at", "id"),
        Index("ix_users_named", "display_name"),
        Index("ix_users_of_tenant", "tenant_id", "created_at", "id"),
        *list_indexes("status"),
        *list_indexes(order="display_name"),
        *list_indexes(order="email"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    tenant_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("tenants.id"))
    partner_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("partners.id"))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    display_name: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20), default="active")
    last_login_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    # What the person chose for themselves; NULL follows the browser and the language.
    language: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    number_format: Mapped[str | None] = mapped_column(String(20))
    date_format: Mapped[str | None] = mapped_column(String(20))
    theme: Mapped[str | None] = mapped_column(String(10))
    # Grows with every change of roles and preferences.
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"user {self.display_name or self.email or self.id} ({self.id})"

    @property
    def is_active(self) -> bool:
        return self.deleted_at is None and self.status == "active"


class Group(TenantOwned, Model):
    """A group of people as ScaiKey knows it; the role it may hold here is inherited by its members."""

    __tablename__ = "groups"

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    tenant_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("tenants.id"), index=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("partners.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"group {self.name} ({self.id})"


class GroupMember(TenantOwned, Model):
    """Who is in a group; the row belongs where the group belongs."""

    __tablename__ = "group_members"

    group_id: Mapped[str] = mapped_column(IdString, ForeignKey("groups.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(IdString, ForeignKey("users.id"), primary_key=True, index=True)
    tenant_id: Mapped[str | None] = mapped_column(IdString, index=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, index=True)


class RoleAssignment(TenantOwned, Model):
    """
    A role given to a user, or the one role of a group.

    It keeps the place where it was given: a person who moves to another tenant or partner does not carry it there.
    """

    __tablename__ = "role_assignments"
    __table_args__ = (UniqueConstraint("user_id", "role"), UniqueConstraint("group_id"))

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    user_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("users.id"))
    group_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("groups.id"))
    role: Mapped[str] = mapped_column(String(40), index=True)
    tenant_id: Mapped[str | None] = mapped_column(IdString, index=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, index=True)
    granted_by: Mapped[str] = mapped_column(String(100))
    granted_at: Mapped[datetime]


class PortalView(TenantScopedModel):
    """An operator looks at a tenant's portal until `ends_at`, which an end before its time moves."""

    __tablename__ = "portal_views"
    __table_args__ = (Index("ix_portal_views_running", "operator_id", "ends_at"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    operator_id: Mapped[str] = mapped_column(IdString)
    operator_name: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(String(500))
    ticket: Mapped[str] = mapped_column(String(100))
    begun_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"view {self.id} of the portal of {self.tenant_id}"


class WebSession(Model):
    """
    Somebody signed in with a browser.

    The row knows the id's digest only, and of the token only who it spoke of. Its moments are wall time, as those of
    tokens are: the development clock may jump.
    """

    bookkeeping = True
    __tablename__ = "web_sessions"

    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[str] = mapped_column(IdString, index=True)
    claims: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
