"""Where each thing that the gate names is mended: on the document, its line, the billing profile, or the seller."""

from typing import Final

from starlette.requests import Request

from scaicontrol.services.invoices.schemas import CheckReasonOut, InvoiceOut

from .language import gettext
from .names import Ref, address_of

_SELLER: Final = frozenset({"seller_incomplete"})
_BUYER: Final = frozenset({"no_billing_profile", "profile_incomplete", "vat_undecidable", "vies_unavailable"})
_LINES: Final = frozenset({"lines", "totals", "allowances", "currency"})
_OF_BUYER: Final = frozenset({"buyer", "buyer_vat_number", "tax_exempt_reason", "tax_exempt_reason_code"})
_OF_DRAFT: Final = frozenset(
    {
        "issue_date",
        "due_date",
        "delivery_date",
        "buyer_reference",
        "purchase_order_ref",
        "contract_ref",
        "payment_terms",
        "period_end",
        "notes",
    }
)


def mending(request: Request, invoice: InvoiceOut, reason: CheckReasonOut) -> tuple[str, str] | None:
    """Give the address where a reason of the gate is mended and what is there, or None where nobody here can."""
    field = reason.field or ""
    root = field.split(".")[0]
    if reason.code == "exchange_rate_missing":
        found = _listed(request, "exchange-rate"), gettext("Exchange rates")
    elif reason.code in _SELLER or root == "seller":
        found = address_of(request, Ref("partner", invoice.partner_id)), gettext("The seller")
    elif reason.code in _BUYER or root in _OF_BUYER:
        found = address_of(request, Ref("tenant", invoice.tenant_id)), gettext("The billing profile")
    elif root in _OF_DRAFT:
        found = _verb(request, invoice, "finalize" if root == "issue_date" else "update"), gettext("The draft")
    elif root in _LINES:
        found = "#lines" if invoice.lines else _verb(request, invoice, "add_line"), gettext("The lines")
    else:
        return None
    return (found[0], found[1]) if found[0] else None


def _verb(request: Request, invoice: InvoiceOut, verb: str) -> str:
    return str(request.url_for("admin:view-invoice-do", pk=invoice.id, verb=verb))


def _listed(request: Request, view: str) -> str | None:
    for each in request.app.state.console.views:
        if each.is_model and each.identity == view and each.is_accessible(request):
            return str(request.url_for("admin:list", identity=view))
    return None
