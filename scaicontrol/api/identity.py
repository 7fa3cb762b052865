from typing import Annotated

from fastapi import Query

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.jobs import StartedOut
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity, identity_sync
from scaicontrol.services.identity.schemas import GroupDetailOut, GroupOut, RoleIn, RoleOut, UserDetailOut, UserOut

from .door import Many, One, Paged, Paging, Router

router = Router("/admin/users", tags=["admin-users"])
groups = Router("/admin/groups", tags=["admin-groups"])

Words = Annotated[str | None, Query(max_length=100)]


@router.get("", response_model=Paged[UserOut], permission="users:administer", summary="List people")
async def list_users(
    uow: UnitOfWork,
    paging: Paging,
    q: Words = None,
    tenant_id: str | None = None,
    role: str | None = None,
    status: str | None = None,
) -> Page[UserOut]:
    """`q` looks into name, e-mail and id."""
    uow.authorize("users:administer")
    page = await identity.page_users(uow, paging, q=q, tenant_id=tenant_id, role=role, status=status)
    return page.of(await identity.shown_users(uow, page.items))


@router.get("/roles", response_model=Many[RoleOut], permission="users:grant", summary="Roles one may grant")
async def roles(uow: UnitOfWork) -> list[RoleOut]:
    """With the scopes of each, the widest first."""
    uow.authorize("users:grant")
    return [identity.shown_role(role) for role in identity.grantable(uow.actor)]


@router.post(
    "/sync",
    response_model=One[StartedOut],
    status_code=202,
    permission="identity:sync",
    summary="Start an identity sync",
)
async def sync(backend: Backend, actor: Actor) -> StartedOut:
    """It runs in the background; its result stands among the jobs."""
    return StartedOut(job_id=await identity_sync.start(backend, actor))


@router.get("/{user_id}", response_model=One[UserDetailOut], permission="users:administer", summary="Show a person")
async def show_user(uow: UnitOfWork, user_id: str) -> UserDetailOut:
    """With groups, and what all roles together allow."""
    uow.authorize("users:administer")
    return await identity.user_detail(uow, await identity.get_user(uow, user_id))


@router.post("/{user_id}/role", response_model=One[UserDetailOut], permission="users:grant", summary="Grant a role")
async def grant(uow: UnitOfWork, user_id: str, body: RoleIn) -> UserDetailOut:
    """Nobody grants more than they have, and nobody changes their own roles."""
    return await identity.user_detail(uow, await identity.grant(uow, user_id, body.role))


@router.delete("/{user_id}/role", response_model=One[UserDetailOut], permission="users:grant", summary="Revoke a role")
async def revoke(uow: UnitOfWork, user_id: str, role: Annotated[str, Query(max_length=40)]) -> UserDetailOut:
    """The last super administrator stays."""
    return await identity.user_detail(uow, await identity.revoke(uow, user_id, role))


@groups.get("", response_model=Paged[GroupOut], permission="groups:read", summary="List groups")
async def list_groups(
    uow: UnitOfWork, paging: Paging, q: Words = None, tenant_id: str | None = None, has_role: bool | None = None
) -> Page[GroupOut]:
    """With the role and the number of members of each."""
    page = await identity.page_groups(uow, paging, q=q, tenant_id=tenant_id, has_role=has_role)
    return page.of(await identity.shown_groups(uow, page.items))


@groups.get("/{group_id}", response_model=One[GroupDetailOut], permission="groups:read", summary="Show a group")
async def show_group(uow: UnitOfWork, group_id: str) -> GroupDetailOut:
    """With its members."""
    return await identity.group_detail(uow, await identity.get_group(uow, group_id))


@groups.post(
    "/{group_id}/role", response_model=One[GroupDetailOut], permission="groups:grant", summary="Give a group its role"
)
async def grant_to_group(uow: UnitOfWork, group_id: str, body: RoleIn) -> GroupDetailOut:
    """One role per group, instead of the one it had; all members inherit it."""
    return await identity.group_detail(uow, await identity.grant_to_group(uow, group_id, body.role))


@groups.delete(
    "/{group_id}/role", response_model=One[GroupDetailOut], permission="groups:grant", summary="Take a group's role"
)
async def revoke_from_group(uow: UnitOfWork, group_id: str) -> GroupDetailOut:
    return await identity.group_detail(uow, await identity.revoke_from_group(uow, group_id))
