"""Variables of the documents that are about an account: a payment reminder and a statement."""

from datetime import date
from decimal import Decimal
from typing import Any

from scaicontrol.services import einvoices
from tests.factories.documents import document


def reminder_variables(level: int = 1, *, language: str = "en", fee: str = "0") -> dict[str, Any]:
    """A reminder of acme's invoice, twelve days late."""
    shown = einvoices.variables(document(language=language), brand_color="#0b6e4f")
    return shown | {
        "reminder": {
            "level": level,
            "date": date(2026, 11, 27),
            "days_overdue": 12,
            "fee": Decimal(fee),
            "amount_due": shown["totals"]["due"] + Decimal(fee),
        }
    }


def statement_variables(entries: int = 5, *, language: str = "en") -> dict[str, Any]:
    """A statement of acme's account with as many entries, invoices and payments in turn."""
    shown = einvoices.variables(document(language=language), brand_color="#0b6e4f")
    balance, booked = Decimal("120.00"), []
    for position in range(entries):
        is_invoice = position % 2 == 0
        balance += Decimal("1978.69") if is_invoice else Decimal("-1500.00")
        booked.append(
            {
                "date": date(2026, 1 + position % 9, 1 + position % 28),
                "document": f"SCAI-2026-{position:06}" if is_invoice else f"PAY-{position}",
                "text": "Invoice" if is_invoice else "Bank transfer, thank you",
                "debit": Decimal("1978.69") if is_invoice else None,
                "credit": None if is_invoice else Decimal("1500.00"),
                "balance": balance,
            }
        )
    return {
        **{name: shown[name] for name in ("buyer", "seller", "payment", "brand")},
        "statement": {
            "currency": "EUR",
            "date": date(2026, 10, 1),
            "from": date(2026, 1, 1),
            "to": date(2026, 9, 30),
            "opening": Decimal("120.00"),
            "closing": balance,
            "entries": booked,
            "aging": {
                "not_due": Decimal("1978.69"),
                "days_1_30": balance - Decimal("1978.69"),
                "days_31_60": Decimal(0),
                "days_61_90": Decimal(0),
                "days_over_90": Decimal(0),
            },
        },
    }
