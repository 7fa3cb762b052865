"""Credits beyond the charges, and corrections of use, as the plan computes them: without a database."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.services.billing import compute
from scaicontrol.services.billing.snapshot import Charged, Consumed, CorrectedMetric, DueCorrection, Snapshot
from scaicontrol.services.invoices.creditable import Creditable, VatShare

from .test_compute import CALLS, FEBRUARY, JANUARY, a_change, a_period, a_snapshot


def what_charged(left_cents: int, rate: int = 21, **fields: Any) -> Charged:
    """A finalized invoice of 3,000.00 that charged January, of whose line so much is left to credit."""
    group = VatShare("S", Decimal(rate), 300_000, 300_000 * rate // 100)
    given_: dict[str, Any] = {"charge_kind": "base", "charge_start": JANUARY, "period_end": FEBRUARY} | fields
    return Charged(Creditable("inv_1", "NW-1", "ili_1", "chg_1", left_cents, group), **given_)


def test_credits_that_outweigh_the_charges_are_given_back_where_they_were_charged():
    downgrade = a_change(credit_cents=2032, charge_cents=677)
    plan = compute(a_snapshot(changes=(downgrade,), charged={"sub_01": (what_charged(300_000),)}))
    (document,) = plan.documents
    assert plan.quarantined == ()
    assert [(line.charge_kind, line.amount_cents) for line in document.lines] == [("credit", -677), ("proration", 677)]
    assert (document.total_cents, [note.line.amount_cents for note in document.notes]) == (0, [677 - 2032])
    assert document.credited_cents == 1355 + 285
    with_renewal = compute(a_snapshot(a_period(unit_price_cents=3000), changes=(downgrade,)))
    assert with_renewal.quarantined == ()
    assert with_renewal.documents[0].subtotal_cents == 3000 - 2032 + 677
    assert with_renewal.documents[0].notes == ()


def test_a_credit_that_nothing_can_be_credited_against_waits_alone():
    for charged in ((), (what_charged(100),), (what_charged(300_000, period_end=JANUARY + timedelta(days=5)),)):
        downgrade = a_change(1, credit_cents=2032, charge_cents=677)
        plan = compute(a_snapshot(a_period(2), changes=(downgrade,), charged={"sub_01": charged}))
        assert [(item.subscription_id, item.charge_kind, item.reason_code) for item in plan.quarantined] == [
            ("sub_01", "proration", "credit_exceeds_charges")
        ]
        assert plan.quarantined[0].inputs["credit_cents"] == 2032
        assert [line.subscription_id for line in plan.documents[0].lines] == ["sub_02"]


def test_a_credit_that_an_older_invoice_gives_back_leaves_its_room_to_one_whose_charge_stands_beside_it():
    """A year that is left early takes the whole document, and the month that is charged on it and left had no room."""
    year = a_change(1, row_id="chg_1", credit_cents=122_564, charge_cents=7797)
    month = a_change(2, row_id="chg_2", credit_cents=8710, charge_cents=2903)
    for changes in ((year, month), (month, year)):
        held = {"sub_01": (what_charged(300_000),)}
        plan = compute(a_snapshot(a_period(2, unit_price_cents=9000), changes=changes, charged=held))
        (document,) = plan.documents
        credit = {line.subscription_id: line.amount_cents for line in document.lines if line.charge_kind == "credit"}
        assert plan.quarantined == ()
        assert (document.subtotal_cents, credit) == (0, {"sub_01": -(7797 + 9000 + 2903 - 8710), "sub_02": -8710})
        assert [note.line.subscription_id for note in document.notes] == ["sub_01"]


@given(
    credits_=st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 25_000)), min_size=1, max_size=5),
    charges=st.lists(st.integers(0, 20_000), min_size=1, max_size=4),
)
def test_no_credit_waits_while_there_is_room_for_what_is_charged_nowhere_else(credits_, charges):
    """Each of several subscriptions has its credit, and so much of what older invoices charged it."""
    changes, held = [], {}
    for at, (cents, left) in enumerate(credits_, start=1):
        changes.append(a_change(at, row_id=f"chg_{at}", credit_cents=cents, charge_cents=0))
        line = Creditable(f"inv_{at}", f"NW-{at}", f"ili_{at}", None, left, VatShare("S", Decimal(21), 300_000, 63_000))
        held[f"sub_{at:02}"] = (Charged(line, "base", JANUARY, FEBRUARY),)
    periods = [a_period(at + 10, unit_price_cents=each) for at, each in enumerate(charges)]
    plan = compute(a_snapshot(*periods, changes=tuple(changes), charged=held))
    only_here = sum(max(cents - left, 0) for cents, left in credits_)
    assert bool(plan.quarantined) is (only_here > sum(charges))
    if not plan.quarantined:
        net = sum(each.subtotal_cents + sum(note.subtotal_cents for note in each.notes) for each in plan.documents)
        assert net == sum(charges) - sum(cents for cents, _ in credits_)


@given(
    credits_=st.lists(st.integers(1, 20_000), min_size=1, max_size=4),
    charges=st.lists(st.integers(0, 20_000), min_size=1, max_size=4),
    parts=st.lists(st.integers(1, 30_000), min_size=1, max_size=4),
)
def test_what_credits_give_back_is_exact_whatever_it_is_given_back_over(credits_, charges, parts):
    """Invoice and notes together are charges less credits; no line gives back more than is left of it."""
    changes = tuple(
        a_change(1, row_id=f"chg_{at}", credit_cents=each, charge_cents=0, changed_at=JANUARY + timedelta(days=at + 1))
        for at, each in enumerate(credits_)
    )
    periods = [a_period(at + 2, unit_price_cents=each) for at, each in enumerate(charges)]
    share = VatShare("S", Decimal(21), sum(parts), sum(parts) * 21 // 100)
    charged = tuple(
        Charged(Creditable("inv_1", "NW-1", f"ili_{at}", None, each, share), "base", JANUARY, FEBRUARY)
        for at, each in enumerate(parts)
    )
    plan = compute(a_snapshot(*periods, changes=changes, charged={"sub_01": charged}))
    net = sum(
        document.subtotal_cents + sum(note.subtotal_cents for note in document.notes) for document in plan.documents
    )
    waits = {item.period_start for item in plan.quarantined}
    assert net == sum(charges) - sum(row.credit_cents for row in changes if row.changed_at not in waits)
    given_back = Counter[str]()
    for document in plan.documents:
        assert document.total_cents >= 0
        for note in document.notes:
            given_back[note.invoice_line_id] -= note.subtotal_cents
    assert all(given_back[f"ili_{at}"] <= each for at, each in enumerate(parts))
    assert not waits or sum(credits_) - sum(charges) > sum(parts)


def test_no_more_goes_back_than_the_invoice_holds_at_that_rate():
    """An invoice that charged 45.00 and credited 45.00 has nothing left, whatever its lines say; older ones have."""
    spent = Creditable("inv_2", "NW-2", "ili_2", None, 4500, VatShare("S", Decimal(21), 0, 0))
    newest = Charged(spent, "proration", JANUARY, FEBRUARY)
    change = a_change(credit_cents=2000, charge_cents=0)
    plan = compute(a_snapshot(changes=(change,), charged={"sub_01": (newest, what_charged(300_000))}))
    assert [note.invoice_id for note in plan.documents[0].notes] == ["inv_1"]


def corrected(quantity: int, charged: int, number: int = 1) -> Snapshot:
    """January's calls, of which so many were charged, turn out to be another number."""
    due = DueCorrection(
        row_id="per_01", subscription_id="sub_01", tenant_id="tnt_acme", start=JANUARY, end=FEBRUARY,
        first_day=JANUARY.date(), days=31, usage_from=JANUARY, usage_until=FEBRUARY, service_id="svc_drive",
        service_name="ScaiDrive", plan_key="scaidrive.pro", plan_version=1, currency="EUR", number=number,
        metrics=(CorrectedMetric(CALLS, 2 * charged, Decimal(charged)),),
    )  # fmt: skip
    usage = {("per_01", "api_calls"): Consumed(Decimal(quantity))}
    use = what_charged(300_000, charge_kind="usage:api_calls")
    return a_snapshot(corrections=(due,), usage=usage, charged={"sub_01": (use,)})


def test_a_correction_is_a_line_of_the_next_document():
    (more,) = compute(corrected(120, 100, number=3)).documents
    assert [(line.charge_kind, line.amount_cents) for line in more.lines] == [("correction:api_calls:3", 40)]
    (less,) = compute(corrected(80, 100)).documents
    assert (less.lines, [(note.line.charge_kind, note.subtotal_cents) for note in less.notes]) == (
        (),
        [("correction:api_calls:1:1", -40)],
    )
    (same,) = compute(corrected(100, 100)).documents
    assert (same.lines, [line.charge_kind for line in same.zeros]) == ((), ["correction:1"])
