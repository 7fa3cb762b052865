"""Whom a question about one tenant is about."""

from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork


def named_tenant(uow: UnitOfWork, tenant_id: str | None) -> str:
    """Give the tenant that is named, else the caller's own; raises Invalid to whoever has none and names none."""
    tenant = tenant_id or uow.actor.tenant_id
    if tenant is None:
        raise invalid("tenant_id", "Name the tenant this is about.", "missing")
    return tenant
