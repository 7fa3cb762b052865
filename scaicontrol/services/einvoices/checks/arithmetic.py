"""
Sums, exact to the cent (EN 16931 §6.4.3, with the roundings of §4.4 of our own facts).

The official rules let VAT and its base be off by 0.99 (BR-CO-17, BR-S-08, BR-S-09) and never look at quantity times
price (Peppol's R120 does, with 0.02 to spare). Where ours is stricter the rule has an id of ours: SC-LINE, SC-BASE,
SC-TAX.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from scaicontrol.core.errors import Reason

from ..document import AllowanceCharge, Document, Line, VatBreakdown
from .categories import family
from .reasons import broken

_HUNDRED = Decimal(100)


def check(document: Document) -> Iterator[Reason]:
    step = Decimal(1).scaleb(-document.exponent)
    for line in document.lines:
        yield from _line(line, step)
    yield from _reductions("the document", "allowances", (*document.allowances, *document.charges), step)
    yield from _groups(document, step)
    yield from _totals(document)
    yield from _whole_units(document, step)
    yield from _signs(document)


def _line(line: Line, step: Decimal) -> Iterator[Reason]:
    where = f"lines[{line.id}]"
    if line.base_quantity <= 0:
        message = f"The base quantity of line {line.id} is {line.base_quantity}; it must be above 0 (BT-149)."
        yield broken("PEPPOL-EN16931-R121", message, f"{where}.unit_divisor", code="totals_invalid")
        return
    gross = _rounded(line.quantity * line.unit_price / line.base_quantity, step)
    net = gross - _sum(line.allowances) + _sum(line.charges)
    yield from _equal("SC-LINE", f"the net amount of line {line.id} (BT-131)", line.net_amount, net, f"{where}.amount")
    yield from _reductions(f"line {line.id}", where, (*line.allowances, *line.charges), step)


def _reductions(whose: str, where: str, every: Iterable[AllowanceCharge], step: Decimal) -> Iterator[Reason]:
    for each in every:
        if each.amount < 0:
            message = f"A discount or surcharge of {whose} is {each.amount}; it is written without a sign."
            yield broken("SC-SIGN", message, where, "Make a negative discount a surcharge.", "totals_invalid")
        if (each.percent is None) != (each.base_amount is None):
            rule, lacking = ("R041", "base amount") if each.base_amount is None else ("R042", "percentage")
            message = f"A discount or surcharge of {whose} has no {lacking}; both stand together or neither does."
            yield broken(f"PEPPOL-EN16931-{rule}", message, where, code="totals_invalid")
        elif each.percent is not None and each.base_amount is not None:
            amount = _rounded(each.base_amount * each.percent / _HUNDRED, step)
            name = f"a discount or surcharge of {whose} at {each.percent} % of {each.base_amount}"
            yield from _equal("PEPPOL-EN16931-R040", name, each.amount, amount, where)


def _groups(document: Document, step: Decimal) -> Iterator[Reason]:
    """Hold each VAT breakdown (BG-23) against the lines, discounts and surcharges of its category and rate."""
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in document.lines:
        _add(bases, line.category, line.rate, line.net_amount)
    for each in document.allowances:
        _add(bases, each.category, each.rate, -each.amount)
    for each in document.charges:
        _add(bases, each.category, each.rate, each.amount)
    if document.lines and not document.vat:
        yield broken("BR-CO-18", "The document has no VAT breakdown (BG-23).", "totals.tax", code="totals_invalid")
        return
    yield from _pairing(bases, document.vat)
    for group in document.vat:
        base = bases.get((group.category, group.rate))
        if base is None:
            continue
        name = f"VAT {group.category} {group.rate} %"
        yield from _equal("SC-BASE", f"the base of {name} (BT-116)", group.taxable_amount, base)
        tax = _rounded(group.taxable_amount * group.rate / _HUNDRED, step)
        if document.is_credit_note and document.preceding and abs(group.tax_amount - tax) <= step:
            continue  # several notes give back the VAT of one invoice to the cent, so one of them may round otherwise
        yield from _equal("SC-TAX", f"the tax of {name} (BT-117)", group.tax_amount, tax)


def _add(bases: dict[tuple[str, Decimal], Decimal], category: str, rate: Decimal, amount: Decimal) -> None:
    bases[category, rate] = bases.get((category, rate), Decimal()) + amount


def _pairing(bases: dict[tuple[str, Decimal], Decimal], groups: tuple[VatBreakdown, ...]) -> Iterator[Reason]:
    stated = [(group.category, group.rate) for group in groups]
    wrong = {key for key in stated if stated.count(key) > 1 or key not in bases} | {
        key for key in bases if key not in stated
    }
    for category, rate in sorted(wrong):
        message = f"VAT {category} {rate} % must have exactly one breakdown, for its lines, and none without lines."
        yield broken(f"BR-{family(category)}-01", message, "totals.tax", code="totals_invalid")


def _totals(document: Document) -> Iterator[Reason]:
    totals = document.totals
    net = _amounts(line.net_amount for line in document.lines)
    yield from _equal("BR-CO-10", "the sum of the lines (BT-106)", totals.lines, net)
    yield from _equal("BR-CO-11", "the sum of the discounts (BT-107)", totals.allowances, _sum(document.allowances))
    yield from _equal("BR-CO-12", "the sum of the surcharges (BT-108)", totals.charges, _sum(document.charges))
    net = totals.lines - totals.allowances + totals.charges
    yield from _equal("BR-CO-13", "the total without VAT (BT-109)", totals.without_tax, net)
    tax = _amounts(group.tax_amount for group in document.vat)
    yield from _equal("BR-CO-14", "the total VAT (BT-110)", totals.tax, tax)
    yield from _equal("BR-CO-15", "the total with VAT (BT-112)", totals.with_tax, totals.without_tax + totals.tax)
    due = totals.with_tax - totals.prepaid + totals.rounding
    yield from _equal("BR-CO-16", "the amount due (BT-115)", totals.due, due)


def _whole_units(document: Document, step: Decimal) -> Iterator[Reason]:
    """Refuse amounts finer than the currency's smallest coin (BR-DEC-01 to 28 ask for two decimals at most)."""
    totals = document.totals
    named = [
        *((f"net amount of line {line.id} (BT-131)", line.net_amount) for line in document.lines),
        *((f"tax of VAT {group.category} {group.rate} % (BT-117)", group.tax_amount) for group in document.vat),
        ("total without VAT (BT-109)", totals.without_tax),
        ("total with VAT (BT-112)", totals.with_tax),
        ("paid amount (BT-113)", totals.prepaid),
        ("rounding (BT-114)", totals.rounding),
        ("amount due (BT-115)", totals.due),
    ]
    for name, amount in named:
        if amount != amount.quantize(step):
            message = f"The {name} is {amount}; {document.currency} has no coin for it."
            yield broken("SC-DECIMALS", message, "totals", code="totals_invalid")


def _signs(document: Document) -> Iterator[Reason]:
    totals = document.totals
    if totals.with_tax < 0:
        kind, other = ("credit note", "an invoice") if document.is_credit_note else ("invoice", "a credit note")
        message = f"The {kind} comes to {totals.with_tax}; over a negative amount it would be {other}."
        yield broken("SC-SIGN", message, "totals.with_tax", f"Write {other} instead.", "totals_invalid")
    if document.tax_currency:
        foreign = totals.tax_in_tax_currency
        if document.tax_currency == document.currency:
            message = f"The VAT is stated in {document.tax_currency} once more, which is the document's own currency."
            yield broken("PEPPOL-EN16931-R005", message, "tax_currency", code="totals_invalid")
        if foreign is None:
            message = f"The total VAT in {document.tax_currency} is missing (BT-111)."
            yield broken("BR-53", message, "totals.tax", "Give the exchange rate of the tax point.", "totals_invalid")
        elif (foreign < 0) != (totals.tax < 0) and foreign and totals.tax:
            message = f"The VAT is {totals.tax} {document.currency}, but {foreign} {document.tax_currency}."
            yield broken("PEPPOL-EN16931-R055", message, "totals.tax", code="totals_invalid")


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, rounding=ROUND_HALF_UP)


def _sum(every: Iterable[AllowanceCharge]) -> Decimal:
    return _amounts(each.amount for each in every)


def _amounts(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal())


def _equal(rule: str, name: str, stated: Decimal, computed: Decimal, field: str = "totals") -> Iterator[Reason]:
    if stated != computed:
        message = f"{name[0].upper()}{name[1:]} is {stated}, but it comes to {computed}."
        yield broken(rule, message, field, code="totals_invalid")
