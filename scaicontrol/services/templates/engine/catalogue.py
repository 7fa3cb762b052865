"""
Every variable a template may use (contract §19.2), as data: the check of what people wrote, the designer's picker and
the list of REST read it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, Literal

from ..kinds import ABOUT_A_SUBSCRIPTION, TemplateType
from ..labels import Labels

Kind = Literal["text", "money", "day", "number", "percent", "flag", "image", "list"]
Shape = dict[str, Any]  # a dict of names, a list of one shape, or "" for a value


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: `path` with `[]` after what is a list, and how it is usually printed."""

    path: str
    kind: Kind
    about: str

    @property
    def liquid(self) -> str:
        """Write it the way most templates would print it."""
        name = self.path.rpartition("[].")[2]
        item = _ITEMS.get(self.path.rpartition("[].")[0].rpartition(".")[2])
        spoken = f"{item}.{name}" if item else self.path
        return f"{{{{ {spoken}{_FILTER[self.kind]} }}}}"


_ITEMS: Final = {
    "lines": "line", "groups": "group", "adjustments": "adjustment", "entries": "entry", "notes": "note",
}  # fmt: skip
_FILTER: Final = {
    "text": "", "flag": "", "list": "", "image": "", "money": " | money", "day": " | date", "number": " | number",
    "percent": " | percent",
}  # fmt: skip


def _group(prefix: str, *rows: tuple[str, Kind, str]) -> tuple[Variable, ...]:
    return tuple(Variable(f"{prefix}.{name}", kind, about) for name, kind, about in rows)


_DOCUMENT: Final = (
    *_group(
        "invoice",
        ("number", "text", "Number"),
        ("issue_date", "day", "Issue date"),
        ("due_date", "day", "Due date, if any"),
        ("period_start", "day", "First day of the service period, if any"),
        ("period_end", "day", "Last day of the service period, if any"),
        ("currency", "text", "Currency (ISO 4217)"),
        ("status", "text", "finalized, or void on a cancelled document"),
        ("notes", "text", "Notes"),
        ("buyer_reference", "text", "The buyer's reference"),
        ("purchase_order_ref", "text", "The buyer's order"),
        ("contract_ref", "text", "The contract"),
        ("delivery_date", "day", "Day of delivery, if stated"),
        ("referenced_number", "text", "On a credit note: the number of the invoice it corrects"),
        ("referenced_date", "day", "On a credit note: the date of that invoice"),
    ),
    Variable("lines", "list", "The lines"),
    *_group(
        "lines[]",
        ("description", "text", "What was sold"),
        ("detail", "text", "More about it"),
        ("quantity", "number", "Quantity"),
        ("unit_label", "text", "Unit"),
        ("unit_price", "money", "Price of a unit, net"),
        ("per", "number", "For how many units the price is"),
        ("amount", "money", "Amount, net"),
        ("tax_rate", "percent", "VAT rate"),
        ("tax_category", "text", "VAT category (UNCL 5305)"),
        ("period_start", "day", "First day of its period, if any"),
        ("period_end", "day", "Last day of its period, if any"),
        ("adjustments", "list", "Discounts and charges on this line"),
    ),
    *_group(
        "lines[].adjustments[]",
        ("reason", "text", "Discount or charge"),
        ("amount", "money", "Amount, net; a discount is negative"),
    ),
    *_group(
        "totals",
        ("subtotal", "money", "Sum without VAT"),
        ("tax", "money", "VAT"),
        ("total", "money", "Sum with VAT"),
        ("paid", "money", "Paid already"),
        ("due", "money", "Left to pay"),
        ("lines", "money", "Sum of the lines"),
        ("adjustments", "list", "Discounts and charges on the whole document"),
        ("tax_currency", "text", "Currency the VAT is said in, too, if any"),
        ("tax_in_tax_currency", "money", "VAT in that currency"),
        ("groups", "list", "VAT by category and rate"),
    ),
    *_group(
        "totals.groups[]",
        ("category", "text", "VAT category (UNCL 5305)"),
        ("rate", "percent", "VAT rate"),
        ("base", "money", "Taxable amount"),
        ("tax", "money", "VAT amount"),
        ("reason", "text", "Why no VAT is charged"),
    ),
    *_group(
        "totals.adjustments[]",
        ("reason", "text", "Discount or charge"),
        ("amount", "money", "Amount, net; a discount is negative"),
    ),
    *_group(
        "tax",
        ("label", "text", "VAT in words"),
        ("legal_note", "text", "The notes the law asks for, as one text"),
        ("notes", "list", "The notes the law asks for, one by one"),
        ("reverse_charge", "flag", "Whether the buyer owes the VAT"),
    ),
    *_group(
        "tax.notes[]",
        ("category", "text", "VAT category it explains (UNCL 5305), if one"),
        ("text", "text", "The note"),
    ),
)
_PAYMENT: Final = _group(
    "payment",
    ("terms_days", "number", "Days to pay, if any"),
    ("iban", "text", "IBAN"),
    ("iban_grouped", "text", "IBAN in groups of four"),
    ("bic", "text", "BIC"),
    ("bank_name", "text", "Bank"),
    ("account_holder", "text", "Account holder"),
    ("means_code", "text", "How it is paid (UNCL 4461): 30, 58 transfer, 59 direct debit, 48, 54 card"),
    ("terms", "text", "Payment terms in words"),
    ("card_last4", "text", "Last digits of the card it is charged to"),
    ("card_network", "text", "Card network"),
    ("card_holder", "text", "Card holder"),
    ("mandate_reference", "text", "SEPA mandate it is debited by"),
    ("creditor_id", "text", "Our SEPA creditor identifier"),
    ("debtor_iban", "text", "Account it is debited from"),
    ("reference", "text", "What the payer should quote"),
    ("qr_payload", "image", "SEPA transfer for a QR code; print it as an image with | qr"),
    ("link", "text", "Where to pay online, if anywhere"),
)
_BUYER: Final = _group(
    "buyer",
    ("company_name", "text", "Name"),
    ("address_line1", "text", "Street"),
    ("address_line2", "text", "Second line"),
    ("postal_code", "text", "Postal code"),
    ("city", "text", "City"),
    ("state", "text", "State"),
    ("country_code", "text", "Country (ISO 3166)"),
    ("vat_number", "text", "VAT number"),
    ("contact_email", "text", "E-mail"),
    ("phone", "text", "Telephone"),
    ("address_lines", "list", "The address as its country writes it, line by line"),
)
_SELLER: Final = (
    *_group(
        "seller",
        ("legal_name", "text", "Legal name"),
        ("trade_name", "text", "Trade name"),
        ("seller_address_line1", "text", "Street"),
        ("seller_address_line2", "text", "Second line"),
        ("seller_postal_code", "text", "Postal code"),
        ("seller_city", "text", "City"),
        ("seller_state", "text", "State"),
        ("seller_country_code", "text", "Country (ISO 3166)"),
        ("seller_vat_number", "text", "VAT number"),
        ("seller_tax_number", "text", "Tax number that is no VAT number"),
        ("seller_registration_number", "text", "Registration number"),
        ("seller_email", "text", "E-mail"),
        ("seller_phone", "text", "Telephone"),
        ("address_lines", "list", "The address as its country writes it, line by line"),
    ),
    *_group("brand", ("logo_url", "image", "Logo, if any"), ("color", "text", "Colour, readable on white")),
)
_LABELS: Final = tuple(
    Variable(f"labels.{each.name}", "text", "Our own word for it, in the reader's language") for each in fields(Labels)
)
_MAIL: Final = (
    *_group("recipient", ("name", "text", "Who gets it"), ("email", "text", "Their address")),
    Variable("portal_url", "text", "Where the reader finds it in the portal"),
)
_SUBSCRIPTION: Final = _group(
    "subscription",
    ("service", "text", "Service"),
    ("plan", "text", "Plan"),
    ("trial_ends_at", "day", "Day the trial ends, if it is one"),
    ("days_remaining", "number", "Days until then"),
)
_NOTICES: Final = (
    Variable("notices", "list", "What the portal said since the last mail, oldest first"),
    *_group(
        "notices[]",
        ("title", "text", "What happened"),
        ("body", "text", "More of it, if any"),
        ("link", "text", "Where to look, if anywhere"),
    ),
)
_FAILURE: Final = _group(
    "failure",
    ("code", "text", "What the payment provider said"),
    ("next_retry_at", "day", "Day of the next attempt, if any"),
    ("attempt", "number", "How often it was tried"),
)


_REMINDER: Final = (
    *(each for each in _DOCUMENT if each.path in {
        "invoice.number", "invoice.issue_date", "invoice.due_date", "invoice.currency", "invoice.buyer_reference",
        "invoice.purchase_order_ref", "totals.total", "totals.paid",
    }),
    *_group(
        "reminder",
        ("level", "number", "1 is friendly, 3 is the last"),
        ("days_overdue", "number", "Days since it was due"),
        ("amount_due", "money", "What to pay, the fee included"),
        ("fee", "money", "Fee, if any"),
        ("date", "day", "Date of the reminder"),
    ),
)  # fmt: skip
_STATEMENT: Final = (
    *_group(
        "statement",
        ("currency", "text", "Currency (ISO 4217)"),
        ("from", "day", "First day"),
        ("to", "day", "Last day"),
        ("date", "day", "Date of the statement"),
        ("opening", "money", "Balance before"),
        ("closing", "money", "Balance after"),
        ("entries", "list", "What happened in between"),
    ),
    *_group(
        "statement.entries[]",
        ("date", "day", "Day"),
        ("document", "text", "Document"),
        ("text", "text", "What it was"),
        ("debit", "money", "Owed"),
        ("credit", "money", "Credited or paid"),
        ("balance", "money", "Balance after it"),
    ),
    *_group(
        "statement.aging",
        *((name, "money", "Open amount by age") for name in (
            "not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90",
        )),
    ),
)  # fmt: skip
_SAID: Final = {TemplateType.payment_reminder: _REMINDER, TemplateType.statement: _STATEMENT}


@cache
def variables_of(kind: TemplateType) -> tuple[Variable, ...]:
    """List what a template of this kind may use."""
    if not kind.is_mail:
        return (*_SAID.get(kind, _DOCUMENT), *_PAYMENT, *_BUYER, *_SELLER, *_LABELS)
    if kind in ABOUT_A_SUBSCRIPTION:
        return (*_MAIL, *_SUBSCRIPTION, *_SELLER, *_LABELS)
    if kind == TemplateType.email_notices:
        return (*_MAIL, *_NOTICES, *_SELLER, *_LABELS)
    failure = _FAILURE if kind == TemplateType.email_payment_failed else ()
    return (*_MAIL, *_DOCUMENT, *_PAYMENT, *failure, *_BUYER, *_SELLER, *_LABELS)


def filled(variables: Mapping[str, Any], kind: TemplateType) -> dict[str, Any]:
    """Give the data with everything a template may ask for: what a document has nothing to say about is None."""
    found: dict[str, Any] = _filled(variables, known(kind))
    return found


def _filled(value: Any, shape: Any) -> Any:
    if isinstance(shape, dict):
        given = value or {}
        return {**given, **{name: _filled(given.get(name), inner) for name, inner in shape.items()}}
    if isinstance(shape, list):
        return [_filled(item, shape[0]) for item in value or ()]
    return value


@cache
def known(kind: TemplateType) -> Shape:
    """Give the shape of the data of a kind."""
    shape: Shape = {}
    for variable in variables_of(kind):
        here = shape
        *parents, last = variable.path.split(".")
        for part in parents:
            here = here[part[:-2]][0] if part.endswith("[]") else here.setdefault(part, {})
        here[last] = [{}] if variable.kind == "list" else ""
    for party in ("buyer", "seller"):
        if party in shape:
            shape[party]["address_lines"] = [""]
    return shape
