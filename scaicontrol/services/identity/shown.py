"""People, groups and roles as surfaces show them: with what they were given, and what it adds up to."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from scaicontrol.core.work import UnitOfWork

from . import queries
from .models import Group, User
from .roles import Role
from .schemas import GroupDetailOut, GroupOut, RoleOut, UserDetailOut, UserOut


async def shown_users(uow: UnitOfWork, users: Iterable[User]) -> list[UserOut]:
    """Show people with the roles they were given themselves. The caller may see the people."""
    await uow.write()
    listed = list(users)
    given = await queries.roles_of_users(uow, [user.id for user in listed])
    return [UserOut(**_fields(user, UserOut), roles=given.get(user.id, [])) for user in listed]


async def user_detail(uow: UnitOfWork, user: User) -> UserDetailOut:
    """Show a person with their groups, and what all their roles together allow. The caller may see the person."""
    shown = (await shown_users(uow, [user]))[0]
    roles, permissions = await queries.permissions_of(uow, user)
    inside = await shown_groups(uow, await queries.groups_of(uow, user.id))
    return UserDetailOut(**dict(shown), groups=inside, effective_roles=roles, permissions=permissions)


async def shown_groups(uow: UnitOfWork, groups: Iterable[Group]) -> list[GroupOut]:
    """Show groups with the role and the number of members of each. The caller may see the groups."""
    await uow.write()
    rows = list(groups)
    ids = [group.id for group in rows]
    given, counted = await queries.roles_of_groups(uow, ids), await queries.member_counts(uow, ids)
    return [
        GroupOut(
            **_fields(group, GroupOut),
            role=next(iter(given.get(group.id, [])), None),
            member_count=counted.get(group.id, 0),
        )
        for group in rows
    ]


async def group_detail(uow: UnitOfWork, group: Group) -> GroupDetailOut:
    """Show a group with its members. The caller may see the group."""
    shown = (await shown_groups(uow, [group]))[0]
    return GroupDetailOut(**dict(shown), members=await shown_users(uow, await queries.members_of(uow, group.id)))


def shown_role(role: Role) -> RoleOut:
    """Say a role with its level and scopes."""
    return RoleOut(name=role.name, level=role.level.name, scopes=role.shown_scopes, read_only=role.read_only)


def _fields(row: object, model: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model.model_fields if hasattr(row, name)}
