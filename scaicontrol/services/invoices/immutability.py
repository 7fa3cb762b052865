"""The ORM's net: a flush that would change or delete a sealed row is refused before the database sees it."""

from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from scaicontrol.core.errors import Refused
from scaicontrol.db.tenant_filter import ScopedSession
from scaicontrol.db.triggers import INVOICE_MUTABLE
from scaicontrol.services.tax.models import TaxDecision

from .models import Invoice, InvoiceLine


@event.listens_for(ScopedSession, "before_flush")
def _keep_sealed(session: Session, _: Any, __: Any) -> None:
    for row in session.deleted:
        if row.append_only or _was_sealed(session, row):
            raise Refused(f"Cannot delete {row}: it is sealed. Correct a finalized document with a credit note.")
    for row in session.dirty:
        if not session.is_modified(row):
            continue
        if row.append_only or (not isinstance(row, Invoice) and _was_sealed(session, row)):
            raise Refused(f"Cannot change {row}: it is sealed. Correct a finalized document with a credit note.")
        if isinstance(row, Invoice) and _was_sealed(session, row) and (fields := _changed(row) - INVOICE_MUTABLE):
            raise Refused(
                f"Cannot change {', '.join(sorted(fields))} of {row}: it is finalized. Correct it with a credit note."
            )
    _keep_closed(session, [row for row in session.new if isinstance(row, InvoiceLine)])


def _keep_closed(session: Session, new: list[InvoiceLine]) -> None:
    """Refuse new lines of a finalized document; a document is looked at once, whatever it has of them."""
    if not new:
        return
    begun = {row.id for row in session.new if isinstance(row, Invoice)}
    for invoice_id in {line.invoice_id for line in new if line.invoice_id is not None} - begun:
        if _is_sealed(session, invoice_id):
            raise Refused(f"Cannot add a line to invoice {invoice_id}: it is finalized.")
    # These hang on their document only in memory yet: `lines` gives them its key in this very flush.
    hanging = {id(line) for line in new if line.invoice_id is None}
    for row in session.identity_map.values() if hanging else ():
        if not isinstance(row, Invoice) or hanging.isdisjoint(map(id, row.__dict__.get("lines", ()))):
            continue
        if _was_sealed(session, row):
            raise Refused(f"Cannot add a line to invoice {row.id}: it is finalized.")


def _was_sealed(session: Session, row: Any) -> bool:
    """Tell whether the database holds this row as part of a finalized document."""
    if isinstance(row, InvoiceLine):
        return _is_sealed(session, row.invoice_id)
    if not isinstance(row, Invoice | TaxDecision):
        return False
    history = get_history(row, "finalized_at", PASSIVE_NO_INITIALIZE)
    before = history.deleted[0] if history.deleted else None if history.added else row.__dict__.get("finalized_at")
    return before is not None


def _is_sealed(session: Session, invoice_id: str) -> bool:
    parent = session.identity_map.get(session.identity_key(Invoice, invoice_id))
    if isinstance(parent, Invoice):
        return _was_sealed(session, parent)
    with session.no_autoflush:
        return session.scalar(select(Invoice.finalized_at).where(Invoice.id == invoice_id)) is not None


def _changed(row: Invoice) -> set[str]:
    # The lines too: one that is taken off a document is deleted only after this listener has looked.
    return {attribute.key for attribute in inspect(row).attrs if attribute.history.has_changes()}
