"""VAT categories (UNCL 5305): the rate each allows, the parties it must name or not, and the reason it must give."""

from collections.abc import Iterator
from decimal import Decimal

from scaicontrol.core.errors import Reason
from scaicontrol.services.tax import numbers

from ..document import Document, VatBreakdown
from .reasons import broken

# How EN 16931 names the rules of a category: BR-IC-… for K, BR-AF-… for L (IGIC), BR-AG-… for M (IPSI).
_FAMILY = {"K": "IC", "L": "AF", "M": "AG"}
_KNOWN = frozenset({"S", "Z", "E", "AE", "K", "G", "O", "L", "M"})
_UNTAXED = frozenset({"Z", "E", "AE", "K", "G", "O"})
_EXPLAINED = frozenset({"E", "AE", "K", "G", "O"})
# Peppol pins codes to categories (P0104 to P0111), which holds for every format: the code says what the letter says.
_PINNED = {
    "VATEX-EU-G": ("G", "P0104"), "VATEX-EU-O": ("O", "P0105"), "VATEX-EU-IC": ("K", "P0106"),
    "VATEX-EU-AE": ("AE", "P0107"), "VATEX-EU-D": ("E", "P0108"), "VATEX-EU-F": ("E", "P0109"),
    "VATEX-EU-I": ("E", "P0110"), "VATEX-EU-J": ("E", "P0111"),
}  # fmt: skip


def family(category: str) -> str:
    """Give the letters that stand in the rule ids of a category."""
    return _FAMILY.get(category, category)


def check(document: Document) -> Iterator[Reason]:
    for line in document.lines:
        yield from _rate(f"Line {line.id}", f"lines[{line.id}].tax_category", line.category, line.rate, "05")
    for each in document.allowances:
        yield from _rate("A discount", "allowances", each.category, each.rate, "06")
    for each in document.charges:
        yield from _rate("A surcharge", "charges", each.category, each.rate, "07")
    for group in document.vat:
        yield from _reason(group)
    yield from _mixture(document)
    yield from _parties(document)
    yield from _goods(document)


def _mismatch(rule: str, message: str, field: str, fix: str | None = None) -> Reason:
    return broken(rule, message, field, fix or "Change the VAT category or the rate.", "tax_category_mismatch")


def _rate(what: str, field: str, category: str, rate: Decimal, rule: str) -> Iterator[Reason]:
    if category not in _KNOWN:
        yield _mismatch("BR-CL-17", f"{what} has the VAT category '{category}', which does not exist.", field)
    elif category == "S" and rate <= 0:
        yield _mismatch(f"BR-S-{rule}", f"{what} is standard rated (S) and needs a rate above 0.", field)
    elif category in _UNTAXED and rate:
        message = f"{what} has VAT category {category}, which has no rate, and states {rate} %."
        yield _mismatch(f"BR-{family(category)}-{rule}", message, field)


def _reason(group: VatBreakdown) -> Iterator[Reason]:
    explained, name = group.exemption_reason or group.exemption_code, family(group.category)
    if group.category in _EXPLAINED and not explained:
        message = f"VAT category {group.category} needs the reason why no VAT is charged (BT-120, BT-121)."
        yield _mismatch(f"BR-{name}-10", message, "tax_exempt_reason", "State the reason of the exemption.")
    if group.category not in _EXPLAINED and explained:
        message = f"VAT category {group.category} is taxed by its rate and may not give a reason for an exemption."
        yield _mismatch(f"BR-{name}-10", message, "tax_exempt_reason", "Leave the reason out.")
    pinned, rule = _PINNED.get(group.exemption_code, (group.category, ""))
    if pinned != group.category:
        message = f"The code {group.exemption_code} stands for category {pinned}, not {group.category} (BT-121)."
        yield _mismatch(f"PEPPOL-EN16931-{rule}", message, "tax_exempt_reason_code")


def _mixture(document: Document) -> Iterator[Reason]:
    categories = {line.category for line in document.lines}
    if "O" in categories and len(categories) > 1:
        message = "A document that is outside the scope of VAT (O) on one line must be so on every line."
        yield _mismatch("BR-O-12", message, "lines", "Invoice the other lines separately.")
    if "O" in categories and any(group.category != "O" for group in document.vat):
        message = "A document outside the scope of VAT (O) has one VAT breakdown, for O."
        yield _mismatch("BR-O-11", message, "totals.tax")


def _parties(document: Document) -> Iterator[Reason]:
    seller, buyer = document.seller, document.buyer
    for category in sorted({line.category for line in document.lines} & _KNOWN - {"O"}):
        rule = f"BR-{family(category)}-02"
        if not (seller.vat_number or (seller.tax_number and category not in {"K", "G"})):
            message = f"The seller has no VAT number, which VAT category {category} needs (BT-31)."
            yield broken(rule, message, "seller.vat_number", code="seller_incomplete")
        if category in {"AE", "K"} and not buyer.vat_number:
            said = "Reverse charge (AE)" if category == "AE" else "An intra-Community supply (K)"
            yield _mismatch(
                rule,
                f"{said} needs the VAT number of the buyer (BT-48).",
                "buyer.vat_number",
                "Fill it in in the tenant's billing profile, or charge VAT.",
            )
        elif category in {"AE", "K"} and (problem := numbers.problem(buyer.vat_number, buyer.country_code)):
            yield _mismatch("SC-VATID", problem, "buyer.vat_number", "Correct it in the tenant's billing profile.")
        elif category in {"AE", "K"} and buyer.vat_number[:2] == seller.vat_number[:2]:
            message = (
                f"VAT category {category} shifts VAT to another state; both numbers are of {buyer.vat_number[:2]}."
            )
            # Art. 196 of Directive 2006/112/EC: the customer of another state is liable.
            yield _mismatch("SC-STATE", message, "buyer.vat_number", "Charge domestic VAT (S).")
    if document.outside_scope and not (seller.registration_number or seller.vat_number or seller.identifier):
        message = "The seller has neither a registration nor a VAT number nor another identifier (BT-29, BT-30, BT-31)."
        yield broken("BR-CO-26", message, "seller.registration_number", code="seller_incomplete")


def _goods(document: Document) -> Iterator[Reason]:
    if not any(line.category == "K" for line in document.lines):
        return
    if not document.supply_date:
        yield broken("BR-IC-11", "An intra-Community supply (K) states when it was delivered (BT-72).", "lines")
    if not document.deliver_to_country:
        yield broken(
            "BR-IC-12", "An intra-Community supply (K) states the country it went to (BT-80).", "buyer.country"
        )
