"""People, groups and their roles. The directory is ScaiKey's; what they may do here is given here."""

from typing import Annotated

from pydantic import Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.jobs import StartedOut
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity, identity_sync
from scaicontrol.services.identity.schemas import GroupDetailOut, GroupOut, RoleIn, RoleOut, UserDetailOut, UserOut

from .door import Paging, Tool

RoleName = Annotated[str, Field(max_length=40)]

tool = Tool("manage_users", "Who may do what.")


@tool.read("users:administer", out=list[UserOut])
async def list_(
    uow: UnitOfWork,
    paging: Paging,
    q: Word | None = None,
    tenant_id: Id | None = None,
    role: RoleName | None = None,
    status: Word | None = None,
) -> Page[UserOut]:
    """List people."""
    page = await identity.page_users(uow, paging.request, q=q, tenant_id=tenant_id, role=role, status=status)
    return page.of(await identity.shown_users(uow, page.items))


@tool.read("users:administer", out=UserDetailOut)
async def get(uow: UnitOfWork, user_id: Id) -> UserDetailOut:
    """Read a person, and what their roles allow."""
    return await identity.user_detail(uow, await identity.get_user(uow, user_id))


@tool.read("users:grant", out=list[RoleOut])
async def list_roles(uow: UnitOfWork) -> list[RoleOut]:
    """List roles one may give."""
    return [identity.shown_role(role) for role in identity.grantable(uow.actor)]


@tool.read("groups:read", out=list[GroupOut])
async def list_groups(
    uow: UnitOfWork, paging: Paging, q: Word | None = None, tenant_id: Id | None = None, has_role: bool | None = None
) -> Page[GroupOut]:
    """List groups."""
    page = await identity.page_groups(uow, paging.request, q=q, tenant_id=tenant_id, has_role=has_role)
    return page.of(await identity.shown_groups(uow, page.items))


@tool.read("groups:read", out=GroupDetailOut)
async def get_group(uow: UnitOfWork, group_id: Id) -> GroupDetailOut:
    """Read a group with its members."""
    return await identity.group_detail(uow, await identity.get_group(uow, group_id))


@tool.change("users:grant", out=UserDetailOut, destructive=True)
async def assign_role(uow: UnitOfWork, user_id: Id, body: RoleIn) -> UserDetailOut:
    """Give a person a role."""
    return await identity.user_detail(uow, await identity.grant(uow, user_id, body.role))


@tool.change("users:grant", out=UserDetailOut, destructive=True)
async def revoke_role(uow: UnitOfWork, user_id: Id, body: RoleIn) -> UserDetailOut:
    """Take it away."""
    return await identity.user_detail(uow, await identity.revoke(uow, user_id, body.role))


@tool.change("groups:grant", out=GroupDetailOut, destructive=True)
async def assign_group_role(uow: UnitOfWork, group_id: Id, body: RoleIn) -> GroupDetailOut:
    """Give a group its one role."""
    return await identity.group_detail(uow, await identity.grant_to_group(uow, group_id, body.role))


@tool.change("groups:grant", out=GroupDetailOut, destructive=True)
async def revoke_group_role(uow: UnitOfWork, group_id: Id) -> GroupDetailOut:
    """Take it away."""
    return await identity.group_detail(uow, await identity.revoke_from_group(uow, group_id))


@tool.change("identity:sync", out=StartedOut, outside=True)
async def sync(backend: Backend, actor: Actor) -> StartedOut:
    """Mirror ScaiKey's directory now."""
    return StartedOut(job_id=await identity_sync.start(backend, actor))
