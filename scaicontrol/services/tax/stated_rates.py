"""What a person stated about the VAT of a line, held against the law of its place and day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from scaicontrol.core.errors import Reason
from scaicontrol.core.exemption_grounds import ADVICE, is_ground_in_law

from .decisions import line_rates, tax_point_of
from .places import country_name
from .reduced_rates import reduced_rates


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
    Name every rate that its place had not on its day, and every line without VAT whose own reason is no ground in law.

    What an exempt buyer's profile says is for `unfounded_buyer`. A decision of a person, which knows no place, is not
    judged.
    """
    if decided["rule"] == "manual":
        return []
    found: list[Reason] = []
    for number, line in enumerate(lines, start=1):
        if line.category == "S" and line.is_own:
            found += _rate(number, line, decided, issue_date)
        elif line.category in {"E", "Z"} and not _is_founded(line, decided):
            what = "zero rated (Z)" if line.category == "Z" else "exempt (E)"
            message = f"Line {number} is {what} and names no ground in law; {ADVICE}."
            found.append(Reason("exemption_unfounded", message, f"lines[{number}].exemption_reason"))
    return found


def unfounded_buyer(lines: Iterable[StatedVat], decided: Mapping[str, Any]) -> str | None:
    """
    Say that lines are exempt for a reason of the buyer's profile that names no ground in law.

    It warns and never blocks: nobody is asked while drafts of a billing run are finalized, and the profile was
    accepted once. A new reason is refused when the profile is saved.
    """
    if not any(_is_of_buyer(line, decided) for line in lines) or _buyer_is_founded(decided):
        return None
    said = _reason_of_buyer(decided)
    return f"The buyer's exemption ('{said}') names no ground in law; {ADVICE} in its profile."


def _is_founded(line: StatedVat, decided: Mapping[str, Any]) -> bool:
    if is_ground_in_law(line.reason, line.code) or _is_of_buyer(line, decided):
        return True
    return decided["category"] == line.category and _buyer_is_founded(decided)


def _is_of_buyer(line: StatedVat, decided: Mapping[str, Any]) -> bool:
    """Tell whether a line gives no reason of its own and is exempt as its buyer is."""
    return decided["rule"] == "exempt" and line.category == decided["category"] and not (line.reason or line.code)


def _buyer_is_founded(decided: Mapping[str, Any]) -> bool:
    return is_ground_in_law(_reason_of_buyer(decided), decided.get("exemption_code"))


def _reason_of_buyer(decided: Mapping[str, Any]) -> str | None:
    """Give the words of the profile; those of the decision are a sentence around them."""
    reason: str | None = decided["inputs"]["facts"].get("tax_exempt_reason")
    return reason


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
