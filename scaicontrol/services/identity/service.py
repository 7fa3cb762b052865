"""Handing roles out and taking them away (contract §7.5)."""

from sqlalchemy import select

from scaicontrol.core.errors import Forbidden, Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from . import queries, role_cache_epoch
from .events import GroupRoleGranted, GroupRoleRevoked, UserRoleGranted, UserRoleRevoked
from .models import Group, GroupMember, RoleAssignment, User
from .roles import ROLES, Role, refusal

_LAST = "super_admin"


@verb
async def grant(uow: UnitOfWork, user_id: str, role: str) -> User:
    """
    Give a person a role; one they have already changes nothing.

    Raises NotFound, Invalid for an unknown role, Forbidden for one's own roles and for a role above one's own.
    """
    uow.authorize("users:grant")
    user = await queries.get_user(uow, user_id, lock=True)
    _check(uow, _known(role))
    _not_own(uow, {user.id})
    held = await uow.session.scalar(
        select(RoleAssignment).where(RoleAssignment.user_id == user.id, RoleAssignment.role == role)
    )
    if held is not None and (held.tenant_id, held.partner_id) == (user.tenant_id, user.partner_id):
        return user
    if held is None:
        held = RoleAssignment(id=new_id("rol"), user_id=user.id, role=role)
        uow.session.add(held)
    # A role that was given in a former place counts here only when it is given again.
    held.tenant_id, held.partner_id = user.tenant_id, user.partner_id
    held.granted_by, held.granted_at = uow.actor.id, uow.now
    user.version += 1
    uow.emit(
        UserRoleGranted(
            user_id=user.id, role=role, tenant_id=user.tenant_id, partner_id=user.partner_id, version=user.version
        )
    )
    role_cache_epoch.advance_after_commit(uow)
    return user


@verb
async def revoke(uow: UnitOfWork, user_id: str, role: str) -> User:
    """
    Take a role away from a person; the last super administrator stays one.

    Raises NotFound, Invalid for an unknown role, Forbidden for one's own roles and for a role above one's own, Refused
    for a role that was not given to the person itself.
    """
    uow.authorize("users:grant")
    user = await queries.get_user(uow, user_id, lock=True)
    _check(uow, _known(role))
    _not_own(uow, {user.id})
    held = await uow.session.scalar(
        select(RoleAssignment).where(RoleAssignment.user_id == user.id, RoleAssignment.role == role)
    )
    if held is None:
        raise Refused(f"{user} was not given the role {role}; a group may have passed it on.")
    await _keep_one(uow, held)
    await uow.session.delete(held)
    user.version += 1
    uow.emit(
        UserRoleRevoked(
            user_id=user.id, role=role, tenant_id=user.tenant_id, partner_id=user.partner_id, version=user.version
        )
    )
    role_cache_epoch.advance_after_commit(uow)
    return user


@verb
async def grant_to_group(uow: UnitOfWork, group_id: str, role: str) -> Group:
    """
    Give a group its one role, instead of the one it had; every member inherits it.

    Raises NotFound, Invalid for an unknown role, Forbidden for a role above one's own and for a group one is in,
    Refused where the last super administrator would go.
    """
    uow.authorize("groups:grant")
    group = await queries.get_group(uow, group_id, lock=True)
    _check(uow, _known(role))
    _not_own(uow, await _members(uow, group))
    held = await uow.session.scalar(select(RoleAssignment).where(RoleAssignment.group_id == group.id))
    previous = held.role if held is not None else None
    if previous == role:
        return group
    if held is None:
        held = RoleAssignment(
            id=new_id("rol"), group_id=group.id, tenant_id=group.tenant_id, partner_id=group.partner_id
        )
        uow.session.add(held)
    else:
        _check(uow, _known(held.role))
        await _keep_one(uow, held)
    held.role, held.granted_by, held.granted_at = role, uow.actor.id, uow.now
    group.version += 1
    uow.emit(
        GroupRoleGranted(
            group_id=group.id,
            role=role,
            previous_role=previous,
            tenant_id=group.tenant_id,
            partner_id=group.partner_id,
            version=group.version,
        )
    )
    role_cache_epoch.advance_after_commit(uow)
    return group


@verb
async def revoke_from_group(uow: UnitOfWork, group_id: str) -> Group:
    """
    Take a group's role away from all of its members.

    Raises NotFound, Invalid for an unknown role, Forbidden for a role above one's own and for a group one is in,
    Refused for a group without a role and where the last super administrator would go.
    """
    uow.authorize("groups:grant")
    group = await queries.get_group(uow, group_id, lock=True)
    held = await uow.session.scalar(select(RoleAssignment).where(RoleAssignment.group_id == group.id))
    if held is None:
        raise Refused(f"{group} has no role.")
    _check(uow, _known(held.role))
    _not_own(uow, await _members(uow, group))
    await _keep_one(uow, held)
    await uow.session.delete(held)
    group.version += 1
    uow.emit(
        GroupRoleRevoked(
            group_id=group.id,
            role=held.role,
            tenant_id=group.tenant_id,
            partner_id=group.partner_id,
            version=group.version,
        )
    )
    role_cache_epoch.advance_after_commit(uow)
    return group


def _known(role: str) -> Role:
    if role not in ROLES:
        raise invalid("role", f"There is no role '{role}'; there are {', '.join(ROLES)}.", "unknown_role")
    return ROLES[role]


def _check(uow: UnitOfWork, role: Role) -> None:
    if sentence := refusal(uow.actor, role):
        raise Forbidden(sentence)


def _not_own(uow: UnitOfWork, subjects: set[str]) -> None:
    if subjects & {uow.actor.id, uow.actor.on_behalf_of}:
        raise Forbidden("Nobody changes their own roles; ask another administrator.")


async def _members(uow: UnitOfWork, group: Group) -> set[str]:
    return set(await uow.session.scalars(select(GroupMember.user_id).where(GroupMember.group_id == group.id)))


async def _keep_one(uow: UnitOfWork, leaving: RoleAssignment) -> None:
    """
    Refuse to take the platform's last super administrator away.

    The rows are locked, so that two administrators cannot remove each other at the same moment.
    """
    if leaving.role != _LAST:
        return
    others = (
        await uow.session.scalars(
            select(RoleAssignment)
            .where(RoleAssignment.role == _LAST, RoleAssignment.id != leaving.id)
            .with_for_update()
        )
    ).all()
    through_groups = select(GroupMember.user_id).where(
        GroupMember.group_id.in_([row.group_id for row in others if row.group_id])
    )
    people = select(User.id).where(User.deleted_at.is_(None), User.status == "active")
    direct = [row.user_id for row in others if row.user_id]
    remaining = await uow.session.scalar(people.where(User.id.in_(direct) | User.id.in_(through_groups)).limit(1))
    if remaining is None:
        raise Refused("This is the last super administrator; make somebody else one first.")
