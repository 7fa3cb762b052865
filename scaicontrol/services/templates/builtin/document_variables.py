"""What each kind of document must be given (contract §19.2), and a check that names everything that is missing."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from scaicontrol.core.errors import Invalid, Reason

DocumentKind = Literal["invoice", "credit_note", "payment_reminder", "statement"]

_LETTERHEAD = (
    "seller.legal_name", "seller.trade_name", "seller.address_lines", "seller.seller_registration_number",
    "seller.seller_vat_number", "seller.seller_email", "seller.seller_phone", "brand.logo_url", "brand.color",
    "buyer.company_name", "buyer.address_lines", "buyer.vat_number",
)  # fmt: skip
_ACCOUNT = (
    "payment.iban", "payment.iban_grouped", "payment.bic", "payment.bank_name", "payment.account_holder",
    "payment.reference", "payment.qr_payload",
)  # fmt: skip
_LINES = (
    "lines[].description", "lines[].detail", "lines[].quantity", "lines[].unit_label", "lines[].unit_price",
    "lines[].per", "lines[].tax_rate", "lines[].tax_category", "lines[].amount", "lines[].period_start",
    "lines[].period_end",
)  # fmt: skip
_BILLED = (
    "invoice.number", "invoice.issue_date", "invoice.currency", "invoice.notes", "invoice.period_start",
    "invoice.period_end", "invoice.buyer_reference", "invoice.purchase_order_ref", *_LINES, "totals.subtotal",
    "totals.total", "totals.paid", "totals.due", "totals.groups[].category", "totals.groups[].rate",
    "totals.groups[].base", "totals.groups[].tax", "totals.tax", "tax.notes[].category", "tax.notes[].text",
)  # fmt: skip
_NEEDED: dict[DocumentKind, tuple[str, ...]] = {
    "invoice": (*_LETTERHEAD, *_BILLED, *_ACCOUNT, "invoice.due_date"),
    "credit_note": (*_LETTERHEAD, *_BILLED, "invoice.referenced_number", "invoice.referenced_date"),
    "payment_reminder": (
        *_LETTERHEAD, *_ACCOUNT, "invoice.number", "invoice.issue_date", "invoice.due_date", "invoice.currency",
        "invoice.buyer_reference", "invoice.purchase_order_ref", "totals.total", "totals.paid", "reminder.level",
        "reminder.days_overdue", "reminder.amount_due",
    ),
    "statement": (
        *_LETTERHEAD, *_ACCOUNT, "statement.currency", "statement.from", "statement.to", "statement.opening",
        "statement.closing", "statement.entries[].date", "statement.entries[].document", "statement.entries[].text",
        "statement.entries[].debit", "statement.entries[].credit", "statement.entries[].balance",
        "statement.aging.not_due", "statement.aging.days_1_30", "statement.aging.days_31_60",
        "statement.aging.days_61_90", "statement.aging.days_over_90",
    ),
}  # fmt: skip


def require(variables: Mapping[str, Any], kind: DocumentKind) -> None:
    """Raise Invalid that names every variable a document of `kind` needs and lacks; None and '' are values."""
    missing = [path for path in _NEEDED[kind] if not _holds(variables, path.split("."))]
    if missing:
        reasons = [Reason("template_variable", f"The variable {path} is missing.", path) for path in missing]
        raise Invalid(f"A {kind} cannot be written without {', '.join(missing)}.", reasons=reasons)


def currency_of(variables: Mapping[str, Any]) -> str:
    """Give the currency every amount of a document is in."""
    return str(variables["statement" if "statement" in variables else "invoice"]["currency"])


def _holds(value: Any, path: list[str]) -> bool:
    """Follow a path; `name[]` asks it of every item."""
    for position, name in enumerate(path):
        key = name.removesuffix("[]")
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
        if name.endswith("[]"):
            return all(_holds(item, path[position + 1 :]) for item in value)
    return True


def texts(variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk everything people typed with the path it stands under: `lines[2].description`."""
    yield from _texts(variables, "")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if not value.startswith("data:"):
            yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value, start=1):
            yield from _texts(item, f"{path}[{position}]")
