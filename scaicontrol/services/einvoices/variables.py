"""The variables a template sees (contract §19.2), taken from the canonical document: PDF and XML say the same."""

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from scaicontrol.core import i18n
from scaicontrol.services import uploads
from scaicontrol.services.tax import places

from .document import AllowanceCharge, Document, Line, Party, PaymentInstructions
from .transfers import epc_payload, grouped

_CITY_FIRST = frozenset({"US", "CA", "AU"})
_POSTAL_CODE_LAST = frozenset({"GB", "IE"})


def variables(document: Document, *, logo_url: str | None = None, brand_color: str | None = None) -> dict[str, Any]:
    """
    Lay out a document for `templates.render_html`, or for a template that people wrote.

    Only a logo that is a `data:` URI, or one of our uploads, is passed on: a renderer fetches nothing.
    """
    totals, period, before = document.totals, document.period, document.preceding
    notes = legal_notes(document)
    return {
        "invoice": {
            "number": document.number,
            "issue_date": document.issue_date,
            "due_date": document.due_date,
            "period_start": period and period.start,
            "period_end": period and period.end,
            "currency": document.currency,
            "notes": "\n".join(document.notes),
            "buyer_reference": document.buyer_reference,
            "purchase_order_ref": document.purchase_order_ref,
            "contract_ref": document.contract_ref,
            "delivery_date": document.delivery_date,
            "referenced_number": before and before.number,
            "referenced_date": before and before.issue_date,
        },
        "lines": [_line(line) for line in document.lines],
        "buyer": _buyer(document),
        "seller": _seller(document),
        "totals": {
            "lines": totals.lines,
            "adjustments": _adjustments(document.allowances, document.charges),
            "subtotal": totals.without_tax,
            "tax": totals.tax,
            "total": totals.with_tax,
            "paid": totals.prepaid,
            "due": totals.due,
            "tax_currency": document.tax_currency,
            "tax_in_tax_currency": totals.tax_in_tax_currency,
            "groups": [
                {
                    "category": group.category,
                    "rate": group.rate,
                    "base": group.taxable_amount,
                    "tax": group.tax_amount,
                    "reason": group.exemption_reason,
                }
                for group in document.vat
            ],
        },
        "payment": _payment(document),
        "tax": {
            "label": document.tax_label,
            "legal_note": " ".join(dict.fromkeys(note["text"] for note in notes)),
            "notes": notes,
            "reverse_charge": document.reverse_charge,
        },
        "brand": {
            "logo_url": logo_url if (logo_url or "").startswith("data:image/") or uploads.named_by(logo_url) else None,
            "color": brand_color,
        },
    }


def legal_notes(document: Document) -> list[dict[str, str]]:
    """
    Give every note the law asks for (Art. 226(11)): why each group bears no VAT, and what else was decided.

    A decided note of reverse charge stands only where a group is so: the lines of a document may all say otherwise.
    """
    found = [
        {"category": group.category, "text": group.exemption_reason} for group in document.vat if group.exemption_reason
    ]
    stands = not document.reverse_charge or any(group.category == "AE" for group in document.vat)
    if document.legal_note and stands and not any(document.legal_note in each["text"] for each in found):
        found.insert(0, {"category": "", "text": document.legal_note})
    return found


def address_lines(party: Party, *, home: str, language: str) -> list[str]:
    """Write an address the way its country does; the country only when the letter leaves home."""
    if party.country_code in _CITY_FIRST:
        city = [f"{party.city}, {party.state} {party.postal_code}".strip(", ")]
    elif party.country_code in _POSTAL_CODE_LAST:
        city = [party.city, party.state, party.postal_code]
    else:
        city = [f"{party.postal_code} {party.city}".strip(), party.state]
    abroad = (
        places.country_name(party.country_code, i18n.language_or_english(language))
        if party.country_code != home
        else ""
    )
    return [line for line in (party.address_line1, party.address_line2, *city, abroad) if line]


def _line(line: Line) -> dict[str, Any]:
    return {
        "description": line.name,
        "detail": line.detail,
        "quantity": line.quantity,
        "unit_label": line.unit_label,
        "unit_price": line.unit_price,
        "per": line.base_quantity,
        "adjustments": _adjustments(line.allowances, line.charges),
        "amount": line.net_amount,
        "tax_rate": line.rate,
        "tax_category": line.category,
        "period_start": line.period and line.period.start,
        "period_end": line.period and line.period.end,
    }


def _adjustments(
    allowances: Iterable[AllowanceCharge], charges: Iterable[AllowanceCharge]
) -> list[dict[str, Decimal | str | None]]:
    """List what is taken off, below zero, and what is added."""
    signed = [*((each, -each.amount) for each in allowances), *((each, each.amount) for each in charges)]
    return [{"reason": each.reason, "percent": each.percent, "amount": amount} for each, amount in signed]


def _buyer(document: Document) -> dict[str, Any]:
    buyer = document.buyer
    return {
        "company_name": buyer.name,
        "address_line1": buyer.address_line1,
        "address_line2": buyer.address_line2,
        "postal_code": buyer.postal_code,
        "city": buyer.city,
        "state": buyer.state,
        "country_code": buyer.country_code,
        "vat_number": buyer.vat_number,
        "contact_email": buyer.email,
        "phone": buyer.phone,
        "address_lines": address_lines(buyer, home=document.seller.country_code, language=document.language),
    }


def _seller(document: Document) -> dict[str, Any]:
    seller = document.seller
    return {
        "legal_name": seller.name,
        "trade_name": seller.trade_name,
        "seller_address_line1": seller.address_line1,
        "seller_address_line2": seller.address_line2,
        "seller_postal_code": seller.postal_code,
        "seller_city": seller.city,
        "seller_state": seller.state,
        "seller_country_code": seller.country_code,
        "seller_vat_number": seller.vat_number,
        "seller_tax_number": seller.tax_number,
        "seller_registration_number": seller.registration_number,
        "seller_email": seller.email,
        "seller_phone": seller.phone,
        "address_lines": address_lines(seller, home=document.buyer.country_code, language=document.language),
    }


def _payment(document: Document) -> dict[str, Any]:
    payment: PaymentInstructions = document.payment
    days = (document.due_date - document.issue_date).days if document.due_date else None
    return {
        **asdict(payment),
        "terms_days": days,
        "iban_grouped": grouped(payment.iban),
        "qr_payload": "" if document.is_credit_note else epc_payload(payment, document.totals.due, document.currency),
        "link": None,
    }
