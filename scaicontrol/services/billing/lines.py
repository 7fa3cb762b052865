"""The lines of what is due: one charge each, in whole civil days, with how its amount came about. Pure."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from scaicontrol.core.errors import Reason, Refused
from scaicontrol.core.money import CENTS_MAX
from scaicontrol.core.periods import Period, civil_date, start_of_day
from scaicontrol.services import usage
from scaicontrol.services.catalog import Bracket, PriceModel
from scaicontrol.services.subscriptions import proration
from scaicontrol.services.subscriptions.calendar import charged_days

from . import wording
from .planned import PlannedLine
from .snapshot import Consumed, DueChange, DueCorrection, DuePack, DuePeriod, Metric, Snapshot, UseMinimum

Due = DuePeriod | DuePack | DueChange | DueCorrection
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def parts_of(due: Due) -> Iterator[str]:
    """Name what is charged, or set aside, each by itself: the base, each metric of the use, a change, a correction."""
    if isinstance(due, DueChange):
        yield "change"
    elif isinstance(due, DuePack):
        yield "pack"
    elif isinstance(due, DueCorrection):
        yield f"correction:{due.number}"
    else:
        if due.base_is_due:
            yield "one_time" if due.is_one_time else "base"
        if due.usage_until is not None:
            metrics = due.metrics if due.usage_until > due.usage_from else ()
            minimum = ["minimum"] if due.minimum is not None else []  # behind the use that it is held against
            yield from [*(f"usage:{metric.slug}" for metric in metrics), *minimum] or ["usage"]


def lines_of(due: Due, part: str, snapshot: Snapshot) -> list[PlannedLine]:
    """Give the lines of one part of what is due; Refused where it cannot be computed."""
    zone, buyer = snapshot.seller.zone, snapshot.buyers.get(due.tenant_id)
    language = buyer.language if buyer else "en"
    if isinstance(due, DueChange):
        return list(_change_lines(due, zone, language))
    if isinstance(due, DuePack):
        return [_pack_line(due, zone)]
    if isinstance(due, DueCorrection):
        return _correction_lines(due, snapshot, language)
    if due.usage_until is None or part in ("base", "one_time"):
        # Setting up is charged with the base, set aside with it and waived with it.
        return [_base_line(due, zone), *([_setup_line(due, zone, language)] if due.setup_price_cents else [])]
    return [_line_of_use(due, due.usage_until, part, snapshot, language)]


def _line_of_use(due: DuePeriod, until: datetime, part: str, snapshot: Snapshot, language: str) -> PlannedLine:
    zone = snapshot.seller.zone
    if part == "usage":
        return _no_usage(due, until, zone)
    if part == "minimum" and due.minimum is not None:
        used = [usage.rate(_consumed(snapshot, due.row_id, each).quantity, each.brackets) for each in due.metrics]
        return _minimum_line(due, until, due.minimum, sum(rated.amount_cents for rated in used), zone, language)
    metric = next(metric for metric in due.metrics if part == f"usage:{metric.slug}")
    return _usage_line(due, until, metric, _consumed(snapshot, due.row_id, metric), zone)


def charge_starts(due: Due) -> datetime:
    """Give the moment that names the charges of a due row, with its subscription and their kind."""
    return due.changed_at if isinstance(due, DueChange) else due.start


def inputs_of(due: Due) -> dict[str, Any]:
    """Give what a due row would have been charged from, as it is kept with what was set aside."""
    return dict(orjson.loads(orjson.dumps(asdict(due), default=str)))


def refused(code: str, message: str) -> Refused:
    return Refused(message, reasons=[Reason(code, message)])


def _consumed(snapshot: Snapshot, row_id: str, metric: Metric) -> Consumed:
    return snapshot.usage.get((row_id, metric.slug), Consumed(Decimal()))


def _base_line(due: DuePeriod, zone: str) -> PlannedLine:
    kind = "one_time" if due.is_one_time else "base"
    terms = proration.Terms(due.quantity, due.unit_price_cents, due.full_days)
    cut = due.days < due.full_days
    amount = terms.for_days(due.days) if cut else terms.amount_cents
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind=kind,
        charge_start=due.start,
        period=charged_days(due.first_day, due.days, zone),
        description=wording.subscription(due.service_name, due.plan_name),
        quantity=Decimal(1) if cut else Decimal(due.quantity),
        unit_label="",
        unit_price_cents=amount if cut else due.unit_price_cents,
        unit_divisor=1,
        amount_cents=_bounded(amount) - sum(each.amount_cents for each in due.discounts),
        currency=due.currency,
        metric_slug=None,
        discounts=due.discounts,
        derivation={
            "kind": kind,
            "plan": due.plan_key,
            "plan_version": due.plan_version,
            "quantity": str(due.quantity),
            "unit_price_cents": due.unit_price_cents,
            "days": due.days,
            "full_days": due.full_days,
            "rounding": "half up, once" if cut else "exact",
        },
    )


def _setup_line(due: DuePeriod, zone: str, language: str) -> PlannedLine:
    base, amount = _base_line(due, zone), due.setup_price_cents
    return replace(
        base,
        charge_kind="setup",
        description=wording.setup(due.service_name, due.plan_name, language),
        quantity=Decimal(1),
        unit_price_cents=amount,
        amount_cents=amount,
        discounts=(),
        derivation={"kind": "setup", "plan": due.plan_key, "plan_version": due.plan_version, "amount_cents": amount},
    )


def _pack_line(due: DuePack, zone: str) -> PlannedLine:
    """Charge a pack once, and say how much of it is for which service."""
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind="pack",
        charge_start=due.start,
        period=charged_days(due.first_day, due.days, zone),
        description=wording.pack(due.pack_name, [f"{part.service_name} {part.plan_name}" for part in due.parts]),
        quantity=Decimal(1),
        unit_label="",
        unit_price_cents=due.amount_cents,
        unit_divisor=1,
        amount_cents=_bounded(due.amount_cents),
        currency=due.currency,
        metric_slug=None,
        derivation={
            "kind": "pack",
            "pack": due.pack_slug,
            "pack_name": due.pack_name,
            "unit_price_cents": due.amount_cents,
            "allocation": [
                {
                    "service": part.service_name,
                    "plan": part.plan_key,
                    "plan_version": part.plan_version,
                    "amount_cents": part.amount_cents,
                }
                for part in due.parts
            ],
            "rounding": "largest remainder",
        },
        pack_subscription_id=due.subscription_id,
        settled_rows=tuple(part.row_id for part in due.parts),
    )


def _used_days(due: DuePeriod | DueCorrection, until: datetime, zone: str) -> Period:
    """Give the civil days of use, from the first day of the period to the one it ended on; none of the next one's."""
    last = max(civil_date(until - _INSTANT, zone), due.first_day)
    if due.end is not None:
        last = max(min(last, due.first_day + timedelta(days=due.days - 1)), due.first_day)
    return Period(start_of_day(due.first_day, zone), start_of_day(last + _DAY, zone))


def _usage_line(due: DuePeriod, until: datetime, metric: Metric, consumed: Consumed, zone: str) -> PlannedLine:
    rated = usage.rate(consumed.quantity, metric.brackets)
    single = _single(rated, metric)
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind=f"usage:{metric.slug}",
        charge_start=due.start,
        period=_used_days(due, until, zone),
        description=wording.usage(due.service_name, metric.name),
        # What has no unit price is shown as one position, its tiers in the derivation.
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
        pack_subscription_id=due.pack_subscription_id,
    )


def _single(rated: usage.Rated, metric: Metric) -> Bracket | None:
    """Give the bracket whose unit price makes the whole amount; a blend, a package or a flat price has none."""
    if len(rated.tiers) == 1 and (len(metric.brackets) == 1 or rated.tiers[0].bracket.price_model is PriceModel.volume):
        return rated.tiers[0].bracket if rated.tiers[0].has_unit_price else None
    return metric.brackets[0] if len(metric.brackets) == 1 and not rated.tiers else None


def _minimum_line(
    due: DuePeriod, until: datetime, minimum: UseMinimum, now_cents: int, zone: str, language: str
) -> PlannedLine:
    """Charge what the use of a period falls short of its minimum, perhaps nothing; it is asked once."""
    used = minimum.charged_use_cents + now_cents
    amount = max(minimum.cents - used, 0)
    return replace(
        _no_usage(due, until, zone),
        charge_kind="minimum",
        description=wording.minimum(due.service_name, language),
        quantity=Decimal(1),
        unit_price_cents=amount,
        amount_cents=amount,
        derivation={
            "kind": "minimum",
            "plan": due.plan_key,
            "plan_version": due.plan_version,
            "minimum_cents": minimum.cents,
            "used_cents": used,
            "charged_cents": 0,
            "rounding": "half up, once",
        },
    )


def _no_usage(due: DuePeriod, until: datetime, zone: str) -> PlannedLine:
    """Close a period none of whose use is priced, or that had no time for any: a charge of nothing, asked for once."""
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind="usage",
        charge_start=due.start,
        period=_used_days(due, until, zone),
        description=wording.subscription(due.service_name, due.plan_name),
        quantity=Decimal(),
        unit_label="",
        unit_price_cents=0,
        unit_divisor=1,
        amount_cents=0,
        currency=due.currency,
        metric_slug=None,
        derivation={"kind": "usage", "plan": due.plan_key, "plan_version": due.plan_version, "metrics": 0},
        pack_subscription_id=due.pack_subscription_id,
    )


def _correction_lines(due: DueCorrection, snapshot: Snapshot, language: str) -> list[PlannedLine]:
    """Charge or give back, per metric, what the use of a charged period is worth now beyond what was charged for it."""
    zone = snapshot.seller.zone
    found, used = [], due.minimum.charged_use_cents if due.minimum is not None else 0
    for corrected in due.metrics:
        consumed = _consumed(snapshot, due.row_id, corrected.metric)
        rated = usage.rate(consumed.quantity, corrected.metric.brackets)
        amount = rated.amount_cents - corrected.charged_cents
        if not amount:
            continue
        used += amount
        slug = corrected.metric.slug
        found.append(
            replace(
                _correction_line(due, zone),
                charge_kind=f"correction:{slug}:{due.number}",
                description=wording.corrected(due.service_name, corrected.metric.name, language),
                unit_price_cents=amount,
                amount_cents=_bounded(amount),
                metric_slug=slug,
                derivation={
                    "kind": "correction",
                    "plan": due.plan_key,
                    "plan_version": due.plan_version,
                    "metric": slug,
                    "quantity": format(consumed.quantity, "f"),
                    "charged_quantity": format(corrected.charged_quantity, "f"),
                    "charged_cents": corrected.charged_cents,
                    "usage_digest": consumed.digest,
                    **rated.derivation,
                },
            )
        )
    if due.minimum is not None:
        found += _corrected_minimum(due, due.minimum, used, zone, language)
    # More use below the minimum changes nothing: what it costs more is what the minimum adds less.
    nothing = not found or (due.minimum is not None and not sum(line.amount_cents for line in found))
    return [_correction_line(due, zone)] if nothing else found


def _corrected_minimum(
    due: DueCorrection, minimum: UseMinimum, used: int, zone: str, language: str
) -> Iterator[PlannedLine]:
    amount = max(minimum.cents - used, 0) - minimum.charged_cents
    if amount:
        yield replace(
            _correction_line(due, zone),
            charge_kind=f"minimum:{due.number}",
            description=wording.minimum(due.service_name, language),
            unit_price_cents=amount,
            amount_cents=amount,
            derivation={
                "kind": "minimum",
                "plan": due.plan_key,
                "plan_version": due.plan_version,
                "minimum_cents": minimum.cents,
                "used_cents": used,
                "charged_cents": minimum.charged_cents,
                "rounding": "half up, once",
            },
        )


def _correction_line(due: DueCorrection, zone: str) -> PlannedLine:
    """Say that nothing has changed: a charge of nothing, so that nobody asks again until more becomes known."""
    return PlannedLine(
        row_id=due.row_id,
        subscription_id=due.subscription_id,
        charge_kind=f"correction:{due.number}",
        charge_start=due.start,
        period=_used_days(due, due.usage_until, zone),
        description=due.service_name,
        quantity=Decimal(1),
        unit_label="",
        unit_price_cents=0,
        unit_divisor=1,
        amount_cents=0,
        currency=due.currency,
        metric_slug=None,
        derivation={"kind": "correction", "plan": due.plan_key, "plan_version": due.plan_version, "metrics": 0},
        pack_subscription_id=due.pack_subscription_id,
    )


def _change_lines(due: DueChange, zone: str, language: str) -> Iterator[PlannedLine]:
    """Give back the unused days of the old terms and charge those of the new ones (contract §9.4)."""
    first_day = civil_date(due.changed_at, zone)
    old_plan, new_plan = (due.old_plan_name, due.old_plan_version), (due.new_plan_name, due.new_plan_version)
    old = (-due.credit_cents, due.old_amount_cents, due.remaining_days, due.old_period_days, old_plan)
    new = (due.charge_cents, due.new_amount_cents, due.charged_days, due.new_period_days, new_plan)
    for kind, (amount, full, days, full_days, (plan, version)), text in (
        ("credit", old, wording.credit),
        ("proration", new, wording.rest),
    ):
        yield PlannedLine(
            row_id=due.row_id,
            subscription_id=due.subscription_id,
            charge_kind=kind,
            charge_start=due.changed_at,
            period=charged_days(first_day, days, zone),
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
                "days": days,
                "full_days": full_days,
                "rounding": "half up, once",
            },
        )


def _bounded(amount_cents: int) -> int:
    if abs(amount_cents) > CENTS_MAX:
        raise refused("overflow", f"An amount of {amount_cents} minor units is beyond what a document may carry.")
    return amount_cents
