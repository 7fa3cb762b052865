from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select
from starlette.requests import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity, partners, tenants
from scaicontrol.services.identity.models import Group, User
from scaicontrol.services.identity.schemas import GroupDetailOut, GroupOut, RoleIn, UserDetailOut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, named_column
from .language import gettext
from .menu import MenuGroup
from .pages import ConsolePage
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]


async def grant(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    role = RoleIn.model_validate({"role": given.get("role", "")}).role
    user = await backend.perform(actor, identity.grant, pk, role)
    return gettext(
        "%(name)s is %(role)s from now on.", name=user.display_name or user.email, role=formatting.spoken(role)
    )


async def revoke(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    role = RoleIn.model_validate({"role": given.get("role", "")}).role
    user = await backend.perform(actor, identity.revoke, pk, role)
    return gettext(
        "%(name)s is no %(role)s any more.", name=user.display_name or user.email, role=formatting.spoken(role)
    )


async def grant_to_group(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    role = RoleIn.model_validate({"role": given.get("role", "")}).role
    group = await backend.perform(actor, identity.grant_to_group, pk, role)
    return gettext("Everybody in %(name)s is %(role)s from now on.", name=group.name, role=formatting.spoken(role))


async def revoke_from_group(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    group = await backend.perform(actor, identity.revoke_from_group, pk)
    return gettext("%(name)s passes no role on any more.", name=group.name)


@dataclass(frozen=True, slots=True)
class UserPage:
    """A person with all that their roles together allow, and what whoever looks may give them."""

    user: UserDetailOut
    places: Mapping[str, str]
    grantable: Sequence[str]
    timeline: Timeline

    @property
    def name(self) -> str:
        return self.user.display_name or self.user.email or self.user.id


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group with its members and its role."""

    group: GroupDetailOut
    places: Mapping[str, str]
    grantable: Sequence[str]
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class UserRow:
    """A person in the list, with the roles they were given themselves."""

    user: User
    roles: Sequence[str]

    def __getattr__(self, name: str) -> object:
        return getattr(self.user, name)


async def _places(uow: UnitOfWork, tenant_id: str | None, partner_id: str | None) -> Mapping[str, str]:
    """Name the tenant and the partner that somebody belongs to."""
    there = dict(await tenants.names(uow, [tenant_id] if tenant_id else []))
    return {**there, **await partners.names(uow, [partner_id] if partner_id else [])}


class UserView(ControlView, model=User):
    name, name_plural, icon = "User", "Users", "users"
    category, rank = MenuGroup.oversight, 20
    about = "People as the directory knows them, and the roles they were given here."
    prefix = "usr"
    permission = "users:administer"
    details_template = "console/user.html"
    grows = True
    searched = (User.display_name, User.email, User.id)
    search_hint = "name, e-mail or id"
    columns = (
        ListColumn("Name", lambda row: row.display_name or row.email or row.id, User.display_name, "link"),
        ListColumn("E-mail", lambda row: row.email, User.email),
        ListColumn("Roles", lambda row: ", ".join(map(formatting.spoken, row.roles)) or formatting.NOTHING),
        named_column("Tenant", "tenant", "tenant_id"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Status", lambda row: row.status, User.status, "status"),
        ListColumn("Last here", lambda row: formatting.moment(row.last_login_at), User.last_login_at),
        ListColumn("Created", lambda row: formatting.day(row.created_at), User.created_at),
    )
    narrowing = (
        ListFilter("tenant", "Tenant", lambda value: User.tenant_id == value, kind="tenant"),
        ListFilter("partner", "Partner", lambda value: User.partner_id == value, kind="partner"),
        ListFilter("status", "Status", lambda value: User.status == value, ("active", "suspended", "inactive")),
    )
    verbs = (
        VerbButton(
            "grant",
            "Give a role",
            "users:grant",
            "It holds at once. Nobody gives more than they have, and nobody changes their own roles.",
            grant,
            [Field("role", "Role", "choice", choices=lambda detail: detail.grantable)],
        ),
        VerbButton(
            "revoke",
            "Take a role away",
            "users:grant",
            "It holds at once; what a group passes on stays.",
            revoke,
            [Field("role", "Role", "choice", choices=lambda detail: detail.user.roles)],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[User]:
        uow.authorize(self.permission)
        return identity.visible(uow)

    async def completed(self, uow: UnitOfWork, rows: Sequence[User]) -> Sequence[UserRow]:
        roles = {shown.id: shown.roles for shown in await identity.shown_users(uow, rows)}
        return [UserRow(row, roles.get(row.id, [])) for row in rows]

    async def detail(self, uow: UnitOfWork, pk: str) -> UserPage:
        uow.authorize(self.permission)
        user = await identity.user_detail(uow, await identity.get_user(uow, pk))
        return UserPage(
            user=user,
            places=await _places(uow, user.tenant_id, user.partner_id),
            grantable=[role.name for role in identity.grantable(uow.actor) if role.name not in user.roles],
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: UserPage) -> str:
        return detail.name

    def actions_of(self, detail: UserPage) -> Sequence[str]:
        return [*(["grant"] if detail.grantable else []), *(["revoke"] if detail.user.roles else [])]


class GroupView(ControlView, model=Group):
    name, name_plural, icon = "Group", "Groups", "groups"
    category, rank = MenuGroup.oversight, 30
    about = "Groups of the directory; the role of one is inherited by everybody in it."
    prefix = "grp"
    permission = "groups:read"
    details_template = "console/group.html"
    searched = (Group.name, Group.id)
    search_hint = "name or id"
    columns = (
        ListColumn("Name", lambda row: row.name, Group.name, "link"),
        ListColumn("Role", lambda row: formatting.spoken(row.role)),
        ListColumn("Members", lambda row: formatting.count(row.member_count), None, "number"),
        named_column("Tenant", "tenant", "tenant_id"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Created", lambda row: formatting.day(row.created_at), Group.created_at),
    )
    narrowing = (ListFilter("tenant", "Tenant", lambda value: Group.tenant_id == value, kind="tenant"),)
    verbs = (
        VerbButton(
            "grant",
            "Give a role",
            "groups:grant",
            "Everybody in the group has it at once, instead of the role that the group has now.",
            grant_to_group,
            [Field("role", "Role", "choice", choices=lambda detail: detail.grantable)],
        ),
        VerbButton(
            "revoke",
            "Take its role away",
            "groups:grant",
            "Nobody inherits it any more; what they were given themselves stays.",
            revoke_from_group,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Group]:
        uow.authorize(self.permission)
        return identity.visible_groups(uow)

    async def completed(self, uow: UnitOfWork, rows: Sequence[Group]) -> Sequence[GroupOut]:
        return await identity.shown_groups(uow, rows)

    async def detail(self, uow: UnitOfWork, pk: str) -> GroupPage:
        uow.authorize(self.permission)
        group = await identity.group_detail(uow, await identity.get_group(uow, pk))
        return GroupPage(
            group=group,
            places=await _places(uow, group.tenant_id, group.partner_id),
            grantable=[role.name for role in identity.grantable(uow.actor) if role.name != group.role],
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: GroupPage) -> str:
        return detail.group.name

    def actions_of(self, detail: GroupPage) -> Sequence[str]:
        return [*(["grant"] if detail.grantable else []), *(["revoke"] if detail.group.role else [])]


class RolesPage(ConsolePage):
    name, identity, icon = "Roles", "roles", "roles"
    category, rank = MenuGroup.oversight, 40
    about = "What each role allows, and which of them you may give."
    permission = "users:grant"
    template = "console/roles.html"

    async def content(self, request: Request) -> dict[str, object]:
        roles = [identity.shown_role(role) for role in identity.ROLES.values()]
        mine = {role.name for role in identity.grantable(console_of(request).actor)}
        return {"roles": roles, "grantable": mine, "scopes": sorted({scope for role in roles for scope in role.scopes})}


VIEWS = (UserView, GroupView, RolesPage)
