"""Build the canonical document from what an invoice stores: plain mappings with the field names of the contract."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from scaicontrol.core.money import exponent
from scaicontrol.core.periods import civil_date
from scaicontrol.services import tax

from .document import (
    CREDIT_NOTE,
    INVOICE,
    Document,
    DocumentTotals,
    Endpoint,
    Line,
    Party,
    Payment,
    Preceding,
    Span,
    VatBreakdown,
)

Row = Mapping[str, Any]

SEPA_TRANSFER, TRANSFER, NOT_DEFINED = "58", "30", "1"  # UNCL 4461
_ONE_UNIT = "C62"

# UN/ECE Recommendation 20 codes for the words people write on lines.
_UNIT_CODES = {
    "hour": "HUR", "hours": "HUR", "h": "HUR", "minute": "MIN", "minutes": "MIN", "second": "SEC", "seconds": "SEC",
    "day": "DAY", "days": "DAY", "month": "MON", "months": "MON", "year": "ANN", "years": "ANN", "week": "WEE",
    "gb": "E34", "gigabyte": "E34", "tb": "E35", "terabyte": "E35", "mb": "4L", "megabyte": "4L", "kwh": "KWH",
    "piece": "H87", "pieces": "H87",
}  # fmt: skip


def document_from(invoice: Row, lines: Sequence[Row], seller: Row, buyer: Row, decision: Row) -> Document:
    """
    Build the document of an invoice row, its lines, both snapshots and its tax decision (contract §13, §14.5, §16.2).

    Signed `*_cents` become amounts in major units, positive on a credit note. Sums stored on the invoice are taken as
    they are, so that `check` can find a wrong one; sums it lacks are computed. `referenced_number` and
    `referenced_issue_date` name the invoice that a credit note corrects.
    """
    credit = invoice.get("document_type") == "credit_note"
    currency = str(invoice["currency"])
    scale = _Scale(currency, -1 if credit else 1)
    zone = str(seller.get("timezone") or "UTC")
    terms = [
        tax.line_terms(
            decision["category"], Decimal(decision["rate"]), row.get("tax_category"), _decimal(row, "tax_rate")
        )
        for row in lines
    ]
    computed = tax.totals(
        [
            tax.TaxableLine(int(row["amount_cents"]), category, rate)
            for row, (category, rate) in zip(lines, terms, strict=True)
        ]
    )
    period = _span(invoice, zone) or _around(lines, zone)
    return Document(
        number=str(invoice.get("number") or ""),
        type_code=CREDIT_NOTE if credit else INVOICE,
        issue_date=_day(invoice["issue_date"], zone),
        due_date=_day(invoice["due_date"], zone) if invoice.get("due_date") else None,
        currency=currency,
        exponent=exponent(currency),
        language=str(invoice.get("language") or buyer.get("preferred_language") or "en"),
        period=period,
        buyer_reference=_text(invoice, "buyer_reference")
        or _text(buyer, "leitweg_id")
        or _text(buyer, "buyer_reference"),
        purchase_order_ref=_text(invoice, "purchase_order_ref"),
        notes=tuple(filter(None, [_text(invoice, "notes")])),
        seller=_seller(seller),
        buyer=_buyer(buyer),
        lines=tuple(
            _line(position, row, term, scale, zone)
            for position, (row, term) in enumerate(zip(lines, terms, strict=True), start=1)
        ),
        vat=tuple(_breakdown(group, decision, scale) for group in computed.groups),
        totals=_totals(invoice, computed, scale),
        payment=_payment(invoice, seller),
        preceding=_preceding(invoice, zone),
        tax_label=_text(decision, "label"),
        legal_note=_text(decision, "legal_note"),
        reverse_charge=bool(decision.get("reverse_charge")),
    )


class _Scale:
    """Turns stored minor units into the amounts of the document."""

    def __init__(self, currency: str, sign: int) -> None:
        self.digits, self.sign = exponent(currency), sign
        self.step = Decimal(1).scaleb(-self.digits)

    def amount(self, cents: int) -> Decimal:
        return Decimal(self.sign * cents).scaleb(-self.digits)

    def unsigned(self, cents: int) -> Decimal:
        return Decimal(abs(cents)).scaleb(-self.digits)

    def rounded(self, value: Decimal) -> Decimal:
        return value.quantize(self.step, rounding=ROUND_HALF_UP)


def _line(position: int, row: Row, term: tuple[str, Decimal], scale: _Scale, zone: str) -> Line:
    net = scale.amount(int(row["amount_cents"]))
    quantity, label = abs(_decimal(row, "quantity") or Decimal(1)), _text(row, "unit_label")
    stated = row.get("unit_price_cents")
    price = abs(net) if stated is None else scale.unsigned(int(stated))
    base, detail = Decimal(int(row.get("unit_divisor") or 1)), ""
    if stated is None:
        quantity, base = Decimal(1), Decimal(1)
    elif scale.rounded(quantity * price / base) != abs(net):
        # Tiers, minimums and parts of a period have no single price; then the line is one of its net amount.
        detail = f"{quantity.normalize():f} {label}".strip()
        quantity, price, base, label = Decimal(1), abs(net), Decimal(1), ""
    return Line(
        id=str(position),
        name=_text(row, "description"),
        detail=detail,
        quantity=-quantity if net < 0 else quantity,
        unit_code=_UNIT_CODES.get(label.lower(), _ONE_UNIT),
        unit_label=label,
        unit_price=price,
        base_quantity=base,
        net_amount=net,
        category=term[0],
        rate=term[1],
        period=_span(row, zone),
    )


def _breakdown(group: tax.VatGroup, decision: Row, scale: _Scale) -> VatBreakdown:
    needs_reason = group.category in tax.NEEDS_REASON
    own = group.category == decision["category"]
    reason = _text(decision, "exemption_reason") or _text(decision, "legal_note")
    return VatBreakdown(
        category=group.category,
        rate=group.rate,
        taxable_amount=scale.amount(group.base_cents),
        tax_amount=scale.amount(group.tax_cents),
        exemption_reason=reason if needs_reason else "",
        exemption_code=_text(decision, "exemption_code") if needs_reason and own else "",
    )


def _totals(invoice: Row, computed: tax.Totals, scale: _Scale) -> DocumentTotals:
    def stored(name: str, otherwise: int) -> int:
        value = invoice.get(name)
        return otherwise if value is None else int(value)

    subtotal = stored("subtotal_cents", computed.subtotal_cents)
    tax_cents = stored("tax_cents", computed.tax_cents)
    total = stored("total_cents", computed.total_cents)
    # Not amount_paid_cents: a payment after the issue must not change what the issued document says.
    prepaid = stored("prepaid_cents", 0)
    return DocumentTotals(
        lines=scale.amount(computed.subtotal_cents),
        without_tax=scale.amount(subtotal),
        tax=scale.amount(tax_cents),
        with_tax=scale.amount(total),
        prepaid=scale.amount(prepaid),
        due=scale.amount(total - prepaid),
    )


def _seller(row: Row) -> Party:
    return Party(
        name=_text(row, "legal_name"),
        trade_name=_text(row, "trade_name"),
        country_code=_country(_text(row, "seller_country_code")),
        address_line1=_text(row, "seller_address_line1"),
        address_line2=_text(row, "seller_address_line2"),
        city=_text(row, "seller_city"),
        postal_code=_text(row, "seller_postal_code"),
        state=_text(row, "seller_state"),
        vat_number=tax.normalise(_text(row, "seller_vat_number"), _text(row, "seller_country_code")),
        registration_number=_text(row, "seller_registration_number"),
        contact_name=_text(row, "seller_contact_name") or _text(row, "trade_name") or _text(row, "legal_name"),
        phone=_text(row, "seller_phone"),
        email=_text(row, "seller_email"),
        endpoint=_endpoint(row, "seller_email"),
    )


def _buyer(row: Row) -> Party:
    return Party(
        name=_text(row, "company_name"),
        country_code=_country(_text(row, "country_code")),
        address_line1=_text(row, "address_line1"),
        address_line2=_text(row, "address_line2"),
        city=_text(row, "city"),
        postal_code=_text(row, "postal_code"),
        state=_text(row, "state"),
        vat_number=tax.normalise(_text(row, "vat_number"), _text(row, "country_code")),
        phone=_text(row, "phone"),
        email=_text(row, "contact_email"),
        endpoint=_endpoint(row, "contact_email"),
    )


def _endpoint(row: Row, email_field: str) -> Endpoint | None:
    """Take the Peppol id, else the e-mail address, which EN 16931 and XRechnung accept and Peppol refuses."""
    if peppol_id := _text(row, "peppol_id"):
        return Endpoint(peppol_id, _text(row, "peppol_scheme"))
    return Endpoint(email, "EM") if (email := _text(row, email_field)) else None


def _payment(invoice: Row, seller: Row) -> Payment:
    iban = _text(seller, "iban").replace(" ", "").upper()
    transfer = SEPA_TRANSFER if invoice["currency"] == "EUR" else TRANSFER
    return Payment(
        means_code=transfer if iban else NOT_DEFINED,
        reference=str(invoice.get("number") or ""),
        iban=iban,
        bic=_text(seller, "bic").replace(" ", "").upper(),
        account_holder=_text(seller, "account_holder") or _text(seller, "legal_name"),
        bank_name=_text(seller, "bank_name"),
    )


def _preceding(invoice: Row, zone: str) -> Preceding | None:
    number = _text(invoice, "referenced_number")
    if not number:
        return None
    day = invoice.get("referenced_issue_date")
    return Preceding(number, _day(day, zone) if day else None)


def _span(row: Row, zone: str) -> Span | None:
    start, end = row.get("period_start"), row.get("period_end")
    return Span(_day(start, zone), _day(end, zone, last=True)) if start and end else None


def _around(lines: Sequence[Row], zone: str) -> Span | None:
    spans = [span for row in lines if (span := _span(row, zone))]
    return Span(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _day(value: Any, zone: str, *, last: bool = False) -> date:
    """Give the civil day of a date, a moment or its ISO text; a moment that ends a period does not belong to it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        return civil_date(value - timedelta(microseconds=1) if last else value, zone)
    if isinstance(value, date):
        return value
    raise TypeError(f"{value!r} is not a day.")


def _country(code: str) -> str:
    """Write a country as ISO 3166-1 does; only VAT numbers say EL."""
    return {"EL": "GR", "XI": "GB", "UK": "GB"}.get(code.upper(), code.upper())


def _text(row: Row, name: str) -> str:
    return str(row.get(name) or "").strip()


def _decimal(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    return None if value is None else Decimal(value)
