"""Whoever takes rows out of the house leaves an entry."""

from collections.abc import Mapping
from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork


class ListExported(DomainEvent):
    """Rows left as a file; what was asked for stands in the entry, the rows do not."""

    topic: ClassVar[str] = "export.taken"
    resource: ClassVar[str] = "export_id"
    public: ClassVar[bool] = False

    export_id: str
    partner_id: str | None
    tenant_id: str | None
    list_name: str
    rows: int
    filters: dict[str, str]


async def record_export(uow: UnitOfWork, list_name: str, rows: int, filters: Mapping[str, str]) -> None:
    """Note in the audit log that the actor took `rows` rows of a list; whoever may see a list may take it."""
    uow.authorize("identity:me")
    fact = ListExported(
        export_id=new_id("exp"),
        partner_id=uow.actor.partner_id,
        tenant_id=uow.actor.tenant_id,
        list_name=list_name,
        rows=rows,
        filters=dict(filters),
    )
    uow.emit(fact, after={"list": list_name, "rows": rows, "filters": dict(filters)})
