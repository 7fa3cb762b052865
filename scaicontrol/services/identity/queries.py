from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.errors import NotFound, Unavailable
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants

from .actors import local_roles
from .models import Group, GroupMember, PortalView, RoleAssignment, User
from .roles import reach, spelled_out

USERS_SORTABLE = {
    "created_at": User.created_at,
    "display_name": User.display_name,
    "email": User.email,
    "last_login_at": User.last_login_at,
}
GROUPS_SORTABLE = {"created_at": Group.created_at, "name": Group.name}


def visible(uow: UnitOfWork) -> Select[User]:
    """Every read of people starts here; the session shows a tenant its own, a partner its tenants'."""
    uow.authorize("users:read")
    return select(User).where(User.deleted_at.is_(None))


def visible_groups(uow: UnitOfWork) -> Select[Group]:
    uow.authorize("groups:read")
    return select(Group).where(Group.deleted_at.is_(None))


async def get_user(uow: UnitOfWork, user_id: str, *, lock: bool = False) -> User:
    query = visible(uow).where(User.id == user_id)
    user: User | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if user is None:
        raise NotFound(f"No user {user_id}; run `scaicontrol sync` when they are new.")
    return user


async def get_group(uow: UnitOfWork, group_id: str, *, lock: bool = False) -> Group:
    query = visible_groups(uow).where(Group.id == group_id)
    group: Group | None = await uow.session.scalar(query.with_for_update() if lock else query)
    if group is None:
        raise NotFound(f"No group {group_id}.")
    return group


async def names(uow: UnitOfWork, user_ids: Iterable[str]) -> Mapping[str, str]:
    """Give the names of people by id: for rows that say who did something. The caller may see those rows."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = await uow.session.scalars(select(User).where(User.id.in_(wanted)))
    return {user.id: user.display_name or user.email or user.id for user in rows}


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the names of people that hold these words in name or address, by id, in the order of names."""
    holds = or_(User.display_name.icontains(words, autoescape=True), User.email.icontains(words, autoescape=True))
    rows = await uow.session.scalars(visible(uow).where(holds).order_by(User.display_name, User.id).limit(limit))
    return {user.id: user.display_name or user.email or user.id for user in rows}


async def page_users(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    q: str | None = None,
    tenant_id: str | None = None,
    role: str | None = None,
    status: str | None = None,
) -> Page[User]:
    """List people; `q` looks into name, e-mail and id, `role` finds those who were given it themselves."""
    query = visible(uow)
    if q:
        query = query.where(
            or_(User.display_name.icontains(q, autoescape=True), User.email.icontains(q, autoescape=True), User.id == q)
        )
    if tenant_id is not None:
        query = query.where(User.tenant_id == tenant_id)
    if role is not None:
        query = query.where(User.id.in_(select(RoleAssignment.user_id).where(RoleAssignment.role == role)))
    if status is not None:
        query = query.where(User.status == status)
    return await paginate(uow, query, request, USERS_SORTABLE)


async def page_groups(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    q: str | None = None,
    tenant_id: str | None = None,
    has_role: bool | None = None,
) -> Page[Group]:
    query = visible_groups(uow)
    if q:
        query = query.where(or_(Group.name.icontains(q, autoescape=True), Group.id == q))
    if tenant_id is not None:
        query = query.where(Group.tenant_id == tenant_id)
    if has_role is not None:
        with_role = Group.id.in_(select(RoleAssignment.group_id).where(RoleAssignment.group_id.is_not(None)))
        query = query.where(with_role if has_role else ~with_role)
    return await paginate(uow, query, request, GROUPS_SORTABLE)


async def roles_of_users(uow: UnitOfWork, user_ids: Iterable[str]) -> Mapping[str, list[str]]:
    """Give the roles people were given themselves. No permission of its own: the caller may see the people."""
    return await _roles_by(uow, RoleAssignment.user_id, user_ids)


async def roles_of_groups(uow: UnitOfWork, group_ids: Iterable[str]) -> Mapping[str, list[str]]:
    """Give the role of each group as a list of at most one. The caller may see the groups."""
    return await _roles_by(uow, RoleAssignment.group_id, group_ids)


async def _roles_by(uow: UnitOfWork, subject: object, ids: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    wanted = set(ids)
    if wanted:
        column = RoleAssignment.user_id if subject is RoleAssignment.user_id else RoleAssignment.group_id
        rows = await uow.session.execute(
            select(column, RoleAssignment.role).where(column.in_(wanted)).order_by(RoleAssignment.role)
        )
        for owner, role in rows:
            found[str(owner)].append(role)
    return found


async def groups_of(uow: UnitOfWork, user_id: str) -> Sequence[Group]:
    """List the groups a person is in, as far as the actor sees them. The caller may see the person."""
    member = select(GroupMember.group_id).where(GroupMember.user_id == user_id)
    rows = await uow.session.scalars(
        select(Group).where(Group.id.in_(member), Group.deleted_at.is_(None)).order_by(Group.name)
    )
    return rows.all()


async def members_of(uow: UnitOfWork, group_id: str) -> Sequence[User]:
    """List the people in a group, as far as the actor sees them. The caller may see the group."""
    member = select(GroupMember.user_id).where(GroupMember.group_id == group_id)
    rows = await uow.session.scalars(
        select(User).where(User.id.in_(member), User.deleted_at.is_(None)).order_by(User.display_name, User.id)
    )
    return rows.all()


async def member_counts(uow: UnitOfWork, group_ids: Iterable[str]) -> Mapping[str, int]:
    wanted = set(group_ids)
    if not wanted:
        return {}
    rows = await uow.session.execute(
        select(GroupMember.group_id, func.count(GroupMember.user_id))
        .where(GroupMember.group_id.in_(wanted))
        .group_by(GroupMember.group_id)
    )
    return {group_id: counted for group_id, counted in rows}  # noqa: C416  # rows are not pairs to the type checker


async def permissions_of(uow: UnitOfWork, user: User) -> tuple[list[str], list[str]]:
    """Give a person's merged roles and the scopes they add up to, as far as they are known here."""
    roles = await local_roles(uow, user)
    return sorted(roles), spelled_out(reach(roles).scopes)


@dataclass(frozen=True, slots=True)
class Me:
    """Who the caller is, in the words of the directory."""

    user_id: str
    tenant_id: str | None
    partner_id: str | None
    email: str | None
    display_name: str | None
    tenant_name: str | None
    partner_name: str | None
    time_zone: str
    roles: list[str]
    permissions: list[str]
    portal_view: PortalView | None
    brand: partners.Brand | None


async def me(uow: UnitOfWork) -> Me:
    """Say who is asking, with the merged roles and permissions; names come from the synced rows, not the token."""
    uow.authorize("identity:me")
    actor = uow.actor
    user_id = actor.on_behalf_of or actor.id
    user: User | None = None
    if actor.kind is not ActorKind.service:
        user = await uow.session.scalar(select(User).where(User.id == user_id))
    tenant_id = actor.tenant_id or (user.tenant_id if user is not None else None)
    partner_id = actor.partner_id or (user.partner_id if user is not None else None)
    return Me(
        user_id=user_id,
        tenant_id=tenant_id,
        partner_id=partner_id,
        email=(user.email if user is not None else actor.email) or None,
        display_name=(user.display_name if user is not None else actor.name) or None,
        tenant_name=(await tenants.names(uow, [tenant_id])).get(tenant_id) if tenant_id else None,
        partner_name=(await partners.names(uow, [partner_id])).get(partner_id) if partner_id else None,
        time_zone=(await partners.settings_of(uow, partner_id)).timezone if partner_id else "UTC",
        roles=sorted(actor.roles),
        permissions=spelled_out(actor.scopes),
        portal_view=await _portal_view(uow),
        brand=await partners.brand_of(uow, partner_id) if partner_id else None,
    )


async def _portal_view(uow: UnitOfWork) -> PortalView | None:
    if uow.actor.portal_view_id is None:
        return None
    view: PortalView | None = await uow.session.get(PortalView, uow.actor.portal_view_id)
    if view is None:  # this replica lags, and without the view the portal would show no banner
        raise Unavailable("Your view of this tenant's portal is not known everywhere yet; try again.", retry_after=1)
    return view
