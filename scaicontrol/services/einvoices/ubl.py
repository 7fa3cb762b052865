"""UBL 2.1 Invoice and CreditNote, in the element order of their schemas."""

from datetime import date
from decimal import Decimal

from .document import Document, Line, Party, Span, VatBreakdown
from .formats import PROFILES, Format, Profile
from .xml import DECLARATION, attribute, element, escape, plain, register_scheme, wrap

_NAMESPACES = (
    ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
_VAT = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
_OTHER_TAX = "<cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme>"


def write(document: Document, target: Format) -> bytes:
    """Write a document as UBL in the profile of `target`."""
    profile = PROFILES[target]
    root = "CreditNote" if document.is_credit_note else "Invoice"
    head = _credit_note_head(document) if document.is_credit_note else _invoice_head(document)
    xml = [
        DECLARATION,
        f'<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"{_NAMESPACES}>',
        element("cbc:CustomizationID", profile.customization_id),
        element("cbc:ProfileID", profile.process_id),
        element("cbc:ID", document.number),
        head,
        element("cbc:DocumentCurrencyCode", document.currency),
        element("cbc:BuyerReference", document.buyer_reference),
        _period("cac:InvoicePeriod", document.period),
        wrap("cac:OrderReference", element("cbc:ID", document.purchase_order_ref)),
        _preceding(document),
        wrap("cac:AccountingSupplierParty", _party(document.seller, document, contact=True)),
        wrap("cac:AccountingCustomerParty", _party(document.buyer, document, contact=False)),
        wrap("cac:Delivery", _date("cbc:ActualDeliveryDate", document.supply_date)),
        _payment_means(document),
        _tax_total(document, profile),
        _monetary_total(document),
        *(_line(line, document) for line in document.lines),
        f"</{root}>\n",
    ]
    return "".join(xml).encode()


def _invoice_head(document: Document) -> str:
    return (
        _date("cbc:IssueDate", document.issue_date)
        + _date("cbc:DueDate", document.due_date)
        + element("cbc:InvoiceTypeCode", document.type_code)
        + _note(document)
    )


def _credit_note_head(document: Document) -> str:
    return (
        _date("cbc:IssueDate", document.issue_date)
        + element("cbc:CreditNoteTypeCode", document.type_code)
        + _note(document)
    )


def _note(document: Document) -> str:
    """Write one note only: Peppol allows no more."""
    return element("cbc:Note", "\n".join(document.notes))


def _preceding(document: Document) -> str:
    before = document.preceding
    if before is None:
        return ""
    reference = element("cbc:ID", before.number) + _date("cbc:IssueDate", before.issue_date)
    return wrap("cac:BillingReference", wrap("cac:InvoiceDocumentReference", reference))


def _party(party: Party, document: Document, *, contact: bool) -> str:
    endpoint = party.endpoint
    return wrap(
        "cac:Party",
        element("cbc:EndpointID", endpoint.id, attribute("schemeID", endpoint.scheme)) if endpoint else "",
        _substitute_id(party, document) if contact else "",
        wrap("cac:PartyName", element("cbc:Name", party.trade_name)),
        _address(party),
        _tax_schemes(party, document, seller=contact),
        wrap(
            "cac:PartyLegalEntity",
            element("cbc:RegistrationName", party.name),
            element("cbc:CompanyID", party.registration_number, attribute("schemeID", register_scheme(party))),
        ),
        _contact(party) if contact else "",
    )


def _substitute_id(party: Party, document: Document) -> str:
    """Identify the seller (BT-29) where its VAT number may not stand and it has no registration number: BR-CO-26."""
    if not document.outside_scope or party.registration_number:
        return ""
    return wrap("cac:PartyIdentification", element("cbc:ID", party.vat_number))


def _address(party: Party) -> str:
    return wrap(
        "cac:PostalAddress",
        element("cbc:StreetName", party.address_line1),
        element("cbc:AdditionalStreetName", party.address_line2),
        element("cbc:CityName", party.city),
        element("cbc:PostalZone", party.postal_code),
        element("cbc:CountrySubentity", party.state),
        wrap("cac:Country", element("cbc:IdentificationCode", party.country_code)),
    )


def _tax_schemes(party: Party, document: Document, *, seller: bool) -> str:
    if not party.vat_number or (document.outside_scope and not seller):
        return ""
    scheme = _OTHER_TAX if document.outside_scope else _VAT
    return wrap("cac:PartyTaxScheme", element("cbc:CompanyID", party.vat_number), scheme)


def _contact(party: Party) -> str:
    if not (party.phone or party.email):
        return ""
    return wrap(
        "cac:Contact",
        element("cbc:Name", party.contact_name),
        element("cbc:Telephone", party.phone),
        element("cbc:ElectronicMail", party.email),
    )


def _payment_means(document: Document) -> str:
    payment = document.payment
    account = wrap(
        "cac:PayeeFinancialAccount",
        element("cbc:ID", payment.iban),
        element("cbc:Name", payment.account_holder),
        wrap("cac:FinancialInstitutionBranch", element("cbc:ID", payment.bic)),
    )
    # A credit note has no due date at its root; BT-9 stands here.
    due = _date("cbc:PaymentDueDate", document.due_date) if document.is_credit_note else ""
    return wrap(
        "cac:PaymentMeans",
        element("cbc:PaymentMeansCode", payment.means_code),
        due,
        element("cbc:PaymentID", payment.reference),
        account if payment.iban else "",
    )


def _tax_total(document: Document, profile: Profile) -> str:
    return wrap(
        "cac:TaxTotal",
        _amount("cbc:TaxAmount", document.totals.tax, document.currency),
        *(_subtotal(group, document.currency, profile) for group in document.vat),
    )


def _subtotal(group: VatBreakdown, currency: str, profile: Profile) -> str:
    # XRechnung wants a rate in every breakdown, also where the lines must not carry one.
    with_rate = group.category != "O" or profile is PROFILES[Format.xrechnung]
    return wrap(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", group.taxable_amount, currency),
        _amount("cbc:TaxAmount", group.tax_amount, currency),
        wrap(
            "cac:TaxCategory",
            element("cbc:ID", group.category),
            element("cbc:Percent", plain(group.rate)) if with_rate else "",
            element("cbc:TaxExemptionReasonCode", group.exemption_code),
            element("cbc:TaxExemptionReason", group.exemption_reason),
            _VAT,
        ),
    )


def _monetary_total(document: Document) -> str:
    totals, currency = document.totals, document.currency
    return wrap(
        "cac:LegalMonetaryTotal",
        _amount("cbc:LineExtensionAmount", totals.lines, currency),
        _amount("cbc:TaxExclusiveAmount", totals.without_tax, currency),
        _amount("cbc:TaxInclusiveAmount", totals.with_tax, currency),
        _amount("cbc:PrepaidAmount", totals.prepaid, currency) if totals.prepaid else "",
        _amount("cbc:PayableAmount", totals.due, currency),
    )


def _line(line: Line, document: Document) -> str:
    kind, quantity = ("CreditNoteLine", "Credited") if document.is_credit_note else ("InvoiceLine", "Invoiced")
    unit = attribute("unitCode", line.unit_code)
    has_base = line.base_quantity != 1
    return wrap(
        f"cac:{kind}",
        element("cbc:ID", line.id),
        element(f"cbc:{quantity}Quantity", plain(line.quantity), unit),
        _amount("cbc:LineExtensionAmount", line.net_amount, document.currency),
        _period("cac:InvoicePeriod", line.period),
        wrap(
            "cac:Item",
            element("cbc:Description", line.detail),
            element("cbc:Name", line.name),
            wrap(
                "cac:ClassifiedTaxCategory",
                element("cbc:ID", line.category),
                element("cbc:Percent", plain(line.rate)) if line.category != "O" else "",
                _VAT,
            ),
        ),
        wrap(
            "cac:Price",
            _amount("cbc:PriceAmount", line.unit_price, document.currency),
            element("cbc:BaseQuantity", plain(line.base_quantity), unit) if has_base else "",
        ),
    )


def _period(tag: str, span: Span | None) -> str:
    return wrap(tag, _date("cbc:StartDate", span.start), _date("cbc:EndDate", span.end)) if span else ""


def _date(tag: str, day: date | None) -> str:
    return f"<{tag}>{day.isoformat()}</{tag}>" if day else ""


def _amount(tag: str, value: Decimal, currency: str) -> str:
    return f'<{tag} currencyID="{escape(currency)}">{format(value, "f")}</{tag}>'
