"""The plan is a pure function: every claim here holds without a database."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.money import CENTS_MAX
from scaicontrol.core.periods import last_day
from scaicontrol.core.ports import VatAnswer
from scaicontrol.services.billing import compute
from scaicontrol.services.billing.snapshot import Buyer, Consumed, DueChange, DuePeriod, Metric, Seller, Snapshot
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.tax import Consulted, Rate, RateTable

NORTHWIND = Seller("prt_northwind", "NL", "1015 BE", "Europe/Amsterdam", "tenant", False, "G", "off", 30)
ACME = Buyer("tnt_acme", "NL", "3011 AD", "NL004495445B01", True, False, None, None, "en")
JANUARY, FEBRUARY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
CALLS = Metric("api_calls", "API calls", "call", (Bracket(Decimal(0), None, 2, 1, "call"),))


def a_period(number: int = 1, **fields: Any) -> DuePeriod:
    given_: dict[str, Any] = {
        "row_id": f"per_{number:02}",
        "subscription_id": f"sub_{number:02}",
        "tenant_id": "tnt_acme",
        "start": JANUARY,
        "end": FEBRUARY,
        "first_day": fields.get("start", JANUARY).date(),
        "usage_from": fields.get("start", JANUARY),
        "service_id": "svc_drive",
        "service_name": "ScaiDrive",
        "plan_key": "scaidrive.pro",
        "plan_name": "Pro",
        "plan_version": 1,
        "quantity": 1,
        "unit_price_cents": 1000,
        "currency": "EUR",
        "days": 31,
        "full_days": 31,
        "base_is_due": True,
        "usage_until": None,
    } | fields
    return DuePeriod(**given_)


def a_change(number: int = 1, **fields: Any) -> DueChange:
    given_: dict[str, Any] = {
        "row_id": f"chg_{number:02}",
        "subscription_id": f"sub_{number:02}",
        "tenant_id": "tnt_acme",
        "changed_at": JANUARY + timedelta(days=10),
        "service_name": "ScaiDrive",
        "old_plan_name": "Pro",
        "new_plan_name": "Team",
        "old_plan_version": 1,
        "new_plan_version": 1,
        "old_amount_cents": 1000,
        "new_amount_cents": 3000,
        "remaining_days": 21,
        "charged_days": 21,
        "old_period_days": 31,
        "new_period_days": 31,
        "credit_cents": 677,
        "charge_cents": 2032,
        "currency": "EUR",
    } | fields
    return DueChange(**given_)


def a_snapshot(*periods: DuePeriod, changes: tuple[DueChange, ...] = (), **fields: Any) -> Snapshot:
    given_: dict[str, Any] = {
        "as_of": FEBRUARY,
        "known_at": FEBRUARY,
        "seller": NORTHWIND,
        "buyers": {"tnt_acme": ACME},
    }
    return Snapshot(periods=periods, changes=changes, **{**given_, **fields})


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Anything a partner may have due: good, free, cut short, too dear, of unknown buyers, in two currencies."""
    periods = [
        a_period(
            number,
            tenant_id=draw(st.sampled_from(["tnt_acme", "tnt_globex", "tnt_unknown"])),
            quantity=draw(st.integers(1, 50)),
            unit_price_cents=draw(st.sampled_from([0, 1, 999, 1000, 24_000, CENTS_MAX])),
            currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
            days=draw(st.integers(1, 31)),
            base_is_due=draw(st.booleans()),
            usage_until=draw(st.sampled_from([None, FEBRUARY, JANUARY + timedelta(days=3), JANUARY])),
            metrics=draw(st.sampled_from([(), (CALLS,), (CALLS, replace(CALLS, slug="storage_gb"))])),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    changes = [
        a_change(
            number,
            tenant_id=draw(st.sampled_from(["tnt_acme", "tnt_globex"])),
            credit_cents=draw(st.integers(0, 5000)),
            charge_cents=draw(st.integers(0, 5000)),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    used = {
        (period.row_id, metric.slug): Consumed(Decimal(draw(st.integers(0, 10_000))), "d")
        for period in periods
        for metric in period.metrics
    }
    grouping = draw(st.sampled_from(["tenant", "subscription"]))
    return a_snapshot(
        *periods,
        changes=tuple(changes),
        usage=used,
        seller=replace(NORTHWIND, grouping=grouping),
        buyers={"tnt_acme": ACME, "tnt_globex": replace(ACME, tenant_id="tnt_globex", country="DE", vat_number=None)},
    )


def due_in(snapshot: Snapshot) -> Counter[tuple[str, str]]:
    """What must come out, as (due row, part of it)."""
    due: Counter[tuple[str, str]] = Counter()
    for period in snapshot.periods:
        if period.base_is_due:
            due[period.subscription_id, "base"] += 1
        if period.usage_until is not None:
            priced = period.metrics if period.usage_until > period.start else ()
            for slug in [f"usage:{metric.slug}" for metric in priced] or ["usage"]:
                due[period.subscription_id, slug] += 1
    for change in snapshot.changes:
        due[change.subscription_id, "change"] += 1
    return due


def come_out(snapshot: Snapshot) -> Counter[tuple[str, str]]:
    plan = compute(snapshot)
    out: Counter[tuple[str, str]] = Counter()
    for document in plan.documents:
        for line in document.charges:
            if not line.charge_kind.startswith("credit"):
                out[line.subscription_id, line.charge_kind.replace("proration", "change")] += 1
    for item in plan.quarantined:
        out[item.subscription_id, item.charge_kind.replace("proration", "change")] += 1
    return out


@given(snapshots())
def test_everything_due_is_exactly_one_of_line_zero_or_quarantined(snapshot):
    assert come_out(snapshot) == due_in(snapshot)


@given(snapshots(), st.integers())
def test_the_order_of_rows_changes_nothing(snapshot, seed):
    periods, changes = list(snapshot.periods), list(snapshot.changes)
    Random(seed).shuffle(periods)
    Random(seed).shuffle(changes)
    shuffled = replace(snapshot, periods=tuple(periods), changes=tuple(changes))
    one, other = compute(snapshot), compute(shuffled)
    assert one == other
    assert [document.digest for document in one.documents] == [document.digest for document in other.documents]


@given(snapshots())
def test_lines_add_up_and_no_document_is_negative_or_empty(snapshot):
    for document in compute(snapshot).documents:
        assert document.subtotal_cents == sum(line.amount_cents for line in document.lines)
        assert document.total_cents >= 0
        assert all(line.amount_cents for line in document.lines)
        assert not any(line.amount_cents for line in document.zeros)
        assert document.charges
        assert {line.currency for line in document.charges} == {document.currency}


@given(snapshots())
def test_no_charge_is_planned_twice(snapshot):
    plan = compute(snapshot)
    charges = [line for document in plan.documents for line in document.charges]
    keys = Counter((line.subscription_id, line.charge_kind, line.charge_start) for line in charges)
    assert all(count == 1 for count in keys.values())


@given(price=st.integers(0, 10**9), quantity=st.integers(1, 1000), days=st.integers(1, 365))
def test_a_period_cut_short_costs_its_days_rounded_half_up_once(price, quantity, days):
    period = a_period(unit_price_cents=price, quantity=quantity, days=days, full_days=365)
    document = compute(a_snapshot(period)).documents[0]
    full = price * quantity
    assert sum(line.amount_cents for line in document.charges) == (2 * full * days + 365) // (2 * 365)


def test_documents_are_per_tenant_and_currency_or_per_subscription():
    rows = [a_period(1), a_period(2), a_period(3, currency="USD")]
    together = compute(a_snapshot(*rows))
    assert [document.key for document in together.documents] == ["tnt_acme:EUR", "tnt_acme:USD"]
    apart = compute(a_snapshot(*rows, seller=replace(NORTHWIND, grouping="subscription")))
    assert [document.key for document in apart.documents] == [
        "tnt_acme:EUR:sub_01",
        "tnt_acme:EUR:sub_02",
        "tnt_acme:USD:sub_03",
    ]


def test_what_is_too_dear_is_set_aside_and_the_rest_is_billed():
    plan = compute(a_snapshot(a_period(1, unit_price_cents=CENTS_MAX, quantity=2), a_period(2)))
    assert [line.subscription_id for line in plan.documents[0].lines] == ["sub_02"]
    assert [(item.subscription_id, item.charge_kind, item.reason_code) for item in plan.quarantined] == [
        ("sub_01", "base", "overflow")
    ]


def test_dear_use_does_not_hold_back_the_base_fee():
    dear = replace(CALLS, slug="exports", brackets=(Bracket(Decimal(0), None, CENTS_MAX, 1, "call"),))
    period = a_period(usage_until=FEBRUARY, metrics=(CALLS, dear))
    used = {(period.row_id, slug): Consumed(Decimal(2)) for slug in ("api_calls", "exports")}
    plan = compute(a_snapshot(period, usage=used))
    assert [(line.charge_kind, line.settles) for line in plan.documents[0].lines] == [
        ("base", True),
        ("usage:api_calls", False),  # the use of the period stays due
    ]
    assert [item.charge_kind for item in plan.quarantined] == ["usage:exports"]


def test_a_line_whose_vat_cannot_be_decided_does_not_hold_its_neighbours():
    rates = RateTable([Rate("NL", Decimal(21), date(2026, 1, 15))])
    before = a_period(1, start=datetime(2025, 12, 1, tzinfo=UTC), end=JANUARY)
    plan = compute(a_snapshot(before, a_period(2), rates=rates))
    assert [(item.subscription_id, item.reason_code) for item in plan.quarantined] == [("sub_01", "vat_undecidable")]
    assert [line.subscription_id for line in plan.documents[0].lines] == ["sub_02"]


def test_a_year_that_ends_at_midnight_takes_the_vat_of_its_last_day():
    """A period that older rules let end at an hour of 1 January belongs to December all the same."""
    rates = RateTable([
        Rate("NL", Decimal(21), date(2012, 10, 1), date(2026, 12, 31)), Rate("NL", Decimal(25), date(2027, 1, 1)),
    ])  # fmt: skip
    begun, ends = datetime(2026, 12, 1, 9, 20, tzinfo=UTC), datetime(2027, 1, 1, 9, 20, tzinfo=UTC)
    used = a_period(start=begun, end=ends, usage_until=ends, metrics=(CALLS,))
    (document,) = compute(
        a_snapshot(used, usage={("per_01", "api_calls"): Consumed(Decimal(500))}, rates=rates)
    ).documents
    assert (document.subtotal_cents, document.tax_cents) == (2000, 420)
    assert {last_day(line.period, "Europe/Amsterdam") for line in document.lines} == {date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("answer", "fresh", "total"),
    [
        ("invalid", True, 12100), ("valid", True, 10000), ("invalid", False, 12100), ("valid", False, 10000),
        ("unavailable", True, 10000), (None, True, 10000),
    ],
)  # fmt: skip
def test_a_plan_decides_vat_as_the_document_will(answer, fresh, total):
    """199.00 by reverse charge was shown, and 236.81 charged: what VIES said counts before the document, too."""
    at = FEBRUARY - timedelta(days=1 if fresh else 90)
    consulted = Consulted(VatAnswer(answer), at, "vie_1") if answer else None
    german = replace(ACME, country="DE", vat_number="DE136695976", consulted=consulted)
    seller = replace(NORTHWIND, vies_policy="required")
    (document,) = compute(
        a_snapshot(a_period(unit_price_cents=10_000), seller=seller, buyers={"tnt_acme": german})
    ).documents
    assert document.total_cents == total


def test_a_period_without_priced_use_closes_with_a_zero():
    (document,) = compute(a_snapshot(a_period(usage_until=FEBRUARY))).documents
    assert [line.charge_kind for line in document.lines] == ["base"]
    assert [(line.charge_kind, line.amount_cents) for line in document.zeros] == [("usage", 0)]


def test_tax_is_decided_by_the_last_day_of_the_service_in_the_sellers_zone():
    (document,) = compute(a_snapshot(a_period())).documents
    assert (document.subtotal_cents, document.tax_cents, document.total_cents) == (1000, 210, 1210)


def test_reasons_say_what_to_do():
    cases = {
        "no_billing_profile": a_snapshot(a_period(), buyers={}),
        "profile_incomplete": a_snapshot(a_period(), buyers={"tnt_acme": replace(ACME, missing=("city",))}),
        "seller_incomplete": a_snapshot(a_period(), seller=replace(NORTHWIND, country="")),
    }
    for code, snapshot in cases.items():
        (item,) = compute(snapshot).quarantined
        assert (item.reason_code, item.charge_kind) == (code, "base")
        assert item.detail.endswith(".")


def test_each_line_of_a_plan_has_the_rate_of_its_own_last_day():
    """A rate rises on the first of February: January is charged at the old one, February at the new."""
    rates = RateTable([
        Rate("NL", Decimal(21), date(2012, 10, 1), date(2026, 1, 31)), Rate("NL", Decimal(25), date(2026, 2, 1)),
    ])  # fmt: skip
    march = datetime(2026, 3, 1, tzinfo=UTC)
    snapshot = a_snapshot(
        a_period(1), a_period(2, start=FEBRUARY, end=march), rates=rates, seller=replace(NORTHWIND, zone="UTC")
    )
    (document,) = compute(replace(snapshot, as_of=march)).documents
    assert (document.subtotal_cents, document.tax_cents) == (2000, 210 + 250)
