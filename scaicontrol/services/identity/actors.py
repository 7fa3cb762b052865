"""From who a token speaks of to an actor: the person, their roles here, and the one scope they work in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import and_, or_, select

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.errors import NotFound, Unauthenticated
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services.tenants.reads import find

from .claims import Principal, principal_of
from .models import Group, GroupMember, RoleAssignment, User
from .roles import ROLES, Level, Reach, reach

ServiceLookup = Callable[[UnitOfWork, str], Awaitable[str | None]]


async def actor_from_claims(
    uow: UnitOfWork, claims: Mapping[str, Any], service_of: ServiceLookup | None = None
) -> Actor:
    """
    Give the actor a verified token stands for; contradictions and people who are gone are Unauthenticated.

    `service_of` tells which service a client id speaks for; an unregistered one sees nothing but may register.
    """
    principal = principal_of(claims)
    if principal.kind is ActorKind.service:
        return await _service(uow, principal, service_of)
    return await _person(uow, principal)


async def actor_of_user(uow: UnitOfWork, *, user_id: str) -> Actor:
    """Give the actor a known person would be with their local roles alone."""
    user = await uow.session.get(User, user_id)
    if user is None:
        raise NotFound(f"No user {user_id}; run `scaicontrol sync` when they are new.")
    return await _person(uow, Principal(ActorKind.user, user_id, user.tenant_id))


async def _service(uow: UnitOfWork, principal: Principal, service_of: ServiceLookup | None) -> Actor:
    service_id = await service_of(uow, principal.user_id) if service_of else None
    return Actor(
        id=principal.user_id,
        kind=ActorKind.service,
        scope=Scope.service(service_id) if service_id else Scope.none(),
        scopes=principal.scopes,
        roles=frozenset({"service"}),
        name=principal.user_id,
        client_id=principal.user_id,
    )


async def _person(uow: UnitOfWork, principal: Principal) -> Actor:
    user: User | None = await uow.session.get(User, principal.user_id)
    if user is not None and not user.is_active:
        raise Unauthenticated(f"The account of {user.email or user.id} is not active.")
    local = await local_roles(uow, user) if user is not None else frozenset()
    # Local assignments are authoritative: what the token claims counts only for people without any.
    roles = local | (principal.roles & {"super_admin"}) if local else principal.roles
    held = reach(roles, () if local else principal.scopes)
    scope = await _scope(uow, principal, user, held)
    return Actor(
        id=principal.agent_id or principal.user_id,
        kind=principal.kind,
        scope=scope,
        scopes=_narrowed(held.scopes, principal),
        roles=roles,
        name=(user.display_name or user.email) if user is not None else principal.user_id,
        email=user.email if user is not None else "",
        on_behalf_of=principal.user_id if principal.agent_id else None,
        read_only=held.read_only,
    )


def _narrowed(scopes: frozenset[str], principal: Principal) -> frozenset[str]:
    """An agent gets no more than its token names, when it names anything."""
    if principal.kind is not ActorKind.agent or not principal.scopes:
        return scopes
    return principal.scopes if "*" in scopes else scopes & principal.scopes


async def _scope(uow: UnitOfWork, principal: Principal, user: User | None, held: Reach) -> Scope:
    if held.level is Level.platform:
        return Scope.platform()
    tenant_id = principal.tenant_id or (user.tenant_id if user is not None else None)
    tenant = await find(uow, tenant_id) if tenant_id else None
    if tenant is not None and tenant.deleted_at is not None:
        raise Unauthenticated(f"Tenant {tenant.id} no longer exists.")
    if user is not None and user.tenant_id and principal.tenant_id not in (None, user.tenant_id):
        raise Unauthenticated(f"The token speaks of tenant {principal.tenant_id}, the directory of {user.tenant_id}.")
    known = tenant.partner_id if tenant is not None else user.partner_id if user is not None else None
    if known and principal.partner_id and known != principal.partner_id:
        raise Unauthenticated(f"The token speaks of partner {principal.partner_id}, the directory of {known}.")
    partner_id = principal.partner_id or known
    if partner_id is None:
        raise Unauthenticated("The token names no partner, and the directory does not know its tenant yet.")
    if held.level is Level.partner:
        return Scope.partner(partner_id)
    if principal.tenant_id is None:
        raise Unauthenticated("The token names no tenant.")
    return Scope.tenant(partner_id, principal.tenant_id)


async def local_roles(uow: UnitOfWork, user: User) -> frozenset[str]:
    """Give the roles a person holds here, their own and their groups', where they were given."""
    groups = (
        select(GroupMember.group_id)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.user_id == user.id, Group.deleted_at.is_(None))
    )
    rows = await uow.session.execute(
        select(RoleAssignment.role, RoleAssignment.tenant_id, RoleAssignment.partner_id).where(
            or_(
                RoleAssignment.user_id == user.id,
                and_(RoleAssignment.group_id.is_not(None), RoleAssignment.group_id.in_(groups)),
            )
        )
    )
    return frozenset(role for role, tenant_id, partner_id in rows if _counts(role, tenant_id, partner_id, user))


def _counts(role: str, tenant_id: str | None, partner_id: str | None, user: User) -> bool:
    known = ROLES.get(role)
    if known is None:
        return False
    if known.level is Level.platform:
        return True
    if partner_id != user.partner_id:
        return False
    return known.level is Level.partner or tenant_id in (None, user.tenant_id)
