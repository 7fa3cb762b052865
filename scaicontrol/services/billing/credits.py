"""
Credits that outweigh the charges of their document: the rest becomes credit notes over what charged it. Pure.

An invoice is never negative. Of each VAT rate as much credit stays on it as there are charges; what is left is given
back where it was charged, line by line, the newest first. What was charged nowhere else stays first: a credit that an
older invoice can give back leaves it the room.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scaicontrol.services.invoices import creditable
from scaicontrol.services.invoices.creditable import Creditable, VatShare

from .lines import refused
from .planned import PlannedLine, PlannedNote
from .snapshot import Charged


@dataclass(slots=True)
class Given:
    """What the notes of one plan take of the invoices they are over, so that no cent of them is given back twice."""

    of_line: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    of_share: dict[tuple[str, VatShare], VatShare] = field(default_factory=dict)

    def left_of(self, found: Creditable) -> int:
        """Tell how much of a line may still go back: no more than its VAT rate holds on that invoice in all."""
        share = self.of_share.get((found.invoice_id, found.share), found.share)
        return min(found.left_cents - self.of_line[found.line_id], share.net_cents - share.given_net_cents)

    def copy(self) -> "Given":
        return Given(self.of_line.copy(), self.of_share.copy())

    def take(self, found: Creditable, net_cents: int) -> int:
        """Give back a part of a line; tell the VAT that goes with it."""
        key = (found.invoice_id, found.share)
        now = self.of_share.get(key, found.share)
        tax_cents = creditable.tax_of(now, net_cents)
        self.of_share[key] = now.after(net_cents, tax_cents)
        self.of_line[found.line_id] += net_cents
        return tax_cents


class Uncreditable(Exception):
    """A credit whose rest nothing can be credited against: its due row waits, its neighbours do not."""

    def __init__(self, line: PlannedLine, missing_cents: int) -> None:
        super().__init__(line.row_id)
        self.line = line
        self.error = refused(
            "credit_exceeds_charges",
            f"The credit outweighs the charges by {missing_cents} minor units, and no finalized invoice is there that "
            "charged so much of it: finalize or restore that invoice, or waive the credit.",
        )


def is_credit(line: PlannedLine) -> bool:
    return line.amount_cents < 0


def without_rest(
    lines: Sequence[tuple[PlannedLine, object]], charged: Mapping[str, Sequence[Charged]], given: Given
) -> tuple[list[PlannedLine], list[PlannedNote]]:
    """Give the lines that stay on an invoice, and the notes over the rest; each line comes with its VAT rate."""
    room: defaultdict[object, int] = defaultdict(int)
    for line, rate in lines:
        room[rate] += max(line.amount_cents, 0)
    kept: list[PlannedLine] = []
    notes: list[PlannedNote] = []
    for (line, rate), held in zip(lines, _held(lines, room, charged, given.copy()), strict=True):
        if not is_credit(line):
            kept.append(line)
            continue
        stays = held + min(-line.amount_cents - held, room[rate])
        if line.charge_kind != "credit" and stays < -line.amount_cents:
            stays = 0  # a correction is one thing: it is given back as a whole
        room[rate] -= stays - held
        rest = -line.amount_cents - stays
        if stays:
            kept.append(_part(line, stays, rest) if rest else line)
        if rest:
            notes += _notes(line, rest, charged.get(line.subscription_id, ()), given)
    return kept, notes


def _held(
    lines: Sequence[tuple[PlannedLine, object]],
    room: defaultdict[object, int],
    charged: Mapping[str, Sequence[Charged]],
    given: Given,
) -> list[int]:
    """Take from `room` what of each credit no invoice that is there can give back; `given` is spent on finding it."""
    held: list[int] = []
    for line, rate in lines:
        missing = -line.amount_cents if is_credit(line) else 0
        before = given.copy()
        for each in (each for each in charged.get(line.subscription_id, ()) if _charged(each, line)):
            if (net := min(given.left_of(each.found), missing)) > 0:
                given.take(each.found, net)
                missing -= net
        if missing and line.charge_kind != "credit":
            given, missing = before, -line.amount_cents
        held.append(min(missing, room[rate]))
        room[rate] -= held[-1]
    return held


def _part(line: PlannedLine, stays: int, rest: int) -> PlannedLine:
    derivation = {**line.derivation, "rest_cents": rest}
    return replace(line, unit_price_cents=-stays, amount_cents=-stays, derivation=derivation)


def _notes(line: PlannedLine, rest: int, charged: Sequence[Charged], given: Given) -> list[PlannedNote]:
    """Spread a rest over the lines that charged what it gives back."""
    notes: list[PlannedNote] = []
    missing = rest
    for each in (each for each in charged if _charged(each, line)):
        net = min(given.left_of(each.found), missing)
        if net <= 0:
            continue
        missing -= net
        part = replace(
            line,
            charge_kind=f"{line.charge_kind}:{len(notes) + 1}",
            unit_price_cents=-net,
            amount_cents=-net,
            derivation={**line.derivation, "note_cents": net},
        )
        tax_cents = given.take(each.found, net)
        notes.append(PlannedNote(each.found.invoice_id, each.found.number, each.found.line_id, part, -tax_cents))
    if missing:
        raise Uncreditable(line, missing)
    return notes


def _charged(charged: Charged, line: PlannedLine) -> bool:
    """Tell whether a line charged what a credit gives back: the same use, or days that were paid for and not used."""
    if line.charge_kind == "credit":
        is_paid = charged.charge_kind in ("base", "proration")
        return is_paid and charged.period_end > line.period.start and charged.charge_start <= line.charge_start
    if line.charge_kind.startswith("minimum"):
        return charged.charge_kind.startswith("minimum") and charged.charge_start == line.charge_start
    is_same_use = charged.charge_kind == f"usage:{line.metric_slug}" or charged.charge_kind.startswith(
        f"correction:{line.metric_slug}:"
    )
    return is_same_use and charged.charge_start == line.charge_start
