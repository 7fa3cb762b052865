"""What a person stated about the VAT of a line, held against the law of its place and day."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from scaicontrol.core.errors import Reason

from .decisions import line_rates, tax_point_of
from .places import country_name
from .reduced_rates import reduced_rates

# An article, paragraph or section with its number, or a directive or law by its own: "Art. 132 (1) i", "§ 4 Nr. 21".
_ARTICLE: Final = re.compile(
    r"(?:§|¶|\b(?:art(?:t|s|ikel|icle|icles|icolo|icoli|ículo|ículos|igo)?|section|sec|par|para|paragraph|paragraaf|nr|no"
    r"|lid|lov|law|wet|loi|ley|legge|gesetz|directive|richtlijn|richtlinie|directiva|direttiva|čl|člen|pkt|άρθρο)\b)"
    r"[^\w]*(?:[A-Z]\.? ?)?\d",
    re.IGNORECASE,
)
_VATEX: Final = re.compile(r"VATEX-[A-Z]{2}-[A-Z0-9-]+")


@dataclass(frozen=True, slots=True)
class StatedVat:
    """The VAT a line ends up with; `is_own` when the line says so itself, `day` its own tax point if it has one."""

    category: str
    rate: Decimal
    is_own: bool
    day: date | None = None
    reason: str = ""
    code: str | None = None


def unfounded(lines: Iterable[StatedVat], decided: Mapping[str, Any], issue_date: date) -> list[Reason]:
    """
    Name every rate that its place had not on its day, and every line without VAT that gives no ground in law.

    A decision of a person, which knows no place, is not judged.
    """
    if decided["rule"] == "manual":
        return []
    found: list[Reason] = []
    for number, line in enumerate(lines, start=1):
        if line.category == "S" and line.is_own:
            found += _rate(number, line, decided, issue_date)
        elif line.category in {"E", "Z"} and not _is_founded(line, decided):
            what = "zero rated (Z)" if line.category == "Z" else "exempt (E)"
            message = (
                f"Line {number} is {what} and names no ground in law; give the article, such as Art. 132 (1) i of"
                " Directive 2006/112/EC, or a VATEX code."
            )
            found.append(Reason("exemption_unfounded", message, f"lines[{number}].exemption_reason"))
    return found


def is_ground_in_law(reason: str | None, code: str | None = None) -> bool:
    """Tell whether a reason names an article, or a code one of the VATEX list."""
    return bool((code and _VATEX.fullmatch(code)) or _ARTICLE.search(reason or ""))


def _is_founded(line: StatedVat, decided: Mapping[str, Any]) -> bool:
    if is_ground_in_law(line.reason, line.code):
        return True
    decides = decided["category"] == line.category
    return decides and is_ground_in_law(decided.get("exemption_reason"), decided.get("exemption_code"))


def _rate(number: int, line: StatedVat, decided: Mapping[str, Any], issue_date: date) -> Iterator[Reason]:
    row = decided.get("rate_row_id")
    if decided["category"] != "S" or not row:
        return
    country, *territory, _ = row.split("-")
    day = line.day or tax_point_of(decided) or issue_date
    standard = line_rates(decided).get(line.day, decided["rate"])
    reduced = reduced_rates(country, "".join(territory), day)
    if line.rate in {standard, *reduced}:
        return
    known = " and ".join(f"{rate.normalize():f}" for rate in sorted({standard, *reduced}))
    message = f"Line {number} is taxed at {line.rate.normalize():f} %; on {day} {country_name(country)} had {known} %."
    yield Reason("vat_rate_unknown", message, f"lines[{number}].tax_rate")
