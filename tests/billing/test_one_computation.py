"""
Preview, "coming up", run and document are one computation: over random histories they say the same to the cent.

A history is a seller with its own terms and time zone, and tenants who subscribe, try, change plan, interval or
quantity, leave, come back and are paused, while the clock's jobs come by. Use is left out: nobody knows it before.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import ControlError
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import start_of_day
from scaicontrol.services import billing, subscriptions
from scaicontrol.services.billing.models import BillingCharge, BillingRun, QuarantineItem
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.models import Subscription, SubscriptionPeriod
from scaicontrol.services.tax.models import VatConsultation
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, alice, gina, petra
from tests.factories.catalog import store_plan
from tests.factories.partners import configured
from tests.factories.registry import store_service
from tests.factories.subscriptions import CLOCK, everybody_pays, show, subscribed

DRIVE = ("pro", "team", "year", "tested", "grand")
MAIL = ("post", "letters", "letters_year")
ZONES = ("Europe/Amsterdam", "UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")


async def jobs(backend):
    """Let the clock's jobs do what is due, as often as it takes."""
    await backend.perform(CLOCK, subscriptions.reap)
    await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    while await backend.perform(CLOCK, subscriptions.renew):
        pass
    await backend.perform(CLOCK, subscriptions.expire_terms)


async def open_shop(backend, chance: Random) -> str:
    zone = chance.choice(ZONES)
    await configured(
        backend, proration=chance.choice(["day", "none"]), timezone=zone, invoice_day=chance.choice([1, 5, 15, 28]),
        invoice_grouping=chance.choice(["tenant", "tenant", "subscription"]), allow_pay_by_invoice=True,
        vies_policy=chance.choice(["off", "required"]), vies_max_age_days=10_000,
    )  # fmt: skip
    await store_plan(backend, "grand", base_price_cents=990_000, billing_period="yearly")
    await store_service(backend, "scaimail")
    for slug, cents, every in (
        ("post", 333, "monthly"), ("letters", 4_567, "quarterly"), ("letters_year", 12_345, "yearly"),
    ):  # fmt: skip
        terms = {"setup_price_cents": 1_500, "minimum_use_cents": 777} if slug == "letters" else {}
        await store_plan(
            backend, slug, service_id="svc_scaimail", base_price_cents=cents, billing_period=every, **terms
        )
    number, answer = "DE136695976", chance.choice(["valid", "invalid"])

    async def abroad(uow):
        profile = await uow.session.get(BillingProfile, GLOBEX)
        profile.country_code, profile.vat_number, profile.postal_code = "DE", number, "20457"
        uow.session.add(
            VatConsultation(
                id=new_id("vie"), tenant_id=GLOBEX, partner_id=NORTHWIND, vat_number=number, result=answer, raw={},
                consulted_at=uow.now,
            )
        )  # fmt: skip

    await backend.perform(ada, abroad)
    return zone


async def live(backend, clock, chance: Random, steps: int) -> None:
    """Do something now and then; what is refused is part of life."""
    for _ in range(steps):
        clock.advance(timedelta(hours=chance.randrange(0, 24 * 25)))
        await jobs(backend)
        actor, service = chance.choice([(alice, "scaidrive"), (gina, "scaidrive"), (alice, "scaimail")])
        plan = f"{service}.{chance.choice(DRIVE if service == 'scaidrive' else MAIL)}"
        held = await _held(backend, str(actor.tenant_id), service)
        try:
            if held is None:
                await subscribed(backend, plan, actor=actor, quantity=chance.randint(1, 4))
                continue
            await _turn(backend, chance, actor, held, plan)
        except ControlError:
            continue
        if chance.random() < 0.3:
            await _bill(backend, clock.now())


async def _held(backend, tenant_id: str, service: str) -> str | None:
    async def read(uow):
        found = await subscriptions.queries.live(uow, tenant_id, f"svc_{service}")
        return str(found.id) if found else None

    held: str | None = await backend.ask(ada, read)
    return held


async def _turn(backend, chance: Random, actor: Any, held: str, plan: str) -> None:
    match chance.choice(["plan", "plan", "plan", "quantity", "wait", "cancel", "resume", "suspend", "price"]):
        case "plan":
            await backend.perform(actor, subscriptions.change_plan, held, plan=plan)
        case "quantity":
            await backend.perform(actor, subscriptions.change_plan, held, quantity=chance.randint(1, 9))
        case "wait":
            await backend.perform(
                actor, subscriptions.change_plan, held, plan=plan, quantity=chance.randint(1, 3), when="period_end"
            )
        case "cancel":
            await backend.perform(actor, subscriptions.cancel, held)
        case "resume":
            await backend.perform(petra, subscriptions.resume, held)
        case "suspend":
            await backend.perform(petra, subscriptions.suspend, held, "a pause")
        case "price":
            agreed = subscriptions.Override("as agreed", unit_price_cents=chance.randint(1, 9_999))
            await backend.perform(petra, subscriptions.override, held, agreed)


async def _bill(backend, as_of: datetime) -> BillingRun:
    run = await billing.plan(backend, petra, NORTHWIND, as_of)
    return await billing.apply(backend, petra, run.id, str(run.plan_hash))


async def rows(backend, entity, *conditions):
    async def read(uow):
        return list(await uow.session.scalars(select(entity).where(*conditions)))

    return await backend.ask(ada, read)


def sums(documents) -> list[tuple[str, int, int]]:
    """Give what documents come to: tenant, invoiced and credited, with VAT, of each."""
    found = [(each.tenant_id, each.total_cents, each.credited_cents) for each in documents if each.lines or each.notes]
    return sorted(found)


async def agree(backend, clock, seed: int, steps: int) -> None:
    chance = Random(seed)
    zone = await open_shop(backend, chance)
    await live(backend, clock, chance, steps)
    coming = {tenant: await backend.ask(petra, billing.upcoming, tenant) for tenant in (ACME, GLOBEX)}
    days = [each.day for each in coming.values() if each.day]
    if not days or await rows(backend, Subscription, Subscription.status == "trialing"):
        return  # after a trial its own invoice comes first, which has a test of its own
    moment = start_of_day(min(days), zone)
    shown = {tenant: (await backend.ask(petra, billing.preview, tenant, moment)) for tenant in (ACME, GLOBEX)}
    foreseen = await billing.plan(backend, petra, NORTHWIND, moment)
    for tenant, each in coming.items():
        assert each.day != min(days) or sums(each.documents) == sums(shown[tenant].documents)
    before = {invoice.id for invoice in await rows(backend, Invoice)}
    clock.set(moment + timedelta(hours=7))
    await jobs(backend)
    run = await _bill(backend, moment)
    assert [item.detail for item in await rows(backend, QuarantineItem) if item.resolved_at is None] == []
    wanted = sorted(row for plan in shown.values() for row in sums(plan.documents))
    written: dict[str, list[int]] = {}
    for invoice in await rows(backend, Invoice):
        if invoice.id not in before:
            written.setdefault(invoice.tenant_id, []).append(invoice.total_cents)
    invoiced = {tenant: sum(cents for cents in found if cents > 0) for tenant, found in written.items()}
    credited = {tenant: -sum(cents for cents in found if cents < 0) for tenant, found in written.items()}
    for tenant in (ACME, GLOBEX):
        mine = [row for row in wanted if row[0] == tenant]
        assert (invoiced.get(tenant, 0), credited.get(tenant, 0)) == (sum(m[1] for m in mine), sum(m[2] for m in mine))
    assert (run.status, run.totals) == ("applied", foreseen.totals)
    await nothing_is_lost(backend, moment)


async def nothing_is_lost(backend, moment: datetime) -> None:
    """Documents, zeros and what was set aside are what was due; nothing due is left, and periods tile."""
    periods = await rows(backend, SubscriptionPeriod)
    assert [row.id for row in periods if row.base_due_at and row.base_due_at <= moment] == []
    charged = {
        (row.subject_id, row.period_start)
        for row in await rows(backend, BillingCharge)
        if row.charge_kind in ("base", "one_time")
    }
    assert {(row.subscription_id, row.period_start) for row in periods if row.base_due_at is None} == charged
    by_subscription: dict[str, list[SubscriptionPeriod]] = {}
    for row in sorted(periods, key=lambda row: row.period_start):
        by_subscription.setdefault(row.subscription_id, []).append(row)
    for mine in by_subscription.values():
        for one, following in pairwise(mine):
            assert one.period_end is not None
            assert one.period_end <= following.period_start
            assert one.usage_until is not None
            assert one.usage_until <= following.usage_from


@pytest.mark.by_turns
@pytest.mark.parametrize("seed", range(6))
async def test_what_is_shown_is_what_is_charged(backend, clock, seed):
    await agree(backend, clock, seed, 12)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 220))
async def test_what_is_shown_is_what_is_charged_over_many_histories(backend, clock, seed):
    await agree(backend, clock, seed, 30)


async def test_after_a_trial_its_own_invoice_comes_first(backend, clock):
    await configured(backend, allow_pay_by_invoice=True)
    trial = await subscribed(backend, "scaidrive.tested")
    coming = await backend.ask(alice, billing.upcoming, ACME)
    assert trial.trial_ends_at is not None
    assert (coming.day, sums(coming.documents)) == (trial.trial_ends_at.date(), [(ACME, 2420, 0)])
    clock.set(trial.trial_ends_at)
    await jobs(backend)
    await billing.bill_subscription(backend, CLOCK, trial.id)
    assert [invoice.total_cents for invoice in await rows(backend, Invoice)] == [2420]


@pytest.mark.parametrize(
    ("answer", "total"), [("invalid", 23_681), ("valid", 19_900)], ids=["VIES refuses", "VIES confirms"]
)
async def test_a_number_that_vies_refuses_shows_what_will_be_charged(backend, clock, answer, total):
    """199.00 by reverse charge was shown, and 236.81 charged."""
    await configured(backend, vies_policy="required", seller_country_code="DE", seller_vat_number="DE136695976",
                 seller_postal_code="20457", seller_city="Hamburg", timezone="Europe/Berlin")  # fmt: skip
    await store_plan(backend, "plain", base_price_cents=19_900)

    async def asked(uow):
        uow.session.add(
            VatConsultation(
                id=new_id("vie"), tenant_id=ACME, partner_id=NORTHWIND, vat_number="NL004495445B01", result=answer,
                raw={}, consulted_at=uow.now,
            )
        )  # fmt: skip

    await backend.perform(ada, asked)
    plain = await subscribed(backend, "scaidrive.plain")
    coming = await backend.ask(alice, billing.upcoming, ACME)
    assert sums(coming.documents) == [(ACME, total, 0)]
    await _bill(backend, clock.now())
    assert [invoice.total_cents for invoice in await rows(backend, Invoice)] == [total]
    assert (await show(backend, plain.id)).status == "active"


async def test_a_run_that_looks_ahead_shows_what_the_real_one_will_bill(backend, clock):
    """It showed 0.00 where 685.57 came."""
    for actor, plan in ((alice, "scaidrive.team"), (gina, "scaidrive.pro")):
        await subscribed(backend, plan, actor=actor)
    await _bill(backend, clock.now())
    ahead = clock.now() + timedelta(days=50)
    foreseen = await billing.plan(backend, petra, NORTHWIND, ahead)
    assert (foreseen.documents, foreseen.totals) == (2, {"EUR": {"subtotal_cents": 4000, "tax_cents": 840}})
    clock.set(ahead)
    await jobs(backend)
    real = await _bill(backend, ahead)
    assert (real.documents, real.totals) == (foreseen.documents, foreseen.totals)
