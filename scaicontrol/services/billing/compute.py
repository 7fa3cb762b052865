"""
The plan: a pure function from a snapshot to documents, explicit zeros and what had to be set aside.

Same snapshot, same plan, byte for byte; no clock, no database, no order of rows. From this one choice come the preview
for any date, the comparison with the last run, an apply that writes exactly what was shown, and `explain`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from scaicontrol.core.errors import ControlError
from scaicontrol.core.periods import last_day
from scaicontrol.services import tax
from scaicontrol.services.tax import arithmetic

from .credits import Given, Uncreditable, without_rest
from .lines import Due, charge_starts, inputs_of, lines_of, parts_of, refused
from .planned import BillingPlan, ComputedDocument, PlannedLine, PlannedNote, Quarantined
from .snapshot import Buyer, Snapshot

COMPUTE_VERSION: Final = "2"
_OF_USE: Final = ("usage", "minimum")
_AGES: Final = 36_500  # days: however old an answer is, it is the last word while none newer is there


def compute(snapshot: Snapshot) -> BillingPlan:
    """Turn a snapshot into its plan: everything due is a line, a zero, or quarantined, and nothing is twice."""
    by_document: dict[tuple[str, str, str], list[PlannedLine]] = defaultdict(list)
    quarantined: list[Quarantined] = []
    inputs: dict[str, Due] = {}
    grouped = snapshot.seller.grouping == "subscription"
    everything: list[Due] = [*snapshot.periods, *snapshot.packs, *snapshot.changes, *snapshot.corrections]
    for due in sorted(everything, key=lambda row: (row.subscription_id, row.row_id)):
        inputs[due.row_id] = due
        lines, aside = _lines(due, snapshot)
        quarantined += aside
        group = (due.pack_subscription_id or due.subscription_id) if grouped else ""
        by_document[due.tenant_id, due.currency, group] += lines
    documents = []
    for (tenant_id, currency, group), lines in sorted(by_document.items()):
        document, held = _Document(tenant_id, currency, group, snapshot).of(lines)
        documents += [document] if document is not None else []
        # The two sides of a change wait as one.
        rows = [(line, error) for line, error in held if line.charge_kind not in ("credit", "setup")]
        quarantined += [_held(line, tenant_id, error, inputs[line.row_id]) for line, error in rows]
    return BillingPlan(tuple(documents), tuple(quarantined))


def _lines(due: Due, snapshot: Snapshot) -> tuple[list[PlannedLine], list[Quarantined]]:
    """Give the lines of a due row, and each part of it that cannot be computed by itself."""
    lines: list[PlannedLine] = []
    aside: list[Quarantined] = []
    for part in parts_of(due):
        if part == "minimum" and aside:
            continue  # it is held against all use of its period, and waits for what was set aside
        try:
            lines += lines_of(due, part, snapshot)
        except ControlError as error:
            kind = "proration" if part == "change" else part
            aside.append(_aside(due, kind, error))
    if any(item.charge_kind.startswith(_OF_USE) for item in aside):
        lines = [_unsettled(line) for line in lines]
    return lines, aside


def _unsettled(line: PlannedLine) -> PlannedLine:
    """Let a line of use be charged while another metric of its period waits, which leaves the use due."""
    return replace(line, settles=False) if _is_use(line) else line


def _is_use(line: PlannedLine) -> bool:
    return line.charge_kind.startswith(_OF_USE)


class _Document:
    """One document in the making: its lines, their VAT, and what has to wait although the others do not."""

    def __init__(self, tenant_id: str, currency: str, group: str, snapshot: Snapshot) -> None:
        self.tenant_id, self.currency, self.snapshot = tenant_id, currency, snapshot
        self.key = ":".join(part for part in (tenant_id, currency, group) if part)

    def of(
        self, lines: Iterable[PlannedLine]
    ) -> tuple[ComputedDocument | None, list[tuple[PlannedLine, ControlError]]]:
        """Make the document of these lines; give those beside it that cannot be on it, with the reason."""
        ordered = sorted(lines, key=lambda line: (line.subscription_id, line.period.start, line.charge_kind))
        held: list[tuple[PlannedLine, ControlError]] = []
        while ordered:
            try:
                return self._made(ordered), held
            except Uncreditable as short:
                wrong: dict[int, ControlError] = {
                    id(line): short.error for line in ordered if line.row_id == short.line.row_id
                }
            except ControlError as error:
                wrong = self._culprits(ordered, error)
            held += [(line, wrong[id(line)]) for line in ordered if id(line) in wrong]
            uses = {line.row_id for line, _ in held if _is_use(line)}
            ordered = [line for line in ordered if id(line) not in wrong]
            ordered = [
                _unsettled(line) if line.row_id in uses else line
                for line in ordered
                if line.charge_kind != "minimum" or line.row_id not in uses
            ]
        return None, held

    def _culprits(self, lines: Sequence[PlannedLine], error: ControlError) -> dict[int, ControlError]:
        """Name the lines that cannot be on any document, with what is due together; all, where no line is to blame."""
        alone: dict[str, ControlError] = {}
        for line in lines:
            try:
                self._made([line])
            except Uncreditable:
                continue
            except ControlError as own:
                alone[_unit(line)] = own
        if alone:
            return {id(line): alone[_unit(line)] for line in lines if _unit(line) in alone}
        billed = {_unit(line) for line in lines if line.amount_cents}
        return {id(line): error for line in lines if _unit(line) in billed}

    def _made(self, ordered: Sequence[PlannedLine]) -> ComputedDocument:
        billed = [line for line in ordered if line.amount_cents]
        zeros = tuple(line for line in ordered if not line.amount_cents)
        document = ComputedDocument(self.key, self.tenant_id, self.currency, (), zeros, 0, 0, "", "", "en")
        if not billed:
            return document
        buyer = _buyer(self.snapshot, self.tenant_id)
        decision = _decide(self.snapshot, buyer, billed)
        zone = self.snapshot.seller.zone
        rates = _rates(decision, billed, zone)
        kept, notes, summed = billed, list[PlannedNote](), _summed(billed, rates)
        if summed.total_cents < 0:
            kept, notes = without_rest(list(zip(billed, rates, strict=True)), self.snapshot.charged, Given())
            decision = _decide(self.snapshot, buyer, kept) if kept else decision
            summed = _summed(kept, _rates(decision, kept, zone))
        return replace(
            document,
            lines=tuple(kept),
            subtotal_cents=summed.subtotal_cents,
            tax_cents=summed.tax_cents,
            tax_rule=decision.rule,
            tax_label=decision.tax_label,
            language=buyer.language,
            notes=tuple(notes),
        )


def _unit(line: PlannedLine) -> str:
    """Name what waits as a whole: both sides of a change, setting up with its base, every other charge by itself."""
    if line.charge_kind in ("credit", "proration"):
        return line.row_id
    return f"{line.row_id} {'base' if line.charge_kind in ('setup', 'one_time') else line.charge_kind}"


def _rates(decision: tax.VatDecision, lines: Sequence[PlannedLine], zone: str) -> list[tuple[str, Decimal]]:
    """Give each line its category and its rate: that of its own last day, its tax point (contract §16.2)."""
    return [(decision.category, decision.rate_on(last_day(line.period, zone))) for line in lines]


def _summed(lines: Sequence[PlannedLine], rates: Sequence[tuple[str, Decimal]]) -> arithmetic.Totals:
    taxable = [arithmetic.TaxableLine(line.amount_cents, *rate) for line, rate in zip(lines, rates, strict=True)]
    return arithmetic.totals(taxable)


def _buyer(snapshot: Snapshot, tenant_id: str) -> Buyer:
    buyer = snapshot.buyers.get(tenant_id)
    if buyer is None:
        raise refused("no_billing_profile", f"Tenant {tenant_id} has no billing profile; it must save one.")
    if buyer.missing:
        raise refused("profile_incomplete", f"The billing profile lacks {', '.join(buyer.missing)}.")
    if not snapshot.seller.country:
        raise refused("seller_incomplete", "The seller has no country; complete the partner's configuration.")
    return buyer


def _decide(snapshot: Snapshot, buyer: Buyer, lines: Sequence[PlannedLine]) -> tax.VatDecision:
    return decide(snapshot, buyer, {last_day(line.period, snapshot.seller.zone) for line in lines})


def decide(snapshot: Snapshot, buyer: Buyer, days: set[date]) -> tax.VatDecision:
    """
    Decide as a document over supplies that end on these days will be decided.

    While VIES is silent, by what it last said, else by the number's form.
    """
    seller = snapshot.seller
    facts = tax.VatFacts(
        seller_country=seller.country,
        seller_postal_code=seller.postal_code,
        buyer_country=buyer.country,
        buyer_postal_code=buyer.postal_code,
        buyer_vat_number=buyer.vat_number,
        is_business=buyer.is_business,
        tax_point=max(days),
        supply_days=tuple(sorted(days - {max(days)})),
        decided_at=snapshot.known_at,
        oss_registered=seller.oss_registered,
        export_category=seller.export_category,  # type: ignore[arg-type]  # checked when the partner was configured
        tax_exempt=buyer.tax_exempt,
        tax_exempt_reason=buyer.tax_exempt_reason,
        tax_exempt_reason_code=buyer.tax_exempt_reason_code,
        vies_policy=seller.vies_policy,  # type: ignore[arg-type]  # checked when the partner was configured
        vies_max_age_days=seller.vies_max_age_days,
        consulted=buyer.consulted,
        language=buyer.language,
    )
    rates = (snapshot.rates,) if snapshot.rates is not None else ()
    try:
        return tax.determine_vat(facts, *rates)
    except ControlError as error:
        if [reason.code for reason in error.reasons] != ["vies_unavailable"]:
            raise
    # The gate will refuse the document until VIES answers; what it shows meanwhile is the likeliest.
    if buyer.consulted is not None:
        facts = replace(facts, vies_max_age_days=_AGES, decided_at=max(snapshot.known_at, buyer.consulted.consulted_at))
        try:
            return tax.determine_vat(facts, *rates)
        except ControlError:
            pass
    return tax.determine_vat(replace(facts, vies_policy="advisory"), *rates)


def _held(line: PlannedLine, tenant_id: str, error: ControlError, due: Due) -> Quarantined:
    kind = "proration" if line.charge_kind == "credit" else line.charge_kind
    return Quarantined(
        tenant_id, line.subscription_id, kind, line.charge_start, _code(error), error.message, inputs_of(due)
    )


def _aside(due: Due, kind: str, error: ControlError) -> Quarantined:
    starts = charge_starts(due)
    return Quarantined(due.tenant_id, due.subscription_id, kind, starts, _code(error), error.message, inputs_of(due))


def _code(error: ControlError) -> str:
    return error.reasons[0].code if error.reasons else "price_missing"
