"""
The plan: a pure function from a snapshot to documents, explicit zeros and what had to be set aside.

Same snapshot, same plan, byte for byte; no clock, no database, no order of rows. From this one choice come the preview
for any date, the comparison with the last run, an apply that writes exactly what was shown, and `explain`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson

from scaicontrol.core.errors import ControlError, Reason, Refused
from scaicontrol.core.money import CENTS_MAX
from scaicontrol.core.periods import Period, civil_date
from scaicontrol.services import tax, usage
from scaicontrol.services.subscriptions import proration
from scaicontrol.services.tax import arithmetic

from . import wording
from .snapshot import Buyer, Consumed, DueChange, DuePeriod, Metric, Snapshot

COMPUTE_VERSION: Final = "1"
_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One charge: for what, for which period, how much, how it was derived, and which due row it settles."""

    row_id: str
    subscription_id: str
    charge_kind: str
    period: Period
    description: str
    quantity: Decimal
    unit_label: str
    unit_price_cents: int
    unit_divisor: int
    amount_cents: int
    currency: str
    metric_slug: str | None
    derivation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ComputedDocument:
    """
    One invoice to be: per tenant and currency, or per subscription when the partner groups so.

    `zeros` are charges of nothing: no line, but a charge row, so that nobody asks for them again.
    """

    key: str
    tenant_id: str
    currency: str
    lines: tuple[PlannedLine, ...]
    zeros: tuple[PlannedLine, ...]
    subtotal_cents: int
    tax_cents: int
    tax_rule: str
    tax_label: str
    language: str

    @property
    def total_cents(self) -> int:
        return self.subtotal_cents + self.tax_cents

    @property
    def charges(self) -> tuple[PlannedLine, ...]:
        return (*self.lines, *self.zeros)

    @property
    def period(self) -> Period:
        return Period(min(line.period.start for line in self.lines), max(line.period.end for line in self.lines))

    @property
    def digest(self) -> str:
        """Fix every amount, period and derivation; two plans with the same digest write the same document."""
        head = [self.key, self.tenant_id, self.currency, self.tax_rule, self.tax_cents]
        return hashlib.sha256(orjson.dumps([head, [_digestible(line) for line in self.charges]])).hexdigest()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A charge that was due and could not be planned."""

    tenant_id: str
    subscription_id: str
    charge_kind: str
    period_start: datetime
    reason_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BillingPlan:
    documents: tuple[ComputedDocument, ...]
    quarantined: tuple[Quarantined, ...]


def compute(snapshot: Snapshot) -> BillingPlan:
    """Turn a snapshot into its plan: everything due is a line, a zero, or quarantined, and nothing is twice."""
    by_document: dict[tuple[str, str, str], list[PlannedLine]] = defaultdict(list)
    quarantined: list[Quarantined] = []
    grouped = snapshot.seller.grouping == "subscription"
    everything: list[DuePeriod | DueChange] = [*snapshot.periods, *snapshot.changes]
    for due in sorted(everything, key=lambda row: (row.subscription_id, row.row_id)):
        group = due.subscription_id if grouped else ""
        for part in _parts(due):
            try:
                lines = _lines(due, part, snapshot)
            except ControlError as error:
                quarantined += _set_aside(due, part, error)
            else:
                by_document[due.tenant_id, due.currency, group] += lines
    documents = []
    for (tenant_id, currency, group), lines in sorted(by_document.items()):
        try:
            documents.append(_document(tenant_id, currency, group, lines, snapshot))
        except ControlError as error:
            quarantined += _hold(lines, tenant_id, error)
    return BillingPlan(tuple(documents), tuple(quarantined))


def _parts(due: DuePeriod | DueChange) -> Iterator[str]:
    """Name what is charged, or set aside, as a whole: what one due column stands for."""
    if isinstance(due, DueChange):
        yield "change"
        return
    if due.base_is_due:
        yield "base"
    if due.usage_until is not None:
        yield "usage"


def _lines(due: DuePeriod | DueChange, part: str, snapshot: Snapshot) -> list[PlannedLine]:
    if isinstance(due, DueChange):
        buyer = snapshot.buyers.get(due.tenant_id)
        return list(_change_lines(due, buyer.language if buyer else "en"))
    if part == "base" or due.usage_until is None:
        return [_base_line(due)]
    if due.usage_until <= due.start or not due.metrics:
        return [_no_usage(due, due.usage_until)]
    return [
        _usage_line(due, due.usage_until, metric, snapshot.usage.get((due.row_id, metric.slug), Consumed(Decimal())))
        for metric in due.metrics
    ]


def _base_line(due: DuePeriod) -> PlannedLine:
    one_time = due.end is None
    terms = proration.Terms(due.quantity, due.unit_price_cents, due.full_days)
    cut = due.days < due.full_days
    amount = terms.for_days(due.days) if cut else terms.amount_cents
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind="one_time" if one_time else "base",
        period=Period(due.start, due.end or due.start + _MOMENT),
        description=wording.subscription(due.service_name, due.plan_name),
        quantity=Decimal(1) if cut else Decimal(due.quantity),
        unit_label="",
        unit_price_cents=amount if cut else due.unit_price_cents,
        unit_divisor=1,
        amount_cents=_bounded(amount),
        currency=due.currency,
        metric_slug=None,
        derivation={
            "kind": "one_time" if one_time else "base",
            "plan": due.plan_key,
            "plan_version": due.plan_version,
            "quantity": str(due.quantity),
            "unit_price_cents": due.unit_price_cents,
            "days": due.days,
            "full_days": due.full_days,
            "rounding": "half up, once" if cut else "exact",
        },
    )


def _usage_line(due: DuePeriod, until: datetime, metric: Metric, consumed: Consumed) -> PlannedLine:
    rated = usage.rate(consumed.quantity, metric.brackets)
    single = metric.brackets[0] if len(metric.brackets) == 1 else None
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind=f"usage:{metric.slug}",
        period=Period(due.start, until),
        description=wording.usage(due.service_name, metric.name),
        # A blend of brackets has no unit price: it is shown as one position, its tiers in the derivation.
        quantity=consumed.quantity if single else Decimal(1),
        unit_label=metric.unit_label if single else "",
        unit_price_cents=single.unit_price_cents if single else rated.amount_cents,
        unit_divisor=single.unit_divisor if single else 1,
        amount_cents=_bounded(rated.amount_cents),
        currency=due.currency,
        metric_slug=metric.slug,
        derivation={
            "kind": "usage",
            "plan": due.plan_key,
            "plan_version": due.plan_version,
            "metric": metric.slug,
            "quantity": format(consumed.quantity, "f"),
            "usage_digest": consumed.digest,
            **rated.derivation,
        },
    )


def _no_usage(due: DuePeriod, until: datetime) -> PlannedLine:
    """Close a period none of whose use is priced: a charge of nothing, so that nobody asks again."""
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind="usage",
        period=Period(due.start, max(until, due.start + _MOMENT)),
        description=wording.subscription(due.service_name, due.plan_name),
        quantity=Decimal(),
        unit_label="",
        unit_price_cents=0,
        unit_divisor=1,
        amount_cents=0,
        currency=due.currency,
        metric_slug=None,
        derivation={"kind": "usage", "plan": due.plan_key, "plan_version": due.plan_version, "metrics": 0},
    )


def _change_lines(due: DueChange, language: str) -> Iterator[PlannedLine]:
    """Give back the unused days of the old terms and charge the same days of the new ones (contract §9.4)."""
    old, new = (due.old_plan_name, due.old_plan_version), (due.new_plan_name, due.new_plan_version)
    for kind, amount, full, days, (plan, version), text in (
        ("credit", -due.credit_cents, due.old_amount_cents, due.old_period_days, old, wording.credit),
        ("proration", due.charge_cents, due.new_amount_cents, due.new_period_days, new, wording.rest),
    ):
        yield PlannedLine(
            row_id=due.row_id,
            subscription_id=due.subscription_id,
            charge_kind=kind,
            period=Period(due.changed_at, due.period_end),
            description=text(due.service_name, plan, language),
            quantity=Decimal(1),
            unit_label="",
            unit_price_cents=amount,
            unit_divisor=1,
            amount_cents=_bounded(amount),
            currency=due.currency,
            metric_slug=None,
            derivation={
                "kind": kind,
                "plan": plan,
                "plan_version": version,
                "full_amount_cents": full,
                "days": due.remaining_days,
                "full_days": days,
                "rounding": "half up, once",
            },
        )


def _document(
    tenant_id: str, currency: str, group: str, lines: Sequence[PlannedLine], snapshot: Snapshot
) -> ComputedDocument:
    ordered = sorted(lines, key=lambda line: (line.subscription_id, line.period.start, line.charge_kind))
    billed = tuple(line for line in ordered if line.amount_cents)
    zeros = tuple(line for line in ordered if not line.amount_cents)
    key = ":".join(part for part in (tenant_id, currency, group) if part)
    if not billed:
        return ComputedDocument(key, tenant_id, currency, (), zeros, 0, 0, "", "", "en")
    buyer = _buyer(snapshot, tenant_id)
    decision = _decide(snapshot, buyer, billed)
    zone = snapshot.seller.zone
    summed = arithmetic.totals(
        [
            arithmetic.TaxableLine(line.amount_cents, decision.category, decision.rate_on(_last_day(line, zone)))
            for line in billed
        ]
    )
    if summed.total_cents < 0:
        # A refund by invoice would be no invoice; the credit waits for charges that outweigh it.
        raise _refused("credit_exceeds_charges", "The credits outweigh the charges; they wait for the next run.")
    return ComputedDocument(
        key,
        tenant_id,
        currency,
        billed,
        zeros,
        summed.subtotal_cents,
        summed.tax_cents,
        decision.rule,
        decision.tax_label,
        buyer.language,
    )


def _buyer(snapshot: Snapshot, tenant_id: str) -> Buyer:
    buyer = snapshot.buyers.get(tenant_id)
    if buyer is None:
        raise _refused("no_billing_profile", f"Tenant {tenant_id} has no billing profile; it must save one.")
    if buyer.missing:
        raise _refused("profile_incomplete", f"The billing profile of {tenant_id} lacks {', '.join(buyer.missing)}.")
    if not snapshot.seller.country:
        raise _refused("seller_incomplete", "The seller has no country; complete the partner's configuration.")
    return buyer


def _decide(snapshot: Snapshot, buyer: Buyer, lines: Sequence[PlannedLine]) -> tax.VatDecision:
    seller = snapshot.seller
    days = {_last_day(line, seller.zone) for line in lines}
    facts = tax.VatFacts(
        seller_country=seller.country,
        seller_postal_code=seller.postal_code,
        buyer_country=buyer.country,
        buyer_postal_code=buyer.postal_code,
        buyer_vat_number=buyer.vat_number,
        is_business=buyer.is_business,
        tax_point=max(days),
        supply_days=tuple(sorted(days - {max(days)})),
        decided_at=snapshot.as_of,
        oss_registered=seller.oss_registered,
        export_category=seller.export_category,  # type: ignore[arg-type]  # checked when the partner was configured
        tax_exempt=buyer.tax_exempt,
        tax_exempt_reason=buyer.tax_exempt_reason,
        tax_exempt_reason_code=buyer.tax_exempt_reason_code,
        # VIES is asked when a document is finalised; a plan rests on the number's form.
        vies_policy="off" if seller.vies_policy == "off" else "advisory",
        vies_max_age_days=seller.vies_max_age_days,
        language=buyer.language,
    )
    return tax.determine_vat(facts, snapshot.rates) if snapshot.rates is not None else tax.determine_vat(facts)


def _last_day(line: PlannedLine, zone: str) -> date:
    """Give the last day of a line's service, its tax point; the document's is the last of all (contract §16.2)."""
    return civil_date(line.period.end - timedelta(microseconds=1), zone)


def _hold(lines: Sequence[PlannedLine], tenant_id: str, error: ControlError) -> list[Quarantined]:
    """Set a document's charges aside; the two sides of a change wait as one."""
    code, detail = _code(error), error.message
    return [
        Quarantined(tenant_id, line.subscription_id, line.charge_kind, line.period.start, code, detail)
        for line in lines
        if line.charge_kind != "credit"
    ]


def _set_aside(due: DuePeriod | DueChange, part: str, error: ControlError) -> list[Quarantined]:
    """Say what of a due row could not be planned: its base, every metric of its usage, or the change as a whole."""
    if isinstance(due, DueChange):
        start, kinds = due.changed_at, ["proration"]
    elif part == "base":
        start, kinds = due.start, ["one_time" if due.end is None else "base"]
    else:
        start, kinds = due.start, [f"usage:{metric.slug}" for metric in due.metrics]
    return [Quarantined(due.tenant_id, due.subscription_id, kind, start, _code(error), error.message) for kind in kinds]


def _code(error: ControlError) -> str:
    return error.reasons[0].code if error.reasons else "price_missing"


def _refused(code: str, message: str) -> Refused:
    return Refused(message, reasons=[Reason(code, message)])


def _bounded(amount_cents: int) -> int:
    if abs(amount_cents) > CENTS_MAX:
        raise _refused("overflow", f"An amount of {amount_cents} minor units is beyond what a document may carry.")
    return amount_cents


def _digestible(line: PlannedLine) -> list[Any]:
    return [
        line.row_id,
        line.charge_kind,
        line.period.start.isoformat(),
        line.period.end.isoformat(),
        str(line.quantity),
        line.amount_cents,
        line.derivation,
    ]
