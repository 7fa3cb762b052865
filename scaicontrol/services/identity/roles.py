"""The roles, what they allow and who may hand them out (contract §7.5): one table and the rules over it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.permissions import ALL_SCOPES


class Level(IntEnum):
    """How far a role reaches; a higher level sees everything below it."""

    service = 0
    tenant = 1
    partner = 2
    platform = 3


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    level: Level
    scopes: frozenset[str]
    read_only: bool = False

    @property
    def shown_scopes(self) -> list[str]:
        """The scopes as people read them; the bypass is all of them."""
        return spelled_out(self.scopes)


_TENANT: Final = frozenset({
    "billing:manage", "billing:read", "subscriptions:read", "subscriptions:manage", "services:read",
})  # fmt: skip
_BILLING: Final = frozenset({
    "admin:billing", "admin:tenants", "admin:subscriptions", "admin:usage", "admin:accounting", "admin:audit",
})  # fmt: skip

ROLES: Final[Mapping[str, Role]] = MappingProxyType({
    role.name: role
    for role in (
        Role("super_admin", Level.platform, frozenset({"*"})),
        Role("platform_billing", Level.platform, _BILLING),
        Role(
            "partner_admin",
            Level.partner,
            _TENANT | _BILLING | {"admin:partners", "admin:users", "admin:groups", "admin:approve"},
        ),
        Role(
            "partner_viewer",
            Level.partner,
            frozenset({"admin:tenants", "admin:usage", "billing:read", "subscriptions:read", "services:read"}),
            read_only=True,
        ),
        Role("tenant_admin", Level.tenant, _TENANT),
        Role("tenant_user", Level.tenant, frozenset({"subscriptions:read", "services:read"})),
        Role("tenant_viewer", Level.tenant, frozenset({"services:read"})),
        Role("service", Level.service, frozenset({"registry:manage"})),
    )
})  # fmt: skip

# What a permission claim can give at most: no claim makes a customer's person an operator.
_WIDEST: Final = {Level.tenant: _TENANT, Level.partner: ROLES["partner_admin"].scopes, Level.platform: ALL_SCOPES}


@dataclass(frozen=True, slots=True)
class Reach:
    """What a set of roles adds up to."""

    level: Level
    scopes: frozenset[str]
    read_only: bool


def reach(roles: Iterable[str], claimed: Iterable[str] = ()) -> Reach:
    """
    Add up roles, and scopes claimed beside them, at the highest level among them.

    Scopes of lower roles are not carried up: `tenant_admin` beside `partner_viewer` must not let a viewer write in all
    of the partner's tenants.
    """
    held = [ROLES[name] for name in roles]
    level = max((role.level for role in held), default=Level.tenant)
    acting = [role for role in held if role.level is level]
    scopes = frozenset().union(*(role.scopes for role in acting))
    return Reach(
        level,
        scopes | (frozenset(claimed) & _WIDEST[level]),
        read_only=bool(acting) and all(role.read_only for role in acting),
    )


def spelled_out(scopes: Iterable[str]) -> list[str]:
    """List scopes by name, the super administrator's bypass as every one of them."""
    held = set(scopes)
    return sorted(ALL_SCOPES if "*" in held else held)


def level_of(actor: Actor) -> Level:
    """Tell how far an actor reaches, by the scope its session is bound to."""
    return {"platform": Level.platform, "partner": Level.partner, "tenant": Level.tenant}.get(
        actor.scope.kind, Level.service
    )  # fmt: skip


def refusal(actor: Actor, role: Role) -> str | None:
    """Say why an actor may not hand a role out or take it away, or None when it may."""
    if role.level is Level.service:
        return "The role service belongs to services; ScaiKey gives it."
    if role.level > level_of(actor):
        return f"{actor.name or actor.id} may not grant or revoke {role.name}: it reaches further than their own role."
    if "*" not in actor.scopes and not role.scopes <= actor.scopes:
        return f"{actor.name or actor.id} may not grant or revoke {role.name}: it allows more than their own role."
    return None


def grantable(actor: Actor) -> list[Role]:
    """List the roles an actor may hand out, the widest first."""
    if not (actor.may("users:grant") or actor.may("groups:grant")):
        return []
    return [role for role in ROLES.values() if refusal(actor, role) is None]
