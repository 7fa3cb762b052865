"""Whose a row is, who sees it, and who may write it (contract §6.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from sqlalchemy.orm import Mapped, mapped_column

from .types import IdString

PLATFORMS: Final = ""  # the owner of what the platform shares with everybody


class ScopeViolation(RuntimeError):
    """A statement or row left its session's scope. A bug, never an answer for a caller."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a session may see and write."""

    kind: Literal["none", "platform", "partner", "tenant", "service"]
    partner_id: str | None = None
    tenant_id: str | None = None
    service_id: str | None = None

    @classmethod
    def none(cls) -> Self:
        return cls("none")

    @classmethod
    def platform(cls) -> Self:
        return cls("platform")

    @classmethod
    def partner(cls, partner_id: str) -> Self:
        return cls("partner", partner_id=partner_id)

    @classmethod
    def tenant(cls, partner_id: str, tenant_id: str) -> Self:
        return cls("tenant", partner_id=partner_id, tenant_id=tenant_id)

    @classmethod
    def service(cls, service_id: str) -> Self:
        return cls("service", service_id=service_id)

    @property
    def is_platform(self) -> bool:
        return self.kind == "platform"


class TenantOwned:
    """Marks rows with a `tenant_id` and a `partner_id`: seen by that tenant, its partner and the platform."""

    # Real columns, not annotations: the hook's criteria are analysed against the marker itself. A row may narrow them.
    tenant_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-8)
    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerOwned:
    """Marks rows with a `partner_id` that the partner's tenants may read too, such as its public identity."""

    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerPrivate:
    """Marks rows of a partner that its tenants never see."""

    partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7)


class PartnerShared:
    """Marks rows of a partner or of the platform ('') that the partner and its tenants use; it writes its own only."""

    owner_partner_id: Mapped[Any] = mapped_column(IdString, index=True, sort_order=-7, default="")


class Journal:
    """Marks facts and audit entries: whoever acts adds them, only their owner reads them."""


class ServiceReported:
    """Marks what a service writes about its own use: events and charges. It writes nothing else of a tenant."""


class PlatformWritten:
    """Marks rows with an owner, who only reads them: prices, and what the directory says."""


class SelfDescribed:
    """Marks what a service says about itself in the registry."""


class Common:
    """Marks rows of no owner that whoever acts may write, such as the keys of its requests."""


MARKERS: Final = (TenantOwned, PartnerOwned, PartnerPrivate, PartnerShared)
OWNERS: Final = ("tenant_id", "partner_id", "owner_partner_id")


def refuse_change(scope: Scope, kind: type) -> None:
    """Raise unless a scope may change or delete rows of a kind that it sees."""
    if scope.is_platform or issubclass(kind, Common):
        return
    name = kind.__name__
    if issubclass(kind, PlatformWritten):
        raise ScopeViolation(f"Only the platform writes a {name}.")
    if not issubclass(kind, MARKERS):
        if scope.kind == "service" and issubclass(kind, SelfDescribed):
            return
        raise ScopeViolation(f"Only the platform writes a {name}.")
    if scope.kind == "none":
        raise ScopeViolation(f"Nobody may write a {name}.")
    if scope.kind == "service" and not issubclass(kind, ServiceReported):
        raise ScopeViolation(f"A service reads a {name}; it writes its own usage and charges only.")
    if scope.kind == "tenant" and not issubclass(kind, TenantOwned):
        raise ScopeViolation(f"A tenant may not write a {name}; it belongs to its partner.")


def stamp_and_verify(scope: Scope, kind: type, get: Any, put: Any, row: Any) -> None:
    """Fill in the owner of a new row and refuse any owner but the session's own."""
    if scope.kind == "none" or not issubclass(kind, Journal):
        refuse_change(scope, kind)
    if not issubclass(kind, MARKERS):
        return
    if scope.kind == "service":
        if not issubclass(kind, Journal) and get(row, "service_id") != scope.service_id:
            raise ScopeViolation(f"A service may write a {kind.__name__} of its own only.")
        return
    for name, value in _own(scope, kind).items():
        if get(row, name) is None and not issubclass(kind, Journal):
            put(row, name, value)
        elif get(row, name) not in (value, None):
            raise ScopeViolation(f"A {kind.__name__} of another {name.removesuffix('_id')} cannot be written here.")


def _own(scope: Scope, kind: type) -> dict[str, str | None]:
    if issubclass(kind, PartnerShared):
        return {"owner_partner_id": scope.partner_id}
    own = {"partner_id": scope.partner_id}
    if scope.kind == "tenant" and hasattr(kind, "tenant_id"):
        own["tenant_id"] = scope.tenant_id
    return own


def check_owner(scope: Scope, loaded: Mapping[str, Any], kind: type) -> None:
    """Raise over a row that its scope should not have been given."""
    if scope.kind in ("platform", "service"):
        return
    if scope.kind == "none":
        raise ScopeViolation(f"Nobody loaded {kind.__name__}.")
    if (
        loaded.get("partner_id", scope.partner_id) != scope.partner_id
        or loaded.get("owner_partner_id", PLATFORMS) not in (scope.partner_id, PLATFORMS)
        or (scope.kind == "tenant" and loaded.get("tenant_id", scope.tenant_id) not in (scope.tenant_id, None))
    ):
        raise ScopeViolation(f"A foreign {kind.__name__} was loaded.")
