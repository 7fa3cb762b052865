"""Which document may do what, state by state."""

import pytest

from scaicontrol.core.errors import Refused
from scaicontrol.services.invoices.lifecycle import InvoiceLifecycle, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice

S = InvoiceStatus
ALLOWED = {
    (S.draft, "finalize"): S.finalized,
    (S.draft, "void"): S.void,
    (S.finalized, "deliver"): S.sent,
    (S.finalized, "settle"): S.paid,
    (S.finalized, "void"): S.void,
    (S.sent, "age"): S.past_due,
    (S.sent, "settle"): S.paid,
    (S.sent, "void"): S.void,
    (S.past_due, "settle"): S.paid,
    (S.past_due, "void"): S.void,
    (S.paid, "reopen"): S.finalized,
}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("event", ["finalize", "deliver", "age", "settle", "reopen", "void"])
def test_every_state_meets_every_event(status, event):
    invoice = Invoice(id="inv_1", status=status)
    if (status, event) in ALLOWED:
        invoice.advance(event)
        assert invoice.status == ALLOWED[status, event]
    else:
        with pytest.raises(Refused, match=f"it is {status}"):
            invoice.advance(event)
        assert invoice.status == status


def test_the_table_is_the_machine():
    drawn = {(source, event): target for source, event, target in InvoiceLifecycle.transitions()}
    assert drawn == {(str(source), event): str(target) for (source, event), target in ALLOWED.items()}
