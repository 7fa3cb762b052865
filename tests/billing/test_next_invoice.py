"""
The next invoice a tenant is shown, on any day, is the document that comes: its date, its lines, its total.

A world lives day by day as the timetable has it: renewals, trials, terms, first invoices, monthly runs. Tenants
subscribe, change what they have now or at the end of the period, leave and come back; what a change was said to cost
before it was made is on the document, to the cent. Use is left out: nobody knows it before.
"""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import ControlError
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import billing, subscriptions
from scaicontrol.services.billing import reactions as billing_reactions
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.subscriptions.models import Subscription
from tasks.reactions import REACTIONS
from tests.factories import ACME, GLOBEX, ada, alice, gina, petra
from tests.factories.subscriptions import subscribed

from .test_one_computation import DRIVE, MAIL, jobs, open_shop

PEOPLE = {ACME: alice, GLOBEX: gina}
QUIET_DAYS = 33  # at the end, in which nobody does anything: whatever was shown must have come
Line = tuple[str, datetime | None, datetime | None, int]


@dataclass(frozen=True, slots=True)
class Paper:
    """What documents of one day say: lines and totals of the invoices, and what credit notes give back."""

    day: date | None
    lines: tuple[Line, ...]
    totals: tuple[int, ...]
    credited_cents: int


@dataclass
class World:
    backend: Backend
    clock: FrozenClock
    zone: str
    shown: dict[str, list[tuple[date, Paper]]] = field(default_factory=lambda: defaultdict(list))
    promised: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    told: int = 0
    compared: int = 0

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(ZoneInfo(self.zone)).date()

    async def react(self) -> None:
        """Show billing the facts it reacts to, as the relay does."""

        async def facts(uow):
            rows = await uow.session.scalars(select(Outbox).order_by(Outbox.id))
            return list(rows)[self.told :]

        for fact in await self.backend.ask(ada, facts):
            self.told += 1
            for reaction in REACTIONS.get(fact.event_type, ()):
                if reaction.__module__ == billing_reactions.__name__:
                    await reaction(self.backend, fact)

    async def written(self) -> dict[str, list[tuple[Invoice, list[InvoiceLine]]]]:
        """Give the documents that came since this was asked last, by tenant."""

        async def read(uow):
            found = list(await uow.session.scalars(select(Invoice)))
            lines = list(await uow.session.scalars(select(InvoiceLine)))
            return found, lines

        found, lines = await self.backend.ask(ada, read)
        fresh: dict[str, list[tuple[Invoice, list[InvoiceLine]]]] = defaultdict(list)
        for each in found:
            if each.id not in self.seen:
                self.seen.add(each.id)
                assert each.status != "draft", f"{each.id} was not finalized"
                fresh[each.tenant_id].append((each, [line for line in lines if line.invoice_id == each.id]))
        return fresh

    async def ask(self) -> None:
        """Write down what each tenant is shown today."""
        for tenant_id, person in PEOPLE.items():
            coming = await self.backend.ask(person, billing.upcoming, tenant_id)
            if coming.day is not None:
                self.shown[tenant_id].append((self.today, _shown(coming)))

    async def compare(self) -> None:
        """Hold what came against what was shown on every day since somebody last changed something."""
        for tenant_id, fresh in (await self.written()).items():
            came = _written(fresh)
            assert came is not None
            for asked_on, paper in self.shown.pop(tenant_id, []):
                assert paper == came, f"{tenant_id} was shown something else on {asked_on}"
                self.compared += 1
            amounts = [line[3] for line in came.lines]
            for promised in self.promised.pop(tenant_id, []):
                assert promised in amounts or came.credited_cents, f"{tenant_id} was promised {promised}"
        for tenant_id, asked in self.shown.items():
            for asked_on, paper in asked:
                assert paper.day is not None
                assert paper.day >= self.today, f"{tenant_id} was shown {paper} on {asked_on}, and nothing came"

    async def act(self, chance: Random) -> None:
        """Let a tenant or its partner do something; what was shown before it holds no longer."""
        tenant_id, service = chance.choice([(ACME, "scaidrive"), (GLOBEX, "scaidrive"), (ACME, "scaimail")])
        person = PEOPLE[tenant_id]
        plan = f"{service}.{chance.choice(DRIVE if service == 'scaidrive' else MAIL)}"

        async def live(uow):
            found = await subscriptions.queries.live(uow, tenant_id, f"svc_{service}")
            return (found.id, found.status) if found else None

        held = await self.backend.ask(ada, live)
        self.shown.pop(tenant_id, None)
        self.promised.pop(tenant_id, None)
        try:
            if held is None:
                await subscribed(self.backend, plan, actor=person, quantity=chance.randint(1, 4))
            else:
                await self._turn(chance, tenant_id, held[0], held[1], plan)
        except ControlError:
            pass  # what is refused is part of life
        await self.react()
        await self.written()  # the first invoice of a subscription comes at once, and was not announced

    async def settle_down(self) -> None:
        """At the end everybody holds something that goes on, so that something comes."""
        for tenant_id, person in PEOPLE.items():

            async def paused(uow, tenant_id=tenant_id):
                wanted = select(Subscription.id).where(
                    Subscription.tenant_id == tenant_id, Subscription.status.in_(["suspended", "cancelling"])
                )
                return list(await uow.session.scalars(wanted))

            for held in await self.backend.ask(ada, paused):
                await self.backend.perform(petra, subscriptions.resume, held)
            with suppress(ControlError):  # it holds one
                await subscribed(self.backend, "scaidrive.pro", actor=person)
        self.shown.clear()
        self.promised.clear()
        await self.react()
        await self.written()

    async def _turn(self, chance: Random, tenant_id: str, held: str, status: str, plan: str) -> None:
        person = PEOPLE[tenant_id]
        deeds = ["change", "change", "change", "seats", "seats", "cancel", "suspend"]
        match chance.choice(["resume"] if status in ("cancelling", "suspended") else deeds):
            case "cancel":
                await self.backend.perform(person, subscriptions.cancel, held)
            case "resume":
                await self.backend.perform(petra, subscriptions.resume, held)
            case "suspend":
                await self.backend.perform(petra, subscriptions.suspend, held, "a pause")
            case what:
                wanted: dict[str, Any] = {
                    "plan": plan if what == "change" else None,
                    "quantity": chance.randint(1, 6),
                    "when": chance.choice([None, "now", "period_end"]),
                }
                said = await self.backend.ask(person, subscriptions.preview_change, held, **wanted)
                await self.backend.perform(person, subscriptions.change_plan, held, **wanted, plan_hash=said.plan_hash)
                moved = [-said.credit_cents, said.charge_cents]
                self.promised[tenant_id] = [cents for cents in moved if cents]


def _shown(coming: billing.Upcoming) -> Paper:
    lines = [
        (line.description, line.period.start, line.period.end, line.amount_cents)
        for document in coming.documents
        for line in document.lines
    ]
    return Paper(
        coming.day,
        tuple(sorted(lines, key=str)),
        tuple(sorted(document.total_cents for document in coming.documents if document.lines)),
        sum(document.credited_cents for document in coming.documents),
    )


def _written(fresh: list[tuple[Invoice, list[InvoiceLine]]]) -> Paper:
    invoices = [(each, lines) for each, lines in fresh if each.document_type == "invoice"]
    lines = [
        (line.description, line.period_start, line.period_end, line.amount_cents)
        for _, mine in invoices
        for line in mine
    ]
    (day,) = {each.issue_date for each, _ in fresh}
    return Paper(
        day,
        tuple(sorted(lines, key=str)),
        tuple(sorted(each.total_cents for each, _ in invoices)),
        -sum(each.total_cents for each, _ in fresh if each.document_type == "credit_note"),
    )


async def lived(backend, clock, seed: int, days: int) -> World:
    chance = Random(seed)
    zone = await open_shop(backend, chance)
    world = World(backend, clock, zone)
    local = clock.now().astimezone(ZoneInfo(zone))
    clock.advance(local.replace(hour=22, minute=0, second=0, microsecond=0) - local)
    for day in range(days + QUIET_DAYS):
        await jobs(backend)
        await world.react()
        await billing.generate(backend)
        await world.compare()
        if day < days and chance.random() < 0.3:
            await world.act(chance)
        if day == days:
            await world.settle_down()
        await world.ask()
        clock.advance(timedelta(days=1))
    return world


@pytest.mark.by_turns
@pytest.mark.parametrize("seed", [2, 1])
async def test_the_next_invoice_shown_on_any_day_is_the_document_that_comes(backend, clock, seed):
    assert (await lived(backend, clock, seed, 30)).compared > 20


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
async def test_the_next_invoice_is_true_through_half_a_year(backend, clock, seed):
    assert (await lived(backend, clock, seed, 180)).compared > 40
