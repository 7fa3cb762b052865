"""
What each VAT category demands of a line, a document and its parties, as one table (UNCL 5305; EN 16931 BG-23, BG-30).

Sources: EN 16931 BR-S, BR-Z, BR-E, BR-AE, BR-IC, BR-G and BR-O; Peppol P0104 to P0111 for the codes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from scaicontrol.core.errors import Reason

from .arithmetic import TaxableLine
from .notes import NoteKind, note


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the table; `beside` are the categories that a document decided as this one may also carry."""

    code: str
    name: str
    taxed: bool = False  # the rate is above zero; else it is zero (BR-S-05, BR-Z-05 …)
    needs_reason: bool = False  # BT-120 or BT-121 is demanded; else it is forbidden (BR-S-10, BR-Z-10)
    exemption_code: str | None = None  # the VATEX code that belongs to this category and no other
    note: NoteKind | None = None  # the reason where nobody states one
    needs_seller_number: bool = True
    needs_buyer_number: bool = False
    needs_delivery: bool = False  # goods: when (BT-72 or BG-14) and where to (BT-80), across a border
    alone: bool = False  # no other category on the same document (BR-O-11 to BR-O-14)
    beside: frozenset[str] = frozenset()


CATEGORIES: Final[Mapping[str, Category]] = {
    category.code: category
    for category in (
        Category("S", "standard rated", taxed=True, beside=frozenset({"Z", "E"})),
        Category("Z", "zero rated", beside=frozenset({"E"})),
        Category("E", "exempt", needs_reason=True, beside=frozenset({"Z"})),
        Category(
            "AE", "reverse charge", needs_reason=True, exemption_code="VATEX-EU-AE", note="reverse_charge",
            needs_buyer_number=True, beside=frozenset({"E", "K"}),
        ),
        Category(
            "K", "intra-Community supply of goods", needs_reason=True, exemption_code="VATEX-EU-IC",
            note="intra_community", needs_buyer_number=True, needs_delivery=True, beside=frozenset({"AE", "E"}),
        ),
        Category(
            "G", "export of goods", needs_reason=True, exemption_code="VATEX-EU-G", note="export",
            beside=frozenset({"E"}),
        ),
        Category(
            "O", "outside the scope of VAT", needs_reason=True, exemption_code="VATEX-EU-O",
            needs_seller_number=False, alone=True,
        ),
    )
}  # fmt: skip

ZERO_RATED: Final = frozenset(code for code, category in CATEGORIES.items() if not category.taxed)
NEEDS_REASON: Final = frozenset(code for code, category in CATEGORIES.items() if category.needs_reason)
_OWNER_OF: Final = {category.exemption_code: code for code, category in CATEGORIES.items() if category.exemption_code}


def line_terms(
    decided_category: str, decided_rate: Decimal, category: str | None, rate: Decimal | None
) -> tuple[str, Decimal]:
    """
    Give the category and rate a line ends up with: its own where stated, else the document's.

    A line with only a rate of its own, under a decision of S, is S above zero and Z at zero.
    """
    if category is None and rate is not None and decided_category == "S":
        return ("S", rate) if rate else ("Z", rate)
    if category is None:
        return decided_category, decided_rate if rate is None else rate
    if rate is None:
        return category, Decimal(0) if category in ZERO_RATED else decided_rate
    return category, rate


@dataclass(frozen=True, slots=True)
class Stated:
    """What a line says about its own exemption: BT-120 and BT-121 in the words of whoever wrote it."""

    category: str
    reason: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a (category, rate) group of a document carries no VAT (BT-120, BT-121)."""

    category: str
    reason: str
    code: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"category": self.category, "reason": self.reason, "code": self.code}


def exemptions(
    lines: Sequence[Stated], decision: Mapping[str, Any], language: str | None, seller_country: str
) -> list[Exemption]:
    """
    Give one exemption for each category that needs one, in the order of their codes.

    The decision speaks for its own category; other lines state their reason, or the law's sentence stands for it.
    Different reasons of one category are joined, since a document has one row for each.
    """
    found = []
    for code in sorted({line.category for line in lines} & NEEDS_REASON):
        own = decision["category"] == code
        stated = [line for line in lines if line.category == code]
        texts = [decision.get("exemption_reason") or decision.get("legal_note")] if own else []
        texts += [line.reason.strip() for line in stated]
        codes = {line.code for line in stated if line.code} | {decision.get("exemption_code") if own else None}
        category = CATEGORIES[code]
        if not any(texts) and category.note:
            texts, codes = [note(category.note, language, seller_country=seller_country)], {category.exemption_code}
        single = {vatex for vatex in codes if vatex}
        found.append(
            Exemption(
                code,
                "; ".join(dict.fromkeys(filter(None, texts))),
                category.exemption_code or (single.pop() if len(single) == 1 else None),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Grounds:
    """
    What the categories of a document's lines are held against; a `manual` decision allows any category.

    `reasons` are the texts by category; `delivery` tells whether it is known when and to which other state goods went.
    """

    decided_category: str
    seller_vat_number: str | None = None
    buyer_vat_number: str | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    delivery: bool = True
    manual: bool = False


def check_coherence(lines: Iterable[TaxableLine], grounds: Grounds) -> list[Reason]:
    """Name every way in which lines, parties and decision contradict each other (contract §16.2), all at once."""
    lines = tuple(lines)
    present = sorted({line.category for line in lines})
    found = [
        problem for code in present if code in CATEGORIES for problem in _document_problems(code, present, grounds)
    ]
    for number, line in enumerate(lines, start=1):
        found += _line_problems(number, line, grounds)
    return [Reason("tax_category_mismatch", message) for message in found]


def _document_problems(code: str, present: Sequence[str], grounds: Grounds) -> Iterator[str]:
    category = CATEGORIES[code]
    if category.alone and len(present) > 1:
        yield f"A document that is {category.name} ({code}) on one line must be so on every line."
    if category.needs_buyer_number and not (grounds.seller_vat_number and grounds.buyer_vat_number):
        what = f"{category.name[0].upper()}{category.name[1:]} ({code})"
        yield f"{what} needs the VAT number of the seller and of the buyer."
    if category.needs_reason and not grounds.reasons.get(code):
        yield f"Category {code} needs a text that gives the reason."
    if category.needs_delivery and not grounds.delivery:
        yield f"Category {code} is for goods: it needs the days of delivery and a buyer in another member state."


def _line_problems(number: int, line: TaxableLine, grounds: Grounds) -> Iterator[str]:
    category = CATEGORIES.get(line.category)
    if category is None:
        known = ", ".join(CATEGORIES)
        yield f"Line {number} has category '{line.category}', which is none of {known}."
        return
    if category.taxed and line.rate <= 0:
        yield f"Line {number} is {category.name} ({line.category}) and needs a rate above 0."
    if not category.taxed and line.rate:
        yield f"Line {number} has category {line.category} and needs rate 0, not {line.rate}."
    decided = CATEGORIES.get(grounds.decided_category)
    if not grounds.manual and decided and line.category not in decided.beside | {decided.code}:
        yield f"Line {number} has category {line.category}; the VAT decision of the document is {decided.code}."


def check_stated(lines: Iterable[Stated]) -> list[Reason]:
    """Name every line whose own reason or VATEX code does not belong to its category."""
    found = []
    for number, line in enumerate(lines, start=1):
        category = CATEGORIES.get(line.category)
        if category is None or not (line.reason or line.code):
            continue
        if line.category == "Z" and not line.code:
            continue  # the ground in law is kept with the line; EN 16931 wants none in the document (BR-Z-10)
        if not category.needs_reason:
            found.append(
                f"Line {number} is {category.name} ({line.category}); a reason for an exemption contradicts it."
            )
        elif line.code and (owner := _OWNER_OF.get(line.code, line.category)) != line.category:
            found.append(f"Line {number} has category {line.category}, but {line.code} belongs to {owner}.")
        elif line.code and category.exemption_code not in {None, line.code}:
            found.append(
                f"Line {number} has category {line.category}, which always carries {category.exemption_code}, "
                f"not {line.code}."
            )
    return [Reason("tax_category_mismatch", message) for message in found]
