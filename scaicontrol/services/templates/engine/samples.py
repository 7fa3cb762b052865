"""
The sample a template is tried with before it goes live: two rates, a period, a reference, a discount, a long name.

The figures agree with each other; shapes are those of `einvoices.variables` (a test holds them together).
"""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..kinds import ABOUT_A_SUBSCRIPTION, TemplateType

_OCTOBER: Final = {"period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}
_NO_PERIOD: Final = {"period_start": None, "period_end": None}


def _line(description: str, quantity: str, price: str, amount: str, rate: str, **more: Any) -> dict[str, Any]:
    return {
        "description": description, "detail": None, "quantity": Decimal(quantity), "unit_label": None,
        "unit_price": Decimal(price), "per": Decimal(1), "amount": Decimal(amount), "tax_rate": Decimal(rate),
        "tax_category": "S", "adjustments": [], **_NO_PERIOD, **more,
    }  # fmt: skip


_LINES: Final = (
    _line("ScaiDrive Team, storage for your documents", "12", "14.90", "178.80", "21", unit_label="users", **_OCTOBER),
    _line("API calls", "1234567", "0.0012", "1481.48", "21", unit_label="calls", detail="Europe", **_OCTOBER),
    _line("Handbook <second edition> & cover", "3", "20.00", "60.00", "9"),
    _line("Loyalty discount", "1", "-25.00", "-25.00", "21"),
)
_SAMPLE: Final[dict[str, Any]] = {
    "invoice": {
        "number": "SCAI-2026-000042", "issue_date": date(2026, 11, 1), "due_date": date(2026, 11, 15), **_OCTOBER,
        "currency": "EUR", "status": "finalized", "notes": "Thank you for working with us.",
        "buyer_reference": "AP-2026-17", "purchase_order_ref": "PO-7781", "contract_ref": None,
        "delivery_date": None, "referenced_number": None, "referenced_date": None,
    },
    "lines": list(_LINES),
    "buyer": {
        "company_name": "Müller & Söhne Maschinenbau GmbH", "address_line1": "Unter den Linden 1",
        "address_line2": "3. Etage", "postal_code": "10117", "city": "Berlin", "state": None, "country_code": "DE",
        "vat_number": "DE123456788", "contact_email": "rechnung@mueller.example", "phone": "+49 30 1234567",
        "address_lines": ["Unter den Linden 1", "3. Etage", "10117 Berlin", "Germany"],
    },
    "seller": {
        "legal_name": "Northwind Cloud B.V.", "trade_name": "Northwind", "seller_address_line1": "Herengracht 101",
        "seller_address_line2": None, "seller_postal_code": "1015 BE", "seller_city": "Amsterdam",
        "seller_state": None, "seller_country_code": "NL", "seller_vat_number": "NL123456782B90",
        "seller_tax_number": None, "seller_registration_number": "68750110",
        "seller_email": "billing@northwind.example", "seller_phone": "+31 20 123 4567",
        "address_lines": ["Herengracht 101", "1015 BE Amsterdam", "Netherlands"],
    },
    "totals": {
        "subtotal": Decimal("1695.28"), "tax": Decimal("348.81"), "total": Decimal("2044.09"),
        "paid": Decimal("44.09"), "due": Decimal("2000.00"), "lines": Decimal("1695.28"), "adjustments": [],
        "tax_currency": None, "tax_in_tax_currency": None,
        "groups": [
            {"category": "S", "rate": Decimal(21), "base": Decimal("1635.28"), "tax": Decimal("343.41"),
             "reason": None},
            {"category": "S", "rate": Decimal(9), "base": Decimal("60.00"), "tax": Decimal("5.40"), "reason": None},
        ],
    },
    "payment": {
        "terms_days": 14, "iban": "NL91ABNA0417164300", "iban_grouped": "NL91 ABNA 0417 1643 00", "bic": "ABNANL2A",
        "bank_name": "ABN AMRO", "account_holder": "Northwind Cloud B.V.", "reference": "SCAI-2026-000042",
        "qr_payload": "BCD\n002\n1\nSCT\nABNANL2A\nNorthwind Cloud B.V.\nNL91ABNA0417164300\nEUR2000.00",
        "link": "https://billing.northwind.example/pay", "means_code": "58", "terms": "14 days net",
        "card_last4": None, "card_network": None, "card_holder": None, "mandate_reference": None,
        "creditor_id": None, "debtor_iban": None,
    },
    "tax": {"label": "VAT 21.00%", "legal_note": "Margin scheme does not apply.", "reverse_charge": False,
            "notes": [{"category": "", "text": "Margin scheme does not apply."}]},
    "brand": {"logo_url": None, "color": "#1f3a5f"},
}  # fmt: skip
_REMINDER: Final[dict[str, Any]] = {
    "level": 1, "days_overdue": 7, "amount_due": Decimal("2040.00"), "fee": Decimal("40.00"),
    "date": date(2026, 11, 22),
}  # fmt: skip
_STATEMENT: Final[dict[str, Any]] = {
    "currency": "EUR", "from": date(2026, 10, 1), "to": date(2026, 10, 31), "date": date(2026, 11, 1),
    "opening": Decimal("100.00"), "closing": Decimal("2044.09"),
    "entries": [
        {"date": date(2026, 10, 5), "document": "SCAI-2026-000042", "text": "Invoice", "debit": Decimal("2044.09"),
         "credit": None, "balance": Decimal("2144.09")},
        {"date": date(2026, 10, 20), "document": None, "text": "Payment", "debit": None, "credit": Decimal("100.00"),
         "balance": Decimal("2044.09")},
    ],
    "aging": {
        "not_due": Decimal("2044.09"), "days_1_30": Decimal(0), "days_31_60": Decimal(0), "days_61_90": Decimal(0),
        "days_over_90": Decimal(0),
    },
}  # fmt: skip
_MAIL: Final[dict[str, Any]] = {
    "recipient": {"name": "Erika Müller", "email": "rechnung@mueller.example"},
    "portal_url": "https://billing.northwind.example/billing/invoices/1",
}

_ALWAYS: Final = ("seller", "buyer", "payment", "brand")


def sample(kind: TemplateType) -> dict[str, Any]:
    """Give the data a template of this kind is tried with; the caller may change it."""
    shown = deepcopy(_SAMPLE)
    if kind in (TemplateType.credit_note, TemplateType.email_credit_note):
        shown["invoice"] |= {
            "number": "SCAI-CN-2026-000007", "due_date": None, "referenced_number": "SCAI-2026-000042",
            "referenced_date": date(2026, 10, 1),
        }  # fmt: skip
        shown["payment"] |= {"terms_days": None, "qr_payload": None, "link": None}
    if kind == TemplateType.payment_reminder:
        return {name: shown[name] for name in ("invoice", "totals", *_ALWAYS)} | {"reminder": dict(_REMINDER)}
    if kind == TemplateType.statement:
        return {name: shown[name] for name in _ALWAYS} | {"statement": deepcopy(_STATEMENT)}
    if not kind.is_mail:
        return shown
    shown |= deepcopy(_MAIL)
    if kind in ABOUT_A_SUBSCRIPTION:
        plan = {"service": "ScaiDrive", "plan": "Team", "trial_ends_at": date(2026, 11, 15), "days_remaining": 3}
        return {name: shown[name] for name in ("recipient", "portal_url", "seller", "brand")} | {"subscription": plan}
    if kind == TemplateType.email_notices:
        told = [
            {"title": "Your bank asks back EUR 12.10", "body": None, "link": f"{_MAIL['portal_url']}"},
            {"title": "VIES does not confirm NL001234567B01", "body": "Please correct it.", "link": None},
        ]
        return {name: shown[name] for name in ("recipient", "portal_url", "seller", "brand")} | {"notices": told}
    if kind == TemplateType.email_payment_failed:
        shown["failure"] = {"code": "insufficient_funds", "next_retry_at": date(2026, 11, 18), "attempt": 1}
    return shown


def long_sample(kind: TemplateType) -> dict[str, Any]:
    """Give the same over several pages, no two lines alike: what a layout loses is seen where it ends."""
    shown = sample(kind)
    numbers = range(1, _MANY + 1)
    if "lines" in shown:
        amounts = [Decimal(1000 + number) / 100 for number in numbers]
        shown["lines"] = [
            _line(f"Service no. {number} of many", "1", str(amount), str(amount), "21", unit_label="users", **_OCTOBER)
            for number, amount in zip(numbers, amounts, strict=True)
        ]
        net = sum(amounts, Decimal(0))
        tax = (net * 21 / 100).quantize(Decimal("0.01"))
        group = {"category": "S", "rate": Decimal(21), "base": net, "tax": tax, "reason": None}
        sums = {"subtotal": net, "lines": net, "tax": tax, "total": net + tax, "paid": Decimal(0), "due": net + tax}
        shown["totals"] |= {**sums, "groups": [group]}
    if "statement" in shown:
        entry = shown["statement"]["entries"][0]
        shown["statement"]["entries"] = [
            entry | {"document": f"SCAI-2026-{number:06}", "debit": Decimal(1000 + number) / 100} for number in numbers
        ]
    return shown


_MANY: Final = 100


def reverse_charge_sample(kind: TemplateType) -> dict[str, Any]:
    """Give the same sold to a business abroad that owes the VAT itself: both VAT numbers must then be shown."""
    shown = sample(kind)
    for line in shown["lines"]:
        line |= {"tax_category": "AE", "tax_rate": Decimal(0)}
    net = shown["totals"]["subtotal"]
    group = {"category": "AE", "rate": Decimal(0), "base": net, "tax": Decimal("0.00"), "reason": "Reverse charge"}
    shown["totals"] |= {"tax": Decimal("0.00"), "total": net, "paid": Decimal(0), "due": net, "groups": [group]}
    note = "Reverse charge: VAT due by the customer."
    shown["tax"] |= {"legal_note": note, "reverse_charge": True, "notes": [{"category": "AE", "text": note}]}
    return shown


def bare_sample(kind: TemplateType) -> dict[str, Any]:
    """Give the same with everything empty that may be empty: what a template must survive, too."""
    shown = sample(kind)
    for group, names in _OPTIONAL.items():
        for each in shown.get(group, ()) if group == "lines" else [shown[group]] if group in shown else []:
            each.update(dict.fromkeys(names))
    return shown


_OPTIONAL: Final = {
    "invoice": ("due_date", "period_start", "period_end", "notes", "buyer_reference", "purchase_order_ref"),
    "lines": ("detail", "unit_label", "period_start", "period_end"),
    "buyer": ("address_line2", "state", "vat_number", "contact_email", "phone"),
    "seller": (
        "trade_name", "seller_address_line2", "seller_state", "seller_vat_number", "seller_registration_number",
        "seller_email", "seller_phone",
    ),
    "payment": (
        "terms_days", "iban", "iban_grouped", "bic", "bank_name", "account_holder", "qr_payload", "link", "terms",
    ),
    "tax": ("legal_note", "notes"),
    "brand": ("logo_url",),
    "reminder": ("fee", "date"),
    "statement": ("date",),
    "subscription": ("trial_ends_at", "days_remaining"),
    "failure": ("next_retry_at",),
}  # fmt: skip
