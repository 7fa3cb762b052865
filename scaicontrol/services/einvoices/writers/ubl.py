"""UBL 2.1 Invoice and CreditNote, in the element order of their schemas."""

from datetime import date
from decimal import Decimal

from ..document import AllowanceCharge, Document, InvoicingPeriod, Line, Party, PaymentInstructions, VatBreakdown
from ..formats import PEPPOL, XRECHNUNG_UBL, Profile
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

_NAMESPACES = (
    ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
_VAT = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
_OTHER_TAX = "<cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme>"
_F_TAX = "GODKÄND FÖR F-SKATT"
_ADDRESS, _COUNTRY = "<cac:DeliveryLocation><cac:Address>", "<cac:Country><cbc:IdentificationCode>"
_DELIVERED_TO_END = "</cbc:IdentificationCode></cac:Country></cac:Address></cac:DeliveryLocation>"


def write(document: Document, profile: Profile) -> bytes:
    """Write a document as UBL in a profile."""
    root = "CreditNote" if document.is_credit_note else "Invoice"
    currency = f' currencyID="{escape(document.currency)}"'
    xml = [
        f'{DECLARATION}<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"{_NAMESPACES}>',
        element("cbc:CustomizationID", profile.customization_id),
        element("cbc:ProfileID", profile.process_id),
        _head(document),
        wrap("cac:AccountingSupplierParty", _party(document.seller, document, profile, is_seller=True)),
        wrap("cac:AccountingCustomerParty", _party(document.buyer, document, profile, is_seller=False)),
        _delivery(document, profile),
        _payment_means(document),
        wrap("cac:PaymentTerms", element("cbc:Note", document.payment.terms)),
        *(_allowance_charge(each, "false", document) for each in document.allowances),
        *(_allowance_charge(each, "true", document) for each in document.charges),
        _tax_total(document, currency, profile),
        _monetary_total(document, currency),
        *_lines(document, currency),
        f"</{root}>\n",
    ]
    return "".join(xml).encode()


def _head(document: Document) -> str:
    """Write what stands before the parties. A credit note has no due date here; BT-9 stands with its payment means."""
    credit = document.is_credit_note
    kind = "CreditNoteTypeCode" if credit else "InvoiceTypeCode"
    return (
        element("cbc:ID", document.number)
        + _date("cbc:IssueDate", document.issue_date)
        + ("" if credit else _date("cbc:DueDate", document.due_date))
        + f"<cbc:{kind}>{document.type_code}</cbc:{kind}>"
        # One note only: Peppol allows no more.
        + element("cbc:Note", "\n".join(document.notes))
        + element("cbc:DocumentCurrencyCode", document.currency)
        + element("cbc:TaxCurrencyCode", document.tax_currency)
        + element("cbc:BuyerReference", document.buyer_reference)
        + _period(document.period)
        + wrap("cac:OrderReference", element("cbc:ID", document.purchase_order_ref))
        + _preceding(document)
        + wrap("cac:ContractDocumentReference", element("cbc:ID", document.contract_ref))
    )


def _preceding(document: Document) -> str:
    before = document.preceding
    if before is None:
        return ""
    reference = element("cbc:ID", before.number) + _date("cbc:IssueDate", before.issue_date)
    return wrap("cac:BillingReference", wrap("cac:InvoiceDocumentReference", reference))


def _party(party: Party, document: Document, profile: Profile, *, is_seller: bool) -> str:
    endpoint = party.endpoint
    return wrap(
        "cac:Party",
        element("cbc:EndpointID", endpoint.id, attribute("schemeID", endpoint.scheme)) if endpoint else "",
        *_identifications(party, document, is_seller=is_seller),
        wrap("cac:PartyName", element("cbc:Name", party.trade_name)),
        wrap(
            "cac:PostalAddress",
            element("cbc:StreetName", party.address_line1),
            element("cbc:AdditionalStreetName", party.address_line2),
            element("cbc:CityName", party.city),
            element("cbc:PostalZone", party.postal_code),
            element("cbc:CountrySubentity", party.state),
            wrap("cac:Country", element("cbc:IdentificationCode", party.country_code)),
        ),
        *_tax_schemes(party, document, profile, is_seller=is_seller),
        wrap(
            "cac:PartyLegalEntity",
            element("cbc:RegistrationName", party.name),
            element("cbc:CompanyID", party.registration_number, attribute("schemeID", register_scheme(party))),
        ),
        wrap(
            "cac:Contact",
            element("cbc:Name", party.contact_name),
            element("cbc:Telephone", party.phone),
            element("cbc:ElectronicMail", party.email),
        ),
    )


def _identifications(party: Party, document: Document, *, is_seller: bool) -> tuple[str, ...]:
    """Write BT-29 or BT-46, and the creditor of a direct debit (BT-90), which UBL keeps with the seller."""
    if not is_seller:
        return (wrap("cac:PartyIdentification", element("cbc:ID", party.identifier)),)
    own = seller_identifier(party, outside_scope=document.outside_scope)
    creditor = document.payment.creditor_id if document.payment.is_direct_debit else ""
    return (
        wrap("cac:PartyIdentification", element("cbc:ID", own)),
        wrap("cac:PartyIdentification", element("cbc:ID", creditor, ' schemeID="SEPA"')),
    )


def _tax_schemes(party: Party, document: Document, profile: Profile, *, is_seller: bool) -> tuple[str, ...]:
    outside = document.outside_scope
    vat_number = "" if outside else party.vat_number
    other = tax_number(party, outside_scope=outside) if is_seller else ""
    if profile is PEPPOL and party.country_code == "SE" and party.registration_number and other.upper() != _F_TAX:
        other = ""  # SE-R-005: beside its organisation number a Swedish seller says that it has F-tax, and nothing else
    return tuple(
        f"<cac:PartyTaxScheme>{element('cbc:CompanyID', number)}{scheme}</cac:PartyTaxScheme>"
        for number, scheme in ((vat_number, _VAT), (other, _OTHER_TAX))
        if number
    )


def _delivery(document: Document, profile: Profile) -> str:
    country, buyer = document.deliver_to_country, document.buyer
    if not country:
        to = ""
    elif profile is XRECHNUNG_UBL:  # BR-DE-10 and 11 want city and postal code; goods go where the buyer is
        place = element("cbc:CityName", buyer.city) + element("cbc:PostalZone", buyer.postal_code)
        to = f"{_ADDRESS}{place}{_COUNTRY}{escape(country)}{_DELIVERED_TO_END}"
    else:
        to = f"{_ADDRESS}{_COUNTRY}{escape(country)}{_DELIVERED_TO_END}"
    return wrap("cac:Delivery", _date("cbc:ActualDeliveryDate", document.supply_date), to)


def _payment_means(document: Document) -> str:
    payment = document.payment
    return wrap(
        "cac:PaymentMeans",
        element("cbc:PaymentMeansCode", payment.means_code),
        _date("cbc:PaymentDueDate", document.due_date) if document.is_credit_note else "",
        element("cbc:PaymentID", payment.reference),
        _means_group(payment),
    )


def _means_group(payment: PaymentInstructions) -> str:
    if payment.is_card:
        return wrap(
            "cac:CardAccount",
            element("cbc:PrimaryAccountNumberID", payment.card_last4),
            element("cbc:NetworkID", payment.card_network or "card"),
            element("cbc:HolderName", payment.card_holder),
        )
    if payment.is_direct_debit:
        return wrap(
            "cac:PaymentMandate",
            element("cbc:ID", payment.mandate_reference),
            wrap("cac:PayerFinancialAccount", element("cbc:ID", payment.debtor_iban)),
        )
    if not payment.iban:
        return ""
    return wrap(
        "cac:PayeeFinancialAccount",
        element("cbc:ID", payment.iban),
        element("cbc:Name", payment.account_holder),
        wrap("cac:FinancialInstitutionBranch", element("cbc:ID", payment.bic)),
    )


def _allowance_charge(item: AllowanceCharge, is_charge: str, document: Document) -> str:
    currency, says_share = f' currencyID="{escape(document.currency)}"', is_exact(item, document)
    rate = f"<cbc:Percent>{plain(item.rate)}</cbc:Percent>" if item.category != "O" else ""
    category = f"<cac:TaxCategory><cbc:ID>{item.category}</cbc:ID>{rate}{_VAT}</cac:TaxCategory>"
    share = base = ""
    if says_share and item.percent is not None and item.base_amount is not None:
        share = element("cbc:MultiplierFactorNumeric", plain(item.percent))
        base = f"<cbc:BaseAmount{currency}>{item.base_amount:f}</cbc:BaseAmount>"
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{is_charge}</cbc:ChargeIndicator>"
        f"{element('cbc:AllowanceChargeReasonCode', item.reason_code)}"
        f"{element('cbc:AllowanceChargeReason', item.reason)}{share}"
        f"<cbc:Amount{currency}>{item.amount:f}</cbc:Amount>{base}"
        f"{category if item.category else ''}</cac:AllowanceCharge>"
    )


def _tax_total(document: Document, currency: str, profile: Profile) -> str:
    totals = document.totals
    own = ""
    if totals.tax_in_tax_currency is not None:
        own = (
            f'<cac:TaxTotal><cbc:TaxAmount currencyID="{escape(document.tax_currency)}">'
            f"{totals.tax_in_tax_currency:f}</cbc:TaxAmount></cac:TaxTotal>"
        )
    # XRechnung wants a rate in every breakdown, also where the lines must not carry one, and so does Peppol between
    # German parties (DE-R-014).
    is_german = document.seller.country_code == document.buyer.country_code == "DE"
    rated = profile is XRECHNUNG_UBL or is_german
    subtotals = "".join(_subtotal(group, currency, rated=rated) for group in document.vat)
    return f"<cac:TaxTotal><cbc:TaxAmount{currency}>{totals.tax:f}</cbc:TaxAmount>{subtotals}</cac:TaxTotal>{own}"


def _subtotal(group: VatBreakdown, currency: str, *, rated: bool) -> str:
    rate = f"<cbc:Percent>{plain(group.rate)}</cbc:Percent>" if group.category != "O" or rated else ""
    return (
        f"<cac:TaxSubtotal><cbc:TaxableAmount{currency}>{group.taxable_amount:f}</cbc:TaxableAmount>"
        f"<cbc:TaxAmount{currency}>{group.tax_amount:f}</cbc:TaxAmount>"
        f"<cac:TaxCategory><cbc:ID>{escape(group.category)}</cbc:ID>{rate}"
        f"{element('cbc:TaxExemptionReasonCode', group.exemption_code)}"
        f"{element('cbc:TaxExemptionReason', group.exemption_reason)}{_VAT}</cac:TaxCategory></cac:TaxSubtotal>"
    )


def _monetary_total(document: Document, currency: str) -> str:
    totals = document.totals
    amounts: tuple[tuple[str, Decimal, bool], ...] = (
        ("LineExtensionAmount", totals.lines, True),
        ("TaxExclusiveAmount", totals.without_tax, True),
        ("TaxInclusiveAmount", totals.with_tax, True),
        ("AllowanceTotalAmount", totals.allowances, bool(document.allowances)),
        ("ChargeTotalAmount", totals.charges, bool(document.charges)),
        ("PrepaidAmount", totals.prepaid, bool(totals.prepaid)),
        ("PayableRoundingAmount", totals.rounding, bool(totals.rounding)),
        ("PayableAmount", totals.due, True),
    )
    stated = (f"<cbc:{tag}{currency}>{amount:f}</cbc:{tag}>" for tag, amount, is_stated in amounts if is_stated)
    return wrap("cac:LegalMonetaryTotal", *stated)


def _lines(document: Document, currency: str) -> list[str]:
    if document.is_credit_note:
        return [_line(line, document, "CreditNoteLine", "CreditedQuantity", currency) for line in document.lines]
    return [_line(line, document, "InvoiceLine", "InvoicedQuantity", currency) for line in document.lines]


def _line(line: Line, document: Document, kind: str, quantity: str, currency: str) -> str:
    unit = f' unitCode="{escape(line.unit_code)}"'
    rate = f"<cbc:Percent>{plain(line.rate)}</cbc:Percent>" if line.category != "O" else ""
    price, base = exact_price(line, document)
    per = "" if base == 1 else f"<cbc:BaseQuantity{unit}>{plain(base)}</cbc:BaseQuantity>"
    adjustments = ""
    if line.allowances or line.charges:
        adjustments = "".join(_allowance_charge(each, "false", document) for each in line.allowances)
        adjustments += "".join(_allowance_charge(each, "true", document) for each in line.charges)
    return (
        f"<cac:{kind}>{element('cbc:ID', line.id)}"
        f"<cbc:{quantity}{unit}>{plain(line.quantity)}</cbc:{quantity}>"
        f"<cbc:LineExtensionAmount{currency}>{line.net_amount:f}</cbc:LineExtensionAmount>"
        f"{_period(line.period)}{adjustments}"
        f"<cac:Item>{element('cbc:Description', line.detail)}{element('cbc:Name', line.name)}"
        f"<cac:ClassifiedTaxCategory><cbc:ID>{escape(line.category)}</cbc:ID>{rate}{_VAT}</cac:ClassifiedTaxCategory>"
        f"</cac:Item><cac:Price><cbc:PriceAmount{currency}>{price:f}</cbc:PriceAmount>{per}</cac:Price>"
        f"</cac:{kind}>"
    )


def _period(span: InvoicingPeriod | None) -> str:
    if span is None:
        return ""
    return (
        f"<cac:InvoicePeriod><cbc:StartDate>{span.start.isoformat()}</cbc:StartDate>"
        f"<cbc:EndDate>{span.end.isoformat()}</cbc:EndDate></cac:InvoicePeriod>"
    )


def _date(tag: str, day: date | None) -> str:
    return f"<{tag}>{day.isoformat()}</{tag}>" if day else ""
