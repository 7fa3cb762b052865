"""
The plan: a pure function from a snapshot to documents, explicit zeros and what had to be set aside.

Same snapshot, same plan, byte for byte; no clock, no database, no order of rows. From this one choice come the preview
for any date, the comparison with the last run, an apply that writes exactly what was shown, and `explain`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson

from scaicontrol.core.errors import ControlError, Reason, Refused
from scaicontrol.core.money import CENTS_MAX, half_up
from scaicontrol.core.periods import BillingPeriod, Period, civil_date, period_from
from scaicontrol.services import tax, usage

from . import wording
from .snapshot import Adjustment, Buyer, Metric, Seller, Snapshot, Subject

COMPUTE_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One charge: what, for which period, how much, and how that was derived."""

    subject_id: str
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
class Document:
    """One invoice to be: per tenant and currency, or per subscription when the partner groups so."""

    key: str
    tenant_id: str
    currency: str
    lines: tuple[PlannedLine, ...]
    subtotal_cents: int
    tax_cents: int
    tax_rule: str
    tax_label: str
    language: str

    @property
    def total_cents(self) -> int:
        return self.subtotal_cents + self.tax_cents

    @property
    def period(self) -> Period:
        return Period(min(line.period.start for line in self.lines), max(line.period.end for line in self.lines))

    @property
    def digest(self) -> str:
        """Fix every amount, period and derivation; two plans with the same digest write the same document."""
        return hashlib.sha256(
            orjson.dumps(
                [self.key, self.tenant_id, self.currency, self.tax_rule, self.tax_cents, *map(_digestible, self.lines)]
            )
        ).hexdigest()


@dataclass(frozen=True, slots=True)
class Quarantined:
    tenant_id: str
    subject_id: str
    charge_kind: str
    period_start: datetime
    reason_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a subject is charged once its document is applied."""

    base_from: datetime | None
    usage_from: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    documents: tuple[Document, ...]
    zeros: tuple[PlannedLine, ...]  # charges of nothing, recorded so that nobody asks for them again
    quarantined: tuple[Quarantined, ...]
    progress: dict[str, Progress]


def compute(snapshot: Snapshot) -> Plan:
    """Turn a snapshot into its plan. Everything due is in exactly one of documents, zeros and quarantined."""
    by_document: dict[tuple[str, str, str], list[PlannedLine]] = defaultdict(list)
    zeros: list[PlannedLine] = []
    quarantined: list[Quarantined] = []
    progress: dict[str, Progress] = {}
    for subject in sorted(snapshot.subjects, key=lambda found: found.subject_id):
        try:
            lines = list(_lines(subject, snapshot))
        except ControlError as error:
            quarantined.append(_set_aside(subject, error))
            continue
        progress[subject.subject_id] = progress_after(subject, snapshot.seller, snapshot.as_of)
        zeros += [line for line in lines if line.amount_cents == 0]
        group = subject.subject_id if snapshot.seller.grouping == "subscription" else ""
        by_document[subject.tenant_id, subject.currency, group] += [line for line in lines if line.amount_cents]
    documents = []
    for (tenant_id, currency, group), lines in sorted(by_document.items()):
        if not lines:
            continue
        document = _document(tenant_id, currency, group, lines, snapshot)
        if isinstance(document, Document):
            documents.append(document)
            continue
        quarantined += document
        for item in document:
            progress.pop(item.subject_id, None)
        held = {item.subject_id for item in document}
        zeros = [line for line in zeros if line.subject_id not in held]
    return Plan(tuple(documents), tuple(zeros), tuple(quarantined), progress)


def base_periods(subject: Subject, zone: str, as_of: datetime) -> Iterator[Period]:
    """Walk the periods to charge in advance: those that start by `as_of` and before the subject ends."""
    start = subject.base_from
    while start is not None and start <= as_of and (subject.ends_at is None or start < subject.ends_at):
        if subject.every is BillingPeriod.one_time:
            yield Period(start, start + timedelta(days=1))
            return
        period = period_from(start, subject.every, subject.anchor_day, zone)
        yield period
        start = period.end


def usage_periods(subject: Subject, zone: str, as_of: datetime, close_hours: int) -> Iterator[Period]:
    """Walk the periods to charge in arrears: those that have ended and closed by `as_of`; the last may be cut short."""
    start = subject.usage_from
    if subject.every is BillingPeriod.one_time or not subject.metrics:
        return
    while start is not None and (subject.ends_at is None or start < subject.ends_at):
        period = period_from(start, subject.every, subject.anchor_day, zone)
        if subject.ends_at is not None and subject.ends_at < period.end:
            period = Period(start, subject.ends_at)
        if period.end + timedelta(hours=close_hours) > as_of:
            return
        yield period
        start = period.end


def progress_after(subject: Subject, seller: Seller, as_of: datetime) -> Progress:
    """Tell how far `subject` is charged after everything due by `as_of`, and when it is due again."""
    base_from, usage_from = subject.base_from, subject.usage_from
    for period in base_periods(subject, seller.zone, as_of):
        base_from = None if subject.every is BillingPeriod.one_time else period.end
    for period in usage_periods(subject, seller.zone, as_of, seller.usage_close_hours):
        usage_from = period.end
    if subject.ends_at is not None:
        base_from = base_from if base_from is not None and base_from < subject.ends_at else None
        usage_from = usage_from if usage_from is not None and usage_from < subject.ends_at else None
    if subject.every is BillingPeriod.one_time or not subject.metrics:
        usage_from = None if subject.every is BillingPeriod.one_time else base_from
    return Progress(
        base_from, usage_from, _due_at(replace(subject, base_from=base_from, usage_from=usage_from), seller)
    )


def _due_at(subject: Subject, seller: Seller) -> datetime | None:
    moments = [subject.base_from] if subject.base_from is not None else []
    if subject.metrics and subject.usage_from is not None:
        period = period_from(subject.usage_from, subject.every, subject.anchor_day, seller.zone)
        end = min(period.end, subject.ends_at) if subject.ends_at is not None else period.end
        moments.append(end + timedelta(hours=seller.usage_close_hours))
    return min(moments, default=None)


def _lines(subject: Subject, snapshot: Snapshot) -> Iterator[PlannedLine]:
    language = snapshot.buyers[subject.tenant_id].language if subject.tenant_id in snapshot.buyers else "en"
    for period in base_periods(subject, snapshot.seller.zone, snapshot.as_of):
        yield _base_line(subject, period)
    for period in usage_periods(subject, snapshot.seller.zone, snapshot.as_of, snapshot.seller.usage_close_hours):
        for metric in subject.metrics:
            quantity = snapshot.usage.get((subject.subject_id, metric.slug, period.start), Decimal())
            yield _usage_line(subject, metric, period, quantity)
    for adjustment in subject.adjustments:
        yield from _adjustment_lines(subject, adjustment, language)


def _base_line(subject: Subject, period: Period) -> PlannedLine:
    quantity, price = subject.quantity, subject.unit_price_cents
    if subject.next_from is not None and period.start >= subject.next_from:
        quantity = quantity if subject.next_quantity is None else subject.next_quantity
        price = price if subject.next_unit_price_cents is None else subject.next_unit_price_cents
    one_time = subject.every is BillingPeriod.one_time
    kind = "one_time" if one_time else "pack" if subject.kind == "pack" else "base"
    return PlannedLine(
        subject.subject_id,
        kind,
        period,
        wording.subscription(subject.service_name, subject.plan_name),
        Decimal(quantity),
        "",
        price,
        1,
        _bounded(quantity * price),
        subject.currency,
        None,
        {
            "rule": kind,
            "plan": subject.plan_key,
            "plan_version": subject.plan_version,
            "quantity": quantity,
            "unit_price_cents": price,
            "period_fraction": "1",
            "rounding": "none",
        },
    )


def _usage_line(subject: Subject, metric: Metric, period: Period, quantity: Decimal) -> PlannedLine:
    rated = usage.rate(quantity, metric.brackets)
    return PlannedLine(
        subject.subject_id,
        f"usage:{metric.slug}",
        period,
        wording.usage(subject.service_name, metric.name),
        quantity,
        metric.unit_label,
        *_unit_price(metric, rated),
        _bounded(rated.amount_cents),
        subject.currency,
        metric.slug,
        {
            "rule": "usage",
            "plan": subject.plan_key,
            "plan_version": subject.plan_version,
            "metric": metric.slug,
            **rated.derivation,
        },
    )


def _unit_price(metric: Metric, rated: usage.Rated) -> tuple[int, int]:
    """Show the bracket's price when one bracket made the whole amount; a blend of several has no unit price."""
    if len(metric.brackets) == 1:
        return metric.brackets[0].unit_price_cents, metric.brackets[0].unit_divisor
    return rated.amount_cents, 1


def _adjustment_lines(subject: Subject, change: Adjustment, language: str) -> Iterator[PlannedLine]:
    """Give back the unused share of the old price and charge the same share of the new one (contract §9.4)."""
    remaining = Period(change.moment, change.period.end)
    stamp = change.moment.isoformat()
    for kind, full, text, key in (
        ("credit", -change.old_amount_cents, wording.credit, change.old_plan_key),
        ("proration", change.new_amount_cents, wording.remainder, change.new_plan_key),
    ):
        amount = half_up(Decimal(full) * change.share)
        yield PlannedLine(
            subject.subject_id,
            kind,
            remaining,
            text(subject.service_name, key.split(".", 1)[-1], language),
            Decimal(1),
            "",
            amount,
            1,
            _bounded(amount),
            subject.currency,
            None,
            {
                "rule": kind,
                "plan": key,
                "full_amount_cents": full,
                "period_fraction": str(change.share),
                "changed_at": stamp,
                "rounding": "half up",
            },
        )


def _document(
    tenant_id: str, currency: str, group: str, lines: Sequence[PlannedLine], snapshot: Snapshot
) -> Document | list[Quarantined]:
    buyer = snapshot.buyers.get(tenant_id)
    key = ":".join(part for part in (tenant_id, currency, group) if part)
    if buyer is None:
        return _hold(lines, tenant_id, "no_billing_profile", "The tenant has no billing profile; it must save one.")
    if buyer.missing:
        fields = ", ".join(buyer.missing)
        return _hold(lines, tenant_id, "profile_incomplete", f"The billing profile lacks {fields}.")
    if not snapshot.seller.country:
        return _hold(lines, tenant_id, "seller_incomplete", "The seller has no country; configure the partner.")
    try:
        decision = _decide(snapshot, buyer, lines)
    except ControlError as error:
        code = error.reasons[0].code if error.reasons else "vat_undecidable"
        return _hold(lines, tenant_id, code, error.message)
    taxed = tax.totals([tax.TaxableLine(line.amount_cents, decision.category, decision.tax_rate) for line in lines])
    return Document(
        key,
        tenant_id,
        currency,
        tuple(sorted(lines, key=lambda line: (line.subject_id, line.period.start, line.charge_kind))),
        taxed.subtotal_cents,
        taxed.tax_cents,
        decision.rule,
        decision.tax_label,
        buyer.language,
    )


def _decide(snapshot: Snapshot, buyer: Buyer, lines: Sequence[PlannedLine]) -> tax.VatDecision:
    seller = snapshot.seller
    facts = tax.VatFacts(
        seller_country=seller.country,
        seller_postal_code=seller.postal_code,
        buyer_country=buyer.country,
        buyer_postal_code=buyer.postal_code,
        buyer_vat_number=buyer.vat_number,
        is_business=buyer.is_business,
        tax_point=_tax_point(lines, seller.zone),
        decided_at=snapshot.as_of,
        oss_registered=seller.oss_registered,
        export_category=seller.export_category,  # type: ignore[arg-type]  # checked when the partner was configured
        tax_exempt=buyer.tax_exempt,
        tax_exempt_reason=buyer.tax_exempt_reason,
        tax_exempt_reason_code=buyer.tax_exempt_reason_code,
        # VIES is asked when a document is finalised; a preview rests on the number's form.
        vies_policy="off" if seller.vies_policy == "off" else "advisory",
        vies_max_age_days=seller.vies_max_age_days,
        language=buyer.language,
    )
    return tax.determine_vat(facts, snapshot.rates) if snapshot.rates is not None else tax.determine_vat(facts)


def _tax_point(lines: Sequence[PlannedLine], zone: str) -> date:
    last = max(line.period.end for line in lines)
    return civil_date(last - timedelta(microseconds=1), zone)


def _hold(lines: Sequence[PlannedLine], tenant_id: str, code: str, detail: str) -> list[Quarantined]:
    return [
        Quarantined(tenant_id, line.subject_id, line.charge_kind, line.period.start, code, detail) for line in lines
    ]


def _set_aside(subject: Subject, error: ControlError) -> Quarantined:
    code = error.reasons[0].code if error.reasons else "price_missing"
    start = subject.base_from or subject.usage_from
    if start is None:
        raise ValueError(f"{subject.subject_id} is due but has nothing to charge.") from error
    return Quarantined(subject.tenant_id, subject.subject_id, "base", start, code, error.message)


def _bounded(amount_cents: int) -> int:
    if abs(amount_cents) > CENTS_MAX:
        message = f"An amount of {amount_cents} minor units is beyond what a document may carry."
        raise Refused(message, reasons=[Reason("overflow", message)])
    return amount_cents


def _digestible(line: PlannedLine) -> list[Any]:
    return [
        line.subject_id,
        line.charge_kind,
        line.period.start.isoformat(),
        line.period.end.isoformat(),
        str(line.quantity),
        line.amount_cents,
        line.derivation,
    ]
