"""People and groups as tests need them: in the directory, with the roles a test names."""

from collections.abc import Iterable

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.identity.models import Group, GroupMember, RoleAssignment, User

from . import ACME, NORTHWIND, ada
from .registry import BORN


async def store_user(
    backend: Backend,
    name: str,
    *roles: str,
    tenant_id: str | None = ACME,
    partner_id: str | None = NORTHWIND,
    status: str = "active",
) -> User:
    """Put a person into the directory; their id is `usr_<name>`."""

    async def store(uow: UnitOfWork) -> User:
        user = User(
            id=f"usr_{name}",
            tenant_id=tenant_id,
            partner_id=partner_id,
            email=f"{name}@example.com",
            display_name=name.capitalize(),
            status=status,
        )
        uow.session.add(user)
        await uow.session.flush()
        for role in roles:
            uow.session.add(assignment(role, user_id=user.id, tenant_id=tenant_id, partner_id=partner_id))
        return user

    return await backend.perform(ada, store)


async def store_group(
    backend: Backend,
    name: str,
    members: Iterable[str],
    role: str | None = None,
    *,
    tenant_id: str | None = ACME,
    partner_id: str | None = NORTHWIND,
) -> Group:
    """Put a group of stored people into the directory; its id is `grp_<name>`."""

    async def store(uow: UnitOfWork) -> Group:
        group = Group(id=f"grp_{name}", tenant_id=tenant_id, partner_id=partner_id, name=name.capitalize())
        uow.session.add(group)
        await uow.session.flush()
        for member in members:
            uow.session.add(
                GroupMember(group_id=group.id, user_id=f"usr_{member}", tenant_id=tenant_id, partner_id=partner_id)
            )
        if role is not None:
            uow.session.add(assignment(role, group_id=group.id, tenant_id=tenant_id, partner_id=partner_id))
        return group

    return await backend.perform(ada, store)


def assignment(role: str, **where: str | None) -> RoleAssignment:
    subject = where.get("user_id") or where.get("group_id")
    return RoleAssignment(id=f"rol_{subject}_{role}"[:36], role=role, granted_by=ada.id, granted_at=BORN, **where)
