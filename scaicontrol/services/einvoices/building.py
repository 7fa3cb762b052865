"""Build the canonical document from what an invoice stores: plain mappings with the field names of the contract."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from scaicontrol.core.money import exponent
from scaicontrol.core.periods import civil_date
from scaicontrol.services.tax import arithmetic, categories, numbers

from .document import (
    CREDIT_NOTE,
    INVOICE,
    AllowanceCharge,
    Document,
    DocumentTotals,
    Endpoint,
    InvoicingPeriod,
    Line,
    Party,
    PaymentInstructions,
    Preceding,
    VatBreakdown,
)

Row = Mapping[str, Any]

# UNCL 4461
SEPA_TRANSFER, TRANSFER, NOT_DEFINED = "58", "30", "1"
BANK_CARD, CREDIT_CARD, SEPA_DIRECT_DEBIT = "48", "54", "59"
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
    taxable = taxable_parts(invoice, lines, decision)
    computed = arithmetic.totals(taxable)
    stated = [row.get("tax_cents") for row in (*lines, *rows(invoice, "allowances"), *rows(invoice, "charges"))]
    if credit and None not in stated:
        # A credit note gives back what was charged, to the cent, also where its own base would round otherwise.
        computed = arithmetic.with_stated_taxes(computed, taxable, [int(cents or 0) for cents in stated])
    terms = iter(taxable)
    built_lines = tuple(_line(position, row, next(terms), scale, zone) for position, row in enumerate(lines, start=1))
    allowances = tuple(_allowance_charge(row, scale, next(terms)) for row in rows(invoice, "allowances"))
    charges = tuple(_allowance_charge(row, scale, next(terms)) for row in rows(invoice, "charges"))
    return Document(
        number=str(invoice.get("number") or ""),
        type_code=CREDIT_NOTE if credit else INVOICE,
        issue_date=_day(invoice["issue_date"], zone),
        due_date=_day(invoice["due_date"], zone) if invoice.get("due_date") else None,
        currency=currency,
        exponent=exponent(currency),
        language=language_of(invoice, buyer),
        period=_span(invoice, zone) or _around(lines, zone),
        delivery_date=_day(invoice["delivery_date"], zone) if invoice.get("delivery_date") else None,
        deliver_to_country=_deliver_to(taxable, buyer),
        buyer_reference=_text(invoice, "buyer_reference")
        or _text(buyer, "leitweg_id")
        or _text(buyer, "buyer_reference"),
        purchase_order_ref=_text(invoice, "purchase_order_ref"),
        contract_ref=_text(invoice, "contract_ref"),
        notes=tuple(filter(None, [_text(invoice, "notes")])),
        seller=_seller(seller),
        buyer=_buyer(buyer),
        lines=built_lines,
        allowances=allowances,
        charges=charges,
        vat=tuple(_breakdown(group, lines, taxable, decision, scale) for group in computed.groups),
        totals=_totals(invoice, lines, computed, decision, scale),
        payment=payment_of(invoice, seller),
        preceding=_preceding(invoice, zone),
        tax_currency=_text(decision, "tax_currency"),
        tax_label=_text(decision, "label"),
        legal_note=_text(decision, "legal_note"),
        reverse_charge=bool(decision.get("reverse_charge")),
    )


def language_of(invoice: Row, buyer: Row) -> str:
    """Give the language of a document: its own, else the buyer's."""
    return str(invoice.get("language") or buyer.get("preferred_language") or "en")


def taxable_parts(invoice: Row, lines: Sequence[Row], decision: Row) -> list[arithmetic.TaxableLine]:
    """
    Give everything VAT is computed on: the lines, then the allowances (negative) and the charges of the document.

    What states no category or rate has the decision's; `tax.totals` of it are the document's sums.
    """
    allowances, charges = rows(invoice, "allowances"), rows(invoice, "charges")
    parts = [(int(row["amount_cents"]), row) for row in lines]
    parts += [(-int(row["amount_cents"]), row) for row in allowances]
    parts += [(int(row["amount_cents"]), row) for row in charges]
    category, rate = decision["category"], Decimal(decision["rate"])
    return [
        arithmetic.TaxableLine(
            cents, *categories.line_terms(category, rate, row.get("tax_category"), _decimal(row, "tax_rate"))
        )
        for cents, row in parts
    ]


def rows(row: Row, name: str) -> Sequence[Row]:
    """Give the allowances or charges of an invoice or a line; none is stored as null."""
    return row.get(name) or ()


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


def _line(position: int, row: Row, term: arithmetic.TaxableLine, scale: _Scale, zone: str) -> Line:
    net = scale.amount(int(row["amount_cents"]))
    allowances = tuple(_allowance_charge(each, scale) for each in rows(row, "allowances"))
    charges = tuple(_allowance_charge(each, scale) for each in rows(row, "charges"))
    gross = net + sum(each.amount for each in allowances) - sum(each.amount for each in charges)
    quantity, label = abs(_decimal(row, "quantity") or Decimal(1)), _text(row, "unit_label")
    stated = row.get("unit_price_cents")
    price = abs(gross) if stated is None else scale.unsigned(int(stated))
    base, detail = Decimal(int(row.get("unit_divisor") or 1)), ""
    if stated is None:
        quantity, base = Decimal(1), Decimal(1)
    elif scale.rounded(quantity * price / base) != abs(gross):
        # Tiers, minimums and parts of a period have no single price; then the line is one of its amount.
        detail = f"{quantity.normalize():f} {label}".strip()
        quantity, price, base, label = Decimal(1), abs(gross), Decimal(1), ""
    return Line(
        id=str(position),
        name=_text(row, "description"),
        detail=detail,
        quantity=-quantity if gross < 0 else quantity,
        unit_code=_UNIT_CODES.get(label.lower(), _ONE_UNIT),
        unit_label=label,
        unit_price=price,
        base_quantity=base,
        net_amount=net,
        category=term.category,
        rate=term.rate,
        period=_span(row, zone),
        allowances=allowances,
        charges=charges,
    )


def _allowance_charge(row: Row, scale: _Scale, term: arithmetic.TaxableLine | None = None) -> AllowanceCharge:
    percent, base = _decimal(row, "percent"), row.get("base_cents")
    is_share = percent is not None and base is not None
    return AllowanceCharge(
        amount=scale.amount(int(row["amount_cents"])),
        reason=_text(row, "reason"),
        reason_code=_text(row, "reason_code"),
        percent=percent if is_share else None,
        base_amount=scale.amount(int(base)) if is_share and base is not None else None,
        category=term.category if term else "",
        rate=term.rate if term else Decimal(0),
    )


def _deliver_to(taxable: Sequence[arithmetic.TaxableLine], buyer: Row) -> str:
    """Give BT-80, which an intra-Community supply of goods must name (BR-IC-12): they go where the buyer is."""
    goods = any(part.category == "K" for part in taxable)
    return _country(_text(buyer, "country_code")) if goods else ""


def _breakdown(
    group: arithmetic.VatGroup,
    lines: Sequence[Row],
    taxable: Sequence[arithmetic.TaxableLine],
    decision: Row,
    scale: _Scale,
) -> VatBreakdown:
    reason, code = (
        _exemption(group, lines, taxable, decision) if group.category in categories.NEEDS_REASON else ("", "")
    )
    return VatBreakdown(
        category=group.category,
        rate=group.rate,
        taxable_amount=scale.amount(group.base_cents),
        tax_amount=scale.amount(group.tax_cents),
        exemption_reason=reason,
        exemption_code=code,
    )


def _exemption(
    group: arithmetic.VatGroup, lines: Sequence[Row], taxable: Sequence[arithmetic.TaxableLine], decision: Row
) -> tuple[str, str]:
    """
    Give why a group bears no VAT: as it was decided for its category, else what its lines state, else the document's.

    A category has one breakdown (BR-E-01 and its like), so several reasons share its text (BT-120); a code (BT-121)
    stands only where it is true of all of them.
    """
    for each in rows(decision, "exemptions"):
        if each["category"] == group.category:
            return _text(each, "reason"), _text(each, "code")
    members = [row for row, part in zip(lines, taxable, strict=False) if part.category == group.category]
    decided = _text(decision, "exemption_reason") or _text(decision, "legal_note")
    decided_code = _text(decision, "exemption_code") if group.category == decision["category"] else ""
    stated = [(_text(row, "exemption_reason"), _text(row, "exemption_code")) for row in members]
    reasons = dict.fromkeys(text or ("" if code else decided) for text, code in stated)
    codes = {code or ("" if text else decided_code) for text, code in stated}
    if not members:
        reasons, codes = {decided: None}, {decided_code}
    return " ".join(filter(None, reasons)), codes.pop() if len(codes) == 1 else ""


def _totals(
    invoice: Row, lines: Sequence[Row], computed: arithmetic.Totals, decision: Row, scale: _Scale
) -> DocumentTotals:
    def stored(name: str, otherwise: int) -> int:
        value = invoice.get(name)
        return otherwise if value is None else int(value)

    subtotal = stored("subtotal_cents", computed.subtotal_cents)
    tax_cents = stored("tax_cents", computed.tax_cents)
    total = stored("total_cents", computed.total_cents)
    # Not amount_paid_cents: a payment after the issue must not change what the issued document says.
    prepaid = stored("prepaid_cents", 0)
    return DocumentTotals(
        lines=scale.amount(sum(int(row["amount_cents"]) for row in lines)),
        allowances=scale.amount(sum(int(row["amount_cents"]) for row in rows(invoice, "allowances"))),
        charges=scale.amount(sum(int(row["amount_cents"]) for row in rows(invoice, "charges"))),
        without_tax=scale.amount(subtotal),
        tax=scale.amount(tax_cents),
        with_tax=scale.amount(total),
        prepaid=scale.amount(prepaid),
        due=scale.amount(total - prepaid),
        tax_in_tax_currency=_tax_in_tax_currency(decision, is_credit=scale.sign < 0),
    )


def _tax_in_tax_currency(decision: Row, *, is_credit: bool) -> Decimal | None:
    """Give BT-111; on a credit note positive, however it is stored."""
    cents, currency = decision.get("tax_in_tax_currency_cents"), _text(decision, "tax_currency")
    if cents is None or not currency:
        return None
    scale = _Scale(currency, 1)
    return scale.unsigned(int(cents)) if is_credit else scale.amount(int(cents))


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
        vat_number=numbers.normalise(_text(row, "seller_vat_number"), _text(row, "seller_country_code")),
        registration_number=_text(row, "seller_registration_number"),
        tax_number=_text(row, "seller_tax_number"),
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
        vat_number=numbers.normalise(_text(row, "vat_number"), _text(row, "country_code")),
        registration_number=_text(row, "registration_number"),
        contact_name=_text(row, "contact_name"),
        phone=_text(row, "phone"),
        email=_text(row, "contact_email"),
        endpoint=_endpoint(row, "contact_email"),
    )


def _endpoint(row: Row, email_field: str) -> Endpoint | None:
    """Take the Peppol id, else the e-mail address, which EN 16931 and XRechnung accept and Peppol refuses."""
    if peppol_id := _text(row, "peppol_id"):
        return Endpoint(peppol_id, _text(row, "peppol_scheme"))
    return Endpoint(email, "EM") if (email := _text(row, email_field)) else None


def payment_of(invoice: Row, seller: Row) -> PaymentInstructions:
    """
    Say how the document is paid: by what `payment_means` of the invoice states, else by transfer to the seller.

    A mandate or a card leaves the seller's account out: exactly one group stands (BR-DE-23 to 25), and nobody pays
    twice.
    """
    means: Row = invoice.get("payment_means") or {}
    reference, terms = str(invoice.get("number") or ""), _text(invoice, "payment_terms")
    match means.get("kind"):
        case "card":
            return PaymentInstructions(
                means_code=CREDIT_CARD if means.get("is_credit") else BANK_CARD,
                reference=reference,
                terms=terms,
                card_last4=_text(means, "last4")[-4:],
                card_network=_text(means, "network"),
                card_holder=_text(means, "holder"),
            )
        case "direct_debit":
            return PaymentInstructions(
                means_code=SEPA_DIRECT_DEBIT,
                reference=reference,
                terms=terms,
                mandate_reference=_text(means, "mandate_reference"),
                creditor_id=_text(seller, "sepa_creditor_id"),
                debtor_iban=_text(means, "debtor_iban").replace(" ", "").upper(),
            )
    iban = _text(seller, "iban").replace(" ", "").upper()
    transfer = SEPA_TRANSFER if invoice["currency"] == "EUR" else TRANSFER
    return PaymentInstructions(
        means_code=transfer if iban else NOT_DEFINED,
        reference=reference,
        terms=terms,
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


def _span(row: Row, zone: str) -> InvoicingPeriod | None:
    start, end = row.get("period_start"), row.get("period_end")
    return InvoicingPeriod(_day(start, zone), _day(end, zone, last=True)) if start and end else None


def _around(lines: Sequence[Row], zone: str) -> InvoicingPeriod | None:
    spans = [span for row in lines if (span := _span(row, zone))]
    return InvoicingPeriod(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


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
