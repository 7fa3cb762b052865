"""
What the business terms of EN 16931 are called here: the field a person can change, and its name in a sentence.

The official rules speak of terms (BT-31); the people who mend a document speak of "the VAT number of the seller".
"""

import re

_TERMS = {
    "BT-1": ("number", "the number of the document"),
    "BT-2": ("issue_date", "the issue date"),
    "BT-3": ("document_type", "the kind of document"),
    "BT-5": ("currency", "the currency"),
    "BT-6": ("tax_currency", "the currency of the VAT total"),
    "BT-7": ("period_end", "the tax point date"),
    "BT-9": ("due_date", "the due date"),
    "BT-10": ("buyer_reference", "the buyer reference"),
    "BT-12": ("contract_ref", "the contract reference"),
    "BT-13": ("purchase_order_ref", "the order reference"),
    "BT-20": ("payment_terms", "the payment terms"),
    "BT-22": ("notes", "the note"),
    "BT-25": ("referenced_invoice_id", "the invoice a credit note corrects"),
    "BT-26": ("referenced_invoice_id", "the date of the invoice a credit note corrects"),
    "BT-27": ("seller.legal_name", "the name of the seller"),
    "BT-29": ("seller.registration_number", "the identifier of the seller"),
    "BT-30": ("seller.registration_number", "the registration number of the seller"),
    "BT-31": ("seller.vat_number", "the VAT number of the seller"),
    "BT-32": ("seller.tax_number", "the tax number of the seller"),
    "BT-34": ("seller.peppol_id", "the electronic address of the seller"),
    "BT-35": ("seller.address_line1", "the address of the seller"),
    "BT-37": ("seller.city", "the city of the seller"),
    "BT-38": ("seller.postal_code", "the postal code of the seller"),
    "BT-40": ("seller.country_code", "the country of the seller"),
    "BT-41": ("seller.contact_name", "the contact name of the seller"),
    "BT-42": ("seller.phone", "the phone number of the seller"),
    "BT-43": ("seller.email", "the e-mail address of the seller"),
    "BT-44": ("buyer.company_name", "the name of the buyer"),
    "BT-46": ("buyer.registration_number", "the identifier of the buyer"),
    "BT-47": ("buyer.registration_number", "the registration number of the buyer"),
    "BT-48": ("buyer.vat_number", "the VAT number of the buyer"),
    "BT-49": ("buyer.peppol_id", "the electronic address of the buyer"),
    "BT-50": ("buyer.address_line1", "the address of the buyer"),
    "BT-52": ("buyer.city", "the city of the buyer"),
    "BT-53": ("buyer.postal_code", "the postal code of the buyer"),
    "BT-55": ("buyer.country_code", "the country of the buyer"),
    "BT-72": ("period_end", "the date of supply"),
    "BT-73": ("period_start", "the beginning of the period"),
    "BT-74": ("period_end", "the end of the period"),
    "BT-80": ("buyer.country_code", "the country the goods went to"),
    "BT-81": ("payment_means", "the means of payment"),
    "BT-83": ("number", "the payment reference"),
    "BT-84": ("seller.iban", "the account of the seller"),
    "BT-87": ("payment_means", "the card"),
    "BT-89": ("payment_means", "the mandate"),
    "BT-90": ("seller.creditor_id", "the creditor identifier of the seller"),
    "BT-91": ("payment_means", "the account of the buyer"),
    "BT-92": ("allowances", "a discount"),
    "BT-95": ("allowances", "the VAT category of a discount"),
    "BT-97": ("allowances", "the reason of a discount"),
    "BT-99": ("charges", "a surcharge"),
    "BT-102": ("charges", "the VAT category of a surcharge"),
    "BT-104": ("charges", "the reason of a surcharge"),
    "BT-106": ("totals.lines", "the sum of the lines"),
    "BT-107": ("totals.allowances", "the sum of the discounts"),
    "BT-108": ("totals.charges", "the sum of the surcharges"),
    "BT-109": ("totals.without_tax", "the total without VAT"),
    "BT-110": ("totals.tax", "the total VAT"),
    "BT-111": ("totals.tax", "the total VAT in the currency of the seller's country"),
    "BT-112": ("totals.with_tax", "the total with VAT"),
    "BT-113": ("totals.prepaid", "the amount already paid"),
    "BT-114": ("totals.rounding", "the rounding"),
    "BT-115": ("totals.due", "the amount due"),
    "BT-116": ("totals.tax", "the base of a VAT rate"),
    "BT-117": ("totals.tax", "the tax of a VAT rate"),
    "BT-118": ("lines.tax_category", "the VAT category of a breakdown"),
    "BT-119": ("lines.tax_rate", "the rate of a breakdown"),
    "BT-120": ("buyer.tax_exempt_reason", "the reason of an exemption"),
    "BT-121": ("buyer.tax_exempt_reason_code", "the code of an exemption"),
    "BT-126": ("lines", "the number of a line"),
    "BT-129": ("lines.quantity", "the quantity of a line"),
    "BT-130": ("lines.unit_label", "the unit of a line"),
    "BT-131": ("lines.amount", "the net amount of a line"),
    "BT-134": ("lines.period_start", "the beginning of the period of a line"),
    "BT-135": ("lines.period_end", "the end of the period of a line"),
    "BT-136": ("lines.allowances", "a discount on a line"),
    "BT-141": ("lines.charges", "a surcharge on a line"),
    "BT-146": ("lines.unit_price", "the price of a line"),
    "BT-149": ("lines.unit_divisor", "the base quantity of a line"),
    "BT-151": ("lines.tax_category", "the VAT category of a line"),
    "BT-152": ("lines.tax_rate", "the VAT rate of a line"),
    "BT-153": ("lines.description", "the description of a line"),
}
_TERM = re.compile(r"BT-\d+")
_LINE = re.compile(r"(?:InvoiceLine|CreditNoteLine|IncludedSupplyChainTradeLineItem)[^/]*?\[(\d+)\]")


def field_of(text: str, location: str) -> tuple[str | None, str]:
    """Name the field an official rule complains about, from the terms in its text and the place it fired at."""
    known = [term for term in _TERM.findall(text) if term in _TERMS]
    if not known:
        return None, "the document"
    field, words = _TERMS[known[0]]
    if (line := _LINE.search(location)) and field.startswith("lines"):
        return field.replace("lines", f"lines[{line[1]}]", 1), words.replace("a line", f"line {line[1]}")
    return field, words
