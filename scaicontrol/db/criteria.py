"""The conditions that leave a statement the rows of its scope."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import column, false, or_, select, table
from sqlalchemy.orm import LoaderCriteriaOption
from sqlalchemy.sql.base import ExecutableOption

from .ownership import MARKERS, PLATFORMS, PartnerOwned, PartnerPrivate, PartnerShared, Scope, TenantOwned

# Columns of a table whose model stands far above. It counts as owned: only the conditions here may read it.
SUBSCRIPTIONS: Final = table("subscriptions", column("tenant_id"), column("partner_id"), column("service_id"))


class ScopeCriteria(LoaderCriteriaOption):
    """A condition of the session's scope. What it adds is told from every other condition by its class."""

    _traverse_internals = LoaderCriteriaOption._traverse_internals  # noqa: SLF001  # so that its statements are cached

    def __init__(self, marker: type, condition: Callable[[Any], Any]) -> None:
        super().__init__(marker, condition, include_aliases=True)


@lru_cache(maxsize=4096)
def criteria(scope: Scope) -> tuple[ExecutableOption, ...]:
    """Give the conditions for the rows that a scope sees."""
    partner_id, tenant_id, service_id = scope.partner_id, scope.tenant_id, scope.service_id
    match scope.kind:
        case "tenant":
            return (
                _shared(partner_id),
                ScopeCriteria(TenantOwned, lambda row: row.tenant_id == tenant_id),
                ScopeCriteria(PartnerOwned, lambda row: row.partner_id == partner_id),
                ScopeCriteria(PartnerPrivate, lambda _: false()),
            )
        case "partner":
            owned = (TenantOwned, PartnerOwned, PartnerPrivate)
            return (
                _shared(partner_id),
                *(ScopeCriteria(marker, lambda row: row.partner_id == partner_id) for marker in owned),
            )
        case "service":
            return (
                ScopeCriteria(
                    TenantOwned,
                    lambda row: row.tenant_id.in_(
                        select(SUBSCRIPTIONS.c.tenant_id).where(SUBSCRIPTIONS.c.service_id == service_id)
                    ),
                ),
                ScopeCriteria(
                    PartnerOwned,
                    lambda row: row.partner_id.in_(
                        select(SUBSCRIPTIONS.c.partner_id).where(SUBSCRIPTIONS.c.service_id == service_id)
                    ),
                ),
                ScopeCriteria(PartnerPrivate, lambda _: false()),
                ScopeCriteria(PartnerShared, lambda _: false()),
            )
        case _:
            return tuple(ScopeCriteria(marker, lambda _: false()) for marker in MARKERS)


def _shared(own: str | None) -> ExecutableOption:
    return ScopeCriteria(PartnerShared, lambda row: or_(row.owner_partner_id == own, row.owner_partner_id == PLATFORMS))
