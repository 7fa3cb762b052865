"""UN/CEFACT Cross Industry Invoice in the EN 16931 subset, valid as D16B and inside Factur-X and ZUGFeRD."""

from datetime import date
from decimal import Decimal

from .document import Document, Line, Party, Span, VatBreakdown
from .formats import PROFILES, Format
from .xml import DECLARATION, attribute, element, escape, plain, register_scheme, wrap

_ROOT = (
    '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
)


def write(document: Document, target: Format = Format.cii) -> bytes:
    """Write a document as CII in the profile of `target`."""
    guideline = element("ram:ID", PROFILES[target].customization_id)
    xml = [
        DECLARATION,
        _ROOT,
        wrap("rsm:ExchangedDocumentContext", wrap("ram:GuidelineSpecifiedDocumentContextParameter", guideline)),
        wrap(
            "rsm:ExchangedDocument",
            element("ram:ID", document.number),
            element("ram:TypeCode", document.type_code),
            _date("ram:IssueDateTime", document.issue_date),
            *(wrap("ram:IncludedNote", element("ram:Content", note)) for note in document.notes),
        ),
        "<rsm:SupplyChainTradeTransaction>",
        *(_line(line) for line in document.lines),
        _agreement(document),
        _delivery(document),
        _settlement(document),
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n",
    ]
    return "".join(xml).encode()


def _line(line: Line) -> str:
    unit = attribute("unitCode", line.unit_code)
    has_base = line.base_quantity != 1
    return wrap(
        "ram:IncludedSupplyChainTradeLineItem",
        wrap("ram:AssociatedDocumentLineDocument", element("ram:LineID", line.id)),
        wrap("ram:SpecifiedTradeProduct", element("ram:Name", line.name), element("ram:Description", line.detail)),
        wrap(
            "ram:SpecifiedLineTradeAgreement",
            wrap(
                "ram:NetPriceProductTradePrice",
                _amount("ram:ChargeAmount", line.unit_price),
                element("ram:BasisQuantity", plain(line.base_quantity), unit) if has_base else "",
            ),
        ),
        wrap("ram:SpecifiedLineTradeDelivery", element("ram:BilledQuantity", plain(line.quantity), unit)),
        wrap(
            "ram:SpecifiedLineTradeSettlement",
            wrap(
                "ram:ApplicableTradeTax",
                "<ram:TypeCode>VAT</ram:TypeCode>",
                element("ram:CategoryCode", line.category),
                element("ram:RateApplicablePercent", plain(line.rate)) if line.category != "O" else "",
            ),
            _period(line.period),
            wrap(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                _amount("ram:LineTotalAmount", line.net_amount),
            ),
        ),
    )


def _agreement(document: Document) -> str:
    return wrap(
        "ram:ApplicableHeaderTradeAgreement",
        element("ram:BuyerReference", document.buyer_reference),
        wrap("ram:SellerTradeParty", _party(document.seller, document, seller=True)),
        wrap("ram:BuyerTradeParty", _party(document.buyer, document, seller=False)),
        wrap("ram:BuyerOrderReferencedDocument", element("ram:IssuerAssignedID", document.purchase_order_ref)),
    )


def _party(party: Party, document: Document, *, seller: bool) -> str:
    endpoint = party.endpoint
    # BR-CO-26: where the VAT number may not stand, the seller is known by its register or by this id (BT-29).
    substitute = party.vat_number if seller and document.outside_scope and not party.registration_number else ""
    return (
        element("ram:ID", substitute)
        + element("ram:Name", party.name)
        + wrap(
            "ram:SpecifiedLegalOrganization",
            element("ram:ID", party.registration_number, attribute("schemeID", register_scheme(party))),
            element("ram:TradingBusinessName", party.trade_name),
        )
        + (_contact(party) if seller else "")
        + wrap(
            "ram:PostalTradeAddress",
            element("ram:PostcodeCode", party.postal_code),
            element("ram:LineOne", party.address_line1),
            element("ram:LineTwo", party.address_line2),
            element("ram:CityName", party.city),
            element("ram:CountryID", party.country_code),
            element("ram:CountrySubDivisionName", party.state),
        )
        + (
            wrap(
                "ram:URIUniversalCommunication",
                element("ram:URIID", endpoint.id, attribute("schemeID", endpoint.scheme)),
            )
            if endpoint
            else ""
        )
        + _tax_registration(party, document, seller=seller)
    )


def _tax_registration(party: Party, document: Document, *, seller: bool) -> str:
    if document.outside_scope and not seller:
        return ""
    scheme = "FC" if document.outside_scope else "VA"
    return wrap("ram:SpecifiedTaxRegistration", element("ram:ID", party.vat_number, attribute("schemeID", scheme)))


def _contact(party: Party) -> str:
    if not (party.phone or party.email):
        return ""
    return wrap(
        "ram:DefinedTradeContact",
        element("ram:PersonName", party.contact_name),
        wrap("ram:TelephoneUniversalCommunication", element("ram:CompleteNumber", party.phone)),
        wrap("ram:EmailURIUniversalCommunication", element("ram:URIID", party.email)),
    )


def _delivery(document: Document) -> str:
    """Write the delivery, which must stand even when nothing is known of it."""
    inside = wrap("ram:ActualDeliverySupplyChainEvent", _date("ram:OccurrenceDateTime", document.supply_date))
    return f"<ram:ApplicableHeaderTradeDelivery>{inside}</ram:ApplicableHeaderTradeDelivery>"


def _settlement(document: Document) -> str:
    payment, totals, before = document.payment, document.totals, document.preceding
    return wrap(
        "ram:ApplicableHeaderTradeSettlement",
        element("ram:PaymentReference", payment.reference),
        element("ram:InvoiceCurrencyCode", document.currency),
        wrap(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            element("ram:TypeCode", payment.means_code),
            _account(document),
        ),
        *(_trade_tax(group) for group in document.vat),
        _period(document.period),
        wrap("ram:SpecifiedTradePaymentTerms", _date("ram:DueDateDateTime", document.due_date)),
        wrap(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            _amount("ram:LineTotalAmount", totals.lines),
            _amount("ram:TaxBasisTotalAmount", totals.without_tax),
            _amount("ram:TaxTotalAmount", totals.tax, attribute("currencyID", document.currency)),
            _amount("ram:GrandTotalAmount", totals.with_tax),
            _amount("ram:TotalPrepaidAmount", totals.prepaid) if totals.prepaid else "",
            _amount("ram:DuePayableAmount", totals.due),
        ),
        wrap(
            "ram:InvoiceReferencedDocument",
            element("ram:IssuerAssignedID", before.number),
            _date("ram:FormattedIssueDateTime", before.issue_date, "qdt"),
        )
        if before
        else "",
    )


def _account(document: Document) -> str:
    payment = document.payment
    if not payment.iban:
        return ""
    return wrap(
        "ram:PayeePartyCreditorFinancialAccount",
        element("ram:IBANID", payment.iban),
        element("ram:AccountName", payment.account_holder),
    ) + wrap("ram:PayeeSpecifiedCreditorFinancialInstitution", element("ram:BICID", payment.bic))


def _trade_tax(group: VatBreakdown) -> str:
    return wrap(
        "ram:ApplicableTradeTax",
        _amount("ram:CalculatedAmount", group.tax_amount),
        "<ram:TypeCode>VAT</ram:TypeCode>",
        element("ram:ExemptionReason", group.exemption_reason),
        _amount("ram:BasisAmount", group.taxable_amount),
        element("ram:CategoryCode", group.category),
        element("ram:ExemptionReasonCode", group.exemption_code),
        element("ram:RateApplicablePercent", plain(group.rate)) if group.category != "O" else "",
    )


def _period(span: Span | None) -> str:
    if span is None:
        return ""
    days = _date("ram:StartDateTime", span.start) + _date("ram:EndDateTime", span.end)
    return wrap("ram:BillingSpecifiedPeriod", days)


def _date(tag: str, day: date | None, namespace: str = "udt") -> str:
    if day is None:
        return ""
    return f'<{tag}><{namespace}:DateTimeString format="102">{day:%Y%m%d}</{namespace}:DateTimeString></{tag}>'


def _amount(tag: str, value: Decimal, attributes: str = "") -> str:
    return f"<{tag}{attributes}>{escape(format(value, 'f'))}</{tag}>"
