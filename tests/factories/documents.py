"""Invoices as rows store them, in every case the tax rules know, ready for `einvoices.document_from`."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from scaicontrol.core.ports import Attachment, DocumentRenderer, PageContent
from scaicontrol.services import einvoices, tax
from scaicontrol.services.einvoices.document import Document

SELLER: dict[str, Any] = {
    "legal_name": "ScaiLabs B.V.",
    "trade_name": "ScaiLabs",
    "seller_country_code": "NL",
    "seller_address_line1": "Herengracht 101",
    "seller_address_line2": "",
    "seller_postal_code": "1015 BE",
    "seller_city": "Amsterdam",
    "seller_state": "",
    "seller_vat_number": "NL123456782B90",
    "seller_registration_number": "68750110",
    "seller_email": "billing@scailabs.example",
    "seller_phone": "+31 20 123 4567",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
    "bank_name": "ABN AMRO",
    "account_holder": "ScaiLabs B.V.",
    "timezone": "Europe/Amsterdam",
    "peppol_id": "68750110",
    "peppol_scheme": "0106",
    "brand_color": "#0b6e4f",
}
BUYER: dict[str, Any] = {
    "company_name": "Acme Nederland B.V.",
    "address_line1": "Coolsingel 40",
    "address_line2": "4e verdieping",
    "postal_code": "3011 AD",
    "city": "Rotterdam",
    "country_code": "NL",
    "vat_number": "NL001234567B01",
    "contact_email": "ap@acme.example",
    "is_business": True,
    "peppol_id": "12345678",
    "peppol_scheme": "0106",
    "buyer_reference": "AP-2026-17",
    "preferred_language": "en",
}
GERMANY = {
    "company_name": "Globex Software GmbH",
    "address_line1": "Unter den Linden 1",
    "postal_code": "10117",
    "city": "Berlin",
    "country_code": "DE",
    "vat_number": "DE123456788",
    "peppol_id": "DE123456788",
    "peppol_scheme": "9930",
}
AMERICA = {
    "company_name": "Initech Inc.",
    "address_line1": "4120 Freidrich Lane",
    "postal_code": "78744",
    "city": "Austin",
    "state": "TX",
    "country_code": "US",
    "vat_number": None,
}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what the buyer is, what else the decision rests on
    "domestic": ({}, {}),
    "reverse_charge": (GERMANY, {}),
    "oss": (GERMANY | {"vat_number": None, "is_business": False}, {"oss_registered": True}),
    "export": (AMERICA, {}),
    "exempt": ({}, {"tax_exempt": True, "tax_exempt_reason": "Art. 151", "tax_exempt_reason_code": "VATEX-EU-151"}),
}

LINES: list[dict[str, Any]] = [
    {
        "description": "ScaiDrive Pro",
        "quantity": "12",
        "unit_label": "user",
        "unit_price_cents": 1490,
        "unit_divisor": 1,
        "amount_cents": 17880,
        "period_start": datetime(2026, 9, 30, 22, tzinfo=UTC),
        "period_end": datetime(2026, 10, 31, 23, tzinfo=UTC),
    },
    {
        "description": "API calls",
        "quantity": "1234567",
        "unit_label": "calls",
        "unit_price_cents": 120,
        "unit_divisor": 1000,
        "amount_cents": 148148,
        "period_start": datetime(2026, 9, 30, 22, tzinfo=UTC),
        "period_end": datetime(2026, 10, 31, 23, tzinfo=UTC),
    },
    {"description": "Loyalty discount", "quantity": "1", "unit_price_cents": -2500, "amount_cents": -2500},
]


def decision_for(case: str, language: str = "en", seller: dict[str, Any] = SELLER) -> dict[str, Any]:
    """Decide a case by the product's own rules."""
    buyer, more = CASES[case]
    buyer = BUYER | buyer
    facts = tax.VatFacts(
        seller["seller_country_code"],
        buyer["country_code"],
        buyer["vat_number"],
        buyer["is_business"],
        date(2026, 10, 31),
        datetime(2026, 11, 1, tzinfo=UTC),
        language=language,
        **more,
    )
    return tax.decide(facts).as_columns()


def rows_for(case: str, *, currency: str = "EUR", credit: bool = False, language: str = "en") -> dict[str, Any]:
    """Give the arguments of `document_from` for a case; a credit note has every amount negated."""
    lines, invoice = deepcopy(LINES), {
        "number": "SCAI-2026-000042",
        "document_type": "invoice",
        "issue_date": date(2026, 11, 1),
        "due_date": date(2026, 11, 15),
        "currency": currency,
        "language": language,
        "purchase_order_ref": "PO-7781",
        "notes": "Thank you for working with us.",
    }  # fmt: skip
    if credit:
        invoice |= {
            "number": "SCAI-CN-2026-000007",
            "document_type": "credit_note",
            "referenced_number": "SCAI-2026-000042",
            "referenced_issue_date": date(2026, 11, 1),
        }
        for line in lines:
            line["amount_cents"] = -line["amount_cents"]
            line["quantity"] = "-" + line["quantity"]
    return {
        "invoice": invoice,
        "lines": lines,
        "seller": dict(SELLER),
        "buyer": BUYER | CASES[case][0] | {"preferred_language": language},
        "decision": decision_for(case, language),
    }


def document(case: str = "domestic", **options: Any) -> Document:
    """Build the document of a case."""
    return einvoices.document_from(**rows_for(case, **options))


def carried(
    built: Document, target: einvoices.Format, profile: einvoices.Profile | None = None
) -> tuple[Attachment, ...]:
    """The XML that travels inside the PDF of a document, where its format wants that."""
    return einvoices.attachments(einvoices.to_xml(built, target, profile), target, profile)


async def pdf_of(
    renderer: DocumentRenderer,
    built: Document,
    html: str,
    target: einvoices.Format,
    finalized_at: datetime,
    profile: einvoices.Profile | None = None,
    shows: Sequence[PageContent] = (),
) -> bytes:
    """The PDF of a document as the product has it made."""
    xml = carried(built, target, profile)
    return await renderer.pdf(html, title=title_of(built), created_at=finalized_at, attachments=xml, shows=shows)


def title_of(built: Document) -> str:
    return einvoices.title_of(built.number, built.language, is_credit_note=built.is_credit_note)


class RealPages:
    """Renders as the product does, in this process."""

    async def pdf(
        self,
        html: str,
        *,
        title: str,
        created_at: datetime,
        attachments: Sequence[Attachment] = (),
        shows: Sequence[PageContent] = (),
    ) -> bytes:
        from scaicontrol.integrations import pdfa  # takes a second, and most tests need no pages

        return await asyncio.to_thread(pdfa.render, pdfa.PdfJob(html, title, created_at, attachments, shows))
