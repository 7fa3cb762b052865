"""A service reports on the tenants that hold it, and on nobody else."""

from typing import Any

from sqlalchemy import Select, select

from .criteria import SUBSCRIPTIONS
from .ownership import ScopeViolation

Holder = tuple[str, str]  # a tenant and its partner


def holders(service_id: Any, tenant_ids: Any) -> Select[str, str]:
    """Ask which of these tenants hold or held a service, and under which partner; both may be a `bindparam`."""
    table = SUBSCRIPTIONS.c
    mine = select(table.tenant_id, table.partner_id).distinct()
    return mine.where(table.service_id == service_id, table.tenant_id.in_(tenant_ids))


def refuse_strangers(named: set[Holder], held: set[Holder]) -> None:
    """Raise when a service would write of a tenant that does not hold it."""
    if strangers := named - held:
        tenants = ", ".join(sorted(str(tenant) for tenant, _ in strangers))
        raise ScopeViolation(f"A service writes of the tenants that hold it only, not of {tenants}.")
