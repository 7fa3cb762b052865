"""Keeping the decision of a document."""

from scaicontrol.core.errors import Conflict
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..decisions import Decided
from ..models import TaxDecision


async def store_decision(
    uow: UnitOfWork, decided: Decided, *, invoice_id: str, tenant_id: str, partner_id: str
) -> TaxDecision:
    """Keep the decision of an invoice, in place of one made for its draft before."""
    uow.authorize("tax:decide")
    row = await queries.find(uow, invoice_id)
    if row is None:
        row = TaxDecision(id=new_id("dec"), invoice_id=invoice_id, tenant_id=tenant_id, partner_id=partner_id)
        uow.session.add(row)
    elif row.finalized_at is not None:
        raise Conflict(f"The VAT decision of invoice {invoice_id} is final.")
    for name, value in decided.as_columns().items():
        setattr(row, name, value)
    return row
