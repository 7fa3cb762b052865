"""What a verified token says about who calls, whichever flow made it (contract §7.2). Pure and tolerant."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.permissions import ALL_SCOPES

from .roles import ROLES, Level

_ID_LONGEST: Final = 36
_CLIENT_LONGEST: Final = 100  # of services and agents: clients, not people
_IN_AN_ID: Final = re.compile(r"[\x21-\x7e]+")
_NAME_LONGEST: Final = 200
_EMAIL_LONGEST: Final = 254

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
    client_id = _text(claims, "client_id")
    speaks_for_itself = claims.get("token_type") == "client_credentials" or claims.get("sub") == client_id
    subject = _id(claims, "sub", _CLIENT_LONGEST if speaks_for_itself else _ID_LONGEST)
    if subject is None:
        raise Unauthenticated("The token does not say who it belongs to.")
    scopes = frozenset((*_words(claims.get("permissions")), *_words(claims.get("scope")))) & ALL_SCOPES
    if speaks_for_itself:
        client_id = _id(claims, "client_id", _CLIENT_LONGEST) or subject
        return Principal(ActorKind.service, client_id, scopes=scopes, client_id=client_id)
    agent_id = _agent(claims)
    return Principal(
        kind=ActorKind.agent if agent_id else ActorKind.user,
        user_id=subject,
        tenant_id=_id(claims, "tenant_id"),
        partner_id=_id(claims, "partner_id"),
        roles=frozenset(_roles(claims)),
        scopes=scopes,
        client_id=client_id,
        agent_id=agent_id,
    )


def profile_of(identity: Mapping[str, Any]) -> dict[str, str]:
    """Read what an ID token says of a person, in the columns of `User`; what does not fit them is left out."""
    email, name = _text(identity, "email"), _text(identity, "name")
    said = {
        "email": email if email and len(email) <= _EMAIL_LONGEST else None,
        "display_name": name[:_NAME_LONGEST] if name else None,
    }
    return {column: value for column, value in said.items() if value}


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
    named = isinstance(act, Mapping)
    agent_id = (_id(act, "sub", _CLIENT_LONGEST) or _id(act, "client_id", _CLIENT_LONGEST)) if named else None
    if agent_id is None:
        raise Unauthenticated("The token was exchanged for an agent but does not name it.")
    return agent_id


def _id(claims: Mapping[str, Any], name: str, longest: int = _ID_LONGEST) -> str | None:
    """Read an id as our columns keep it; one that is none is refused, because it may have narrowed the token."""
    value = claims.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest or not _IN_AN_ID.fullmatch(value):
        raise Unauthenticated(f"The token's {name} is not an id of at most {longest} printable ASCII characters.")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | tuple) else []
