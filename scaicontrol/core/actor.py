"""Who is asking, for whom, and what they may do."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self

from scaicontrol.db.tenant_filter import Scope

from .errors import Forbidden, Unauthenticated
from .permissions import BY_LINK, PERMISSIONS

LOOKING_ONLY: Final = (
    "You are looking at this tenant's portal as an operator, and can change nothing in it; end the view, and do it at "
    "the console under your own name."
)


class ActorKind(StrEnum):
    user = "user"
    service = "service"
    agent = "agent"
    job = "job"
    cli = "cli"
    link = "link"
    nobody = "nobody"


@dataclass(frozen=True, slots=True)
class Actor:
    """One principal in one scope. `scopes` are the contract's 19 grants; `*` is the super administrator's bypass."""

    id: str
    kind: ActorKind
    scope: Scope
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    name: str = ""
    email: str = ""
    client_id: str | None = None  # of service tokens: `service_registry.app_id`
    on_behalf_of: str | None = None
    read_only: bool = False
    portal_view_id: str | None = None  # of an operator who looks at a tenant's portal (contract §30)
    document_id: str | None = None  # of a link: the one invoice it sees
    surface: str = "worker"
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def nobody(cls) -> Self:
        """Nobody sees and may do nothing."""
        return cls("anonymous", ActorKind.nobody, Scope.none())

    @classmethod
    def system(cls, job: str) -> Self:
        """A background job: the whole platform, under its own name in the audit log."""
        return cls(f"system:{job}", ActorKind.job, Scope.platform(), frozenset({"*"}), name=job)

    @property
    def tenant_id(self) -> str | None:
        return self.scope.tenant_id

    @property
    def partner_id(self) -> str | None:
        return self.scope.partner_id

    @property
    def is_platform(self) -> bool:
        return self.scope.is_platform

    def may(self, permission: str) -> bool:
        """Tell whether this actor holds a permission; unknown permissions are a programming error."""
        grant = PERMISSIONS[permission]
        if self.kind is ActorKind.nobody:
            return grant.public
        if self.kind is ActorKind.link:
            return permission in BY_LINK
        if (self.read_only and grant.writes) or (grant.platform_only and not self.is_platform):
            return False
        if self.kind is ActorKind.service and "*" not in self.scopes and not grant.services:
            return False
        return grant.public or grant.anyone or "*" in self.scopes or bool(grant.scopes & self.scopes)

    def require(self, permission: str) -> None:
        """Raise Unauthenticated or Forbidden with a sentence that names what is missing."""
        if self.may(permission):
            return
        if self.kind is ActorKind.nobody:
            raise Unauthenticated("Sign in, or send a bearer token, to do this.")
        needed = " or ".join(sorted(PERMISSIONS[permission].scopes)) or "a signed-in tenant user"
        if self.portal_view_id and PERMISSIONS[permission].writes:
            raise Forbidden(LOOKING_ONLY)
        if self.read_only and PERMISSIONS[permission].writes:
            raise Forbidden(f"{self.name or self.id} has a read-only role and may not {spoken(permission)}.")
        raise Forbidden(f"{self.name or self.id} may not {spoken(permission)}; it needs {needed}.")

    def on(self, surface: str, request_id: str | None = None) -> Self:
        """The same actor, seen at one surface."""
        return replace(self, surface=surface, request_id=request_id)


def spoken(permission: str) -> str:
    """Say a permission as a person would: `invoices:finalize` → finalize invoices."""
    noun, verb = permission.split(":")
    return f"{verb.replace('_', ' ')} {noun.replace('_', ' ')}"
