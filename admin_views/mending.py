"""Where each thing that the gate names is mended: on the document, its line, the billing profile, or the seller."""

from typing import Final

from starlette.requests import Request

from scaicontrol.services.invoices.schemas import CheckReasonOut, InvoiceOut

from .language import gettext
from .names import Ref, address_of
from .request_context import console_of

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
        found = _form(request, Ref("partner", invoice.partner_id), field), gettext("The seller")
    elif reason.code in _BUYER or root in _OF_BUYER:
        found = _form(request, Ref("tenant", invoice.tenant_id), field), gettext("The billing profile")
    elif root in _OF_DRAFT:
        found = _verb(request, invoice, "finalize" if root == "issue_date" else "update"), gettext("The draft")
    elif root in _LINES:
        found = "#lines" if invoice.lines else _verb(request, invoice, "add_line"), gettext("The lines")
    else:
        return None
    return (found[0], found[1]) if found[0] else None


def _form(request: Request, ref: Ref, field: str) -> str | None:
    """Give the form of an object that has this field, at the field; its page where no form of it does."""
    name, actor = field.rpartition(".")[2].removeprefix("buyer_"), console_of(request).actor
    for view in request.app.state.console.views:
        if view.is_model and view.identity == ref.view and view.is_accessible(request):
            for verb in view.verbs:
                if actor.may(verb.permission) and any(one.name == name for one in verb.fields):
                    form = request.url_for(f"admin:view-{ref.view}-do", pk=ref.pk, verb=verb.name)
                    return f"{form}#f-{name}"
    return address_of(request, ref)


def _verb(request: Request, invoice: InvoiceOut, verb: str) -> str:
    return str(request.url_for("admin:view-invoice-do", pk=invoice.id, verb=verb))


def _listed(request: Request, view: str) -> str | None:
    for each in request.app.state.console.views:
        if each.is_model and each.identity == view and each.is_accessible(request):
            return str(request.url_for("admin:list", identity=view))
    return None
