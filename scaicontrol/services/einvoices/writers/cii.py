"""UN/CEFACT Cross Industry Invoice in the EN 16931 subset, valid as D16B and inside Factur-X and ZUGFeRD."""

from datetime import date
from decimal import Decimal

from ..document import AllowanceCharge, Document, InvoicingPeriod, Line, Party, PaymentInstructions, VatBreakdown
from ..formats import BASIC, XRECHNUNG_CII, Profile
from .xml import (
    DECLARATION,
    attribute,
    element,
    escape,
    exact_price,
    is_exact,
    plain,
    register_scheme,
    seller_identifier,
    tax_number,
    wrap,
)

_ROOT = (
    '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
)
_BUSINESS, _GUIDELINE = (f"ram:{name}SpecifiedDocumentContextParameter" for name in ("BusinessProcess", "Guideline"))


def write(document: Document, profile: Profile) -> bytes:
    """
    Write a document as CII in a profile.

    BASIC knows no item description (BT-154), contacts (BG-6, BG-9), account name and BIC (BT-85, 86), card (BG-18),
    rounding (BT-114) or percentage on a line (BT-137, 138, 142, 143): it leaves them out, and its sums are the same.
    """
    is_whole = profile is not BASIC
    xml = [
        DECLARATION,
        _ROOT,
        wrap(
            "rsm:ExchangedDocumentContext",
            wrap(_BUSINESS, element("ram:ID", profile.process_id)),
            wrap(_GUIDELINE, element("ram:ID", profile.customization_id)),
        ),
        wrap(
            "rsm:ExchangedDocument",
            element("ram:ID", document.number),
            element("ram:TypeCode", document.type_code),
            _date("ram:IssueDateTime", document.issue_date),
            *(wrap("ram:IncludedNote", element("ram:Content", note)) for note in document.notes),
        ),
        "<rsm:SupplyChainTradeTransaction>",
        *[_line(line, document, profile) for line in document.lines],
        _agreement(document, is_whole=is_whole),
        _delivery(document, profile),
        _settlement(document, profile),
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n",
    ]
    return "".join(xml).encode()


def _line(line: Line, document: Document, profile: Profile) -> str:
    unit, is_whole = f' unitCode="{escape(line.unit_code)}"', profile is not BASIC
    price, base = line.unit_price, line.base_quantity
    if profile is XRECHNUNG_CII:
        price, base = exact_price(line, document)
    per = "" if base == 1 else f"<ram:BasisQuantity{unit}>{plain(base)}</ram:BasisQuantity>"
    rate = _rate(line.category, line.rate)
    detail = element("ram:Description", line.detail) if is_whole else ""
    adjustments = ""
    if line.allowances or line.charges:
        adjustments = "".join(_adjustment(each, "false", document, profile) for each in line.allowances)
        adjustments += "".join(_adjustment(each, "true", document, profile) for each in line.charges)
    return (
        "<ram:IncludedSupplyChainTradeLineItem>"
        f"<ram:AssociatedDocumentLineDocument>{element('ram:LineID', line.id)}</ram:AssociatedDocumentLineDocument>"
        f"<ram:SpecifiedTradeProduct>{element('ram:Name', line.name)}{detail}</ram:SpecifiedTradeProduct>"
        "<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
        f"<ram:ChargeAmount>{price:f}</ram:ChargeAmount>{per}"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        f"<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity{unit}>{plain(line.quantity)}</ram:BilledQuantity>"
        "</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>"
        "<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:CategoryCode>{escape(line.category)}</ram:CategoryCode>{rate}</ram:ApplicableTradeTax>"
        f"{_period(line.period)}{adjustments}<ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"<ram:LineTotalAmount>{line.net_amount:f}</ram:LineTotalAmount>"
        "</ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def _adjustment(item: AllowanceCharge, is_charge: str, document: Document, profile: Profile) -> str:
    """Write a discount or surcharge of a line, of which BASIC has no percentage."""
    return _allowance_charge(item, is_charge, is_share=profile is not BASIC and _says_share(item, document, profile))


def _adjustments(document: Document, profile: Profile) -> list[str]:
    every = (*((each, "false") for each in document.allowances), *((each, "true") for each in document.charges))
    return [_allowance_charge(each, kind, is_share=_says_share(each, document, profile)) for each, kind in every]


def _says_share(item: AllowanceCharge, document: Document, profile: Profile) -> bool:
    """Tell whether the percentage is written: XRechnung wants it exact."""
    return profile is not XRECHNUNG_CII or is_exact(item, document)


def _allowance_charge(item: AllowanceCharge, is_charge: str, *, is_share: bool = True) -> str:
    share = element("ram:CalculationPercent", plain(item.percent)) if is_share and item.percent is not None else ""
    has_base = is_share and item.base_amount is not None
    base = f"<ram:BasisAmount>{item.base_amount:f}</ram:BasisAmount>" if has_base else ""
    category = (
        "<ram:CategoryTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:CategoryCode>{item.category}</ram:CategoryCode>{_rate(item.category, item.rate)}</ram:CategoryTradeTax>"
    )
    return (
        "<ram:SpecifiedTradeAllowanceCharge>"
        f"<ram:ChargeIndicator><udt:Indicator>{is_charge}</udt:Indicator></ram:ChargeIndicator>{share}{base}"
        f"<ram:ActualAmount>{item.amount:f}</ram:ActualAmount>"
        f"{element('ram:ReasonCode', item.reason_code)}{element('ram:Reason', item.reason)}"
        f"{category if item.category else ''}</ram:SpecifiedTradeAllowanceCharge>"
    )


def _agreement(document: Document, *, is_whole: bool) -> str:
    return wrap(
        "ram:ApplicableHeaderTradeAgreement",
        element("ram:BuyerReference", document.buyer_reference),
        wrap("ram:SellerTradeParty", _party(document.seller, document, is_seller=True, is_whole=is_whole)),
        wrap("ram:BuyerTradeParty", _party(document.buyer, document, is_seller=False, is_whole=is_whole)),
        wrap("ram:BuyerOrderReferencedDocument", element("ram:IssuerAssignedID", document.purchase_order_ref)),
        wrap("ram:ContractReferencedDocument", element("ram:IssuerAssignedID", document.contract_ref)),
    )


def _party(party: Party, document: Document, *, is_seller: bool, is_whole: bool) -> str:
    endpoint, outside = party.endpoint, document.outside_scope
    vat_number = "" if outside else party.vat_number
    other = tax_number(party, outside_scope=outside) if is_seller else ""
    return (
        element("ram:ID", seller_identifier(party, outside_scope=outside) if is_seller else party.identifier)
        + element("ram:Name", party.name)
        + wrap(
            "ram:SpecifiedLegalOrganization",
            element("ram:ID", party.registration_number, attribute("schemeID", register_scheme(party))),
            element("ram:TradingBusinessName", party.trade_name),
        )
        + (_contact(party) if is_whole else "")
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
        + wrap("ram:SpecifiedTaxRegistration", element("ram:ID", vat_number, ' schemeID="VA"'))
        + wrap("ram:SpecifiedTaxRegistration", element("ram:ID", other, ' schemeID="FC"'))
    )


def _contact(party: Party) -> str:
    return wrap(
        "ram:DefinedTradeContact",
        element("ram:PersonName", party.contact_name),
        wrap("ram:TelephoneUniversalCommunication", element("ram:CompleteNumber", party.phone)),
        wrap("ram:EmailURIUniversalCommunication", element("ram:URIID", party.email)),
    )


def _delivery(document: Document, profile: Profile) -> str:
    """Write the delivery, which must stand even when nothing is known of it."""
    country, buyer = document.deliver_to_country, document.buyer
    is_placed = bool(country) and profile is XRECHNUNG_CII  # BR-DE-10 and 11; goods go where the buyer is
    address = wrap(
        "ram:PostalTradeAddress",
        element("ram:PostcodeCode", buyer.postal_code if is_placed else ""),
        element("ram:CityName", buyer.city if is_placed else ""),
        element("ram:CountryID", country),
    )
    happened = wrap("ram:ActualDeliverySupplyChainEvent", _date("ram:OccurrenceDateTime", document.supply_date))
    inside = wrap("ram:ShipToTradeParty", address) + happened
    return f"<ram:ApplicableHeaderTradeDelivery>{inside}</ram:ApplicableHeaderTradeDelivery>"


def _settlement(document: Document, profile: Profile) -> str:
    payment = document.payment
    mandate = payment.mandate_reference if payment.is_direct_debit else ""
    return wrap(
        "ram:ApplicableHeaderTradeSettlement",
        element("ram:CreditorReferenceID", payment.creditor_id if payment.is_direct_debit else ""),
        element("ram:PaymentReference", payment.reference),
        element("ram:TaxCurrencyCode", document.tax_currency),
        element("ram:InvoiceCurrencyCode", document.currency),
        wrap(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            element("ram:TypeCode", payment.means_code),
            _means_group(payment, is_whole=profile is not BASIC),
        ),
        *(_trade_tax(group, profile) for group in document.vat),
        _period(document.period),
        *(
            _allowance_charge(each, "false", is_share=_says_share(each, document, profile))
            for each in document.allowances
        ),
        *(_allowance_charge(each, "true", is_share=_says_share(each, document, profile)) for each in document.charges),
        wrap(
            "ram:SpecifiedTradePaymentTerms",
            element("ram:Description", payment.terms),
            _date("ram:DueDateDateTime", document.due_date),
            element("ram:DirectDebitMandateID", mandate),
        ),
        _summation(document, is_whole=profile is not BASIC),
        _preceding(document),
    )


def _means_group(payment: PaymentInstructions, *, is_whole: bool) -> str:
    if payment.is_card:
        card = element("ram:ID", payment.card_last4) + element("ram:CardholderName", payment.card_holder)
        return wrap("ram:ApplicableTradeSettlementFinancialCard", card) if is_whole else ""
    if payment.is_direct_debit:
        return wrap("ram:PayerPartyDebtorFinancialAccount", element("ram:IBANID", payment.debtor_iban))
    if not payment.iban:
        return ""
    return wrap(
        "ram:PayeePartyCreditorFinancialAccount",
        element("ram:IBANID", payment.iban),
        element("ram:AccountName", payment.account_holder if is_whole else ""),
    ) + wrap("ram:PayeeSpecifiedCreditorFinancialInstitution", element("ram:BICID", payment.bic if is_whole else ""))


def _trade_tax(group: VatBreakdown, profile: Profile) -> str:
    rate = _rate(group.category, group.rate)
    if profile is XRECHNUNG_CII:
        # It wants a rate in every breakdown, also where the lines must not carry one.
        rate = f"<ram:RateApplicablePercent>{plain(group.rate)}</ram:RateApplicablePercent>"
    return (
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{group.tax_amount:f}</ram:CalculatedAmount>"
        f"<ram:TypeCode>VAT</ram:TypeCode>{element('ram:ExemptionReason', group.exemption_reason)}"
        f"<ram:BasisAmount>{group.taxable_amount:f}</ram:BasisAmount>"
        f"<ram:CategoryCode>{escape(group.category)}</ram:CategoryCode>"
        f"{element('ram:ExemptionReasonCode', group.exemption_code)}{rate}</ram:ApplicableTradeTax>"
    )


def _summation(document: Document, *, is_whole: bool) -> str:
    totals = document.totals
    own = totals.tax_in_tax_currency
    return wrap(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _amount("ram:LineTotalAmount", totals.lines),
        _amount("ram:ChargeTotalAmount", totals.charges) if document.charges else "",
        _amount("ram:AllowanceTotalAmount", totals.allowances) if document.allowances else "",
        _amount("ram:TaxBasisTotalAmount", totals.without_tax),
        _amount("ram:TaxTotalAmount", totals.tax, attribute("currencyID", document.currency)),
        "" if own is None else _amount("ram:TaxTotalAmount", own, attribute("currencyID", document.tax_currency)),
        _amount("ram:RoundingAmount", totals.rounding) if totals.rounding and is_whole else "",
        _amount("ram:GrandTotalAmount", totals.with_tax),
        _amount("ram:TotalPrepaidAmount", totals.prepaid) if totals.prepaid else "",
        _amount("ram:DuePayableAmount", totals.due),
    )


def _preceding(document: Document) -> str:
    before = document.preceding
    if before is None:
        return ""
    return wrap(
        "ram:InvoiceReferencedDocument",
        element("ram:IssuerAssignedID", before.number),
        _date("ram:FormattedIssueDateTime", before.issue_date, "qdt"),
    )


def _rate(category: str, rate: Decimal) -> str:
    """Write a rate, but where category O forbids one."""
    return "" if category == "O" else f"<ram:RateApplicablePercent>{plain(rate)}</ram:RateApplicablePercent>"


def _period(span: InvoicingPeriod | None) -> str:
    if span is None:
        return ""
    days = _date("ram:StartDateTime", span.start) + _date("ram:EndDateTime", span.end)
    return f"<ram:BillingSpecifiedPeriod>{days}</ram:BillingSpecifiedPeriod>"


def _date(tag: str, day: date | None, namespace: str = "udt") -> str:
    if day is None:
        return ""
    # Not %Y: it writes a year before 1000 with fewer than four digits.
    written = day.isoformat().replace("-", "")
    return f'<{tag}><{namespace}:DateTimeString format="102">{written}</{namespace}:DateTimeString></{tag}>'


def _amount(tag: str, value: Decimal, attributes: str = "") -> str:
    return f"<{tag}{attributes}>{value:f}</{tag}>"
