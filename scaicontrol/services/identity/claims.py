"""What a verified token says about who calls, whichever flow made it (contract §7.2). Pure and tolerant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.permissions import ALL_SCOPES

from .roles import ROLES, Level

# What a web session keeps of them; the tokens themselves never reach the database.
KEPT: Final = ("sub", "tenant_id", "partner_id", "roles", "role", "permissions", "scope")


@dataclass(frozen=True, slots=True)
class Principal:
    """The claims in our words; `agent_id` acts for `user_id` when a token was exchanged."""

    kind: ActorKind
    user_id: str
    tenant_id: str | None = None
    partner_id: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    client_id: str | None = None
    agent_id: str | None = None


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Read the claims of a token whose proof was checked; unknown roles and scopes are ignored."""
    subject = _text(claims, "sub")
    if subject is None:
        raise Unauthenticated("The token does not say who it belongs to.")
    client_id = _text(claims, "client_id")
    scopes = frozenset((*_words(claims.get("permissions")), *_words(claims.get("scope")))) & ALL_SCOPES
    if claims.get("token_type") == "client_credentials" or subject == client_id:
        client_id = client_id or subject
        return Principal(ActorKind.service, client_id, scopes=scopes, client_id=client_id)
    agent_id = _agent(claims)
    return Principal(
        kind=ActorKind.agent if agent_id else ActorKind.user,
        user_id=subject,
        tenant_id=_text(claims, "tenant_id"),
        partner_id=_text(claims, "partner_id"),
        roles=frozenset(_roles(claims)),
        scopes=scopes,
        client_id=client_id,
        agent_id=agent_id,
    )


def kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give the claims that say who somebody is, without those that prove it."""
    return {name: claims[name] for name in KEPT if claims.get(name) is not None}


def _roles(claims: Mapping[str, Any]) -> Iterable[str]:
    for name in (*_words(claims.get("roles")), *_words(claims.get("role"))):
        role = ROLES.get(name.lower())
        if role is not None and role.level is not Level.service:
            yield role.name


def _agent(claims: Mapping[str, Any]) -> str | None:
    act = claims.get("act")
    if act is None:
        return None
    agent_id = (_text(act, "sub") or _text(act, "client_id")) if isinstance(act, Mapping) else None
    if agent_id is None:
        raise Unauthenticated("The token was exchanged for an agent but does not name it.")
    return agent_id


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | tuple) else []
