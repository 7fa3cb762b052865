from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from scaicontrol.core.errors import Conflict, Forbidden, Invalid
from scaicontrol.services import catalog
from scaicontrol.services.catalog import Bracket, PriceSource, price_of
from scaicontrol.services.catalog.models import PriceOverride
from scaicontrol.services.catalog.schemas import PriceOverrideIn
from tests.factories import NORTHWIND, SOUTHBAY, ada, alice, petra, sam
from tests.factories.catalog import a_plan, store_override, store_plan
from tests.factories.registry import BORN, store_service

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("override", "multiplier", "price"),
    [
        (None, "1", (999, PriceSource.plan)),
        (None, "1.5", (1499, PriceSource.cost_multiplier)),
        ({"markup_percent": Decimal(10)}, "1.5", (1099, PriceSource.override_markup)),
        ({"markup_percent": Decimal(-100)}, "1", (0, PriceSource.override_markup)),
        ({"markup_percent": Decimal("0.05")}, "1", (999, PriceSource.override_markup)),
        ({"price_cents": 1}, "1.5", (1, PriceSource.override_price)),
        ({"price_cents": 0, "markup_percent": Decimal(50)}, "1", (0, PriceSource.override_price)),
    ],
)
def test_the_strongest_rule_sets_the_price(override, multiplier, price):
    plan = a_plan(base_price_cents=999, cost_multiplier=Decimal(multiplier))
    row = PriceOverride(id="ovr_1", currency="EUR", **override) if override is not None else None
    decided = price_of(plan, row)
    assert (decided.unit_price_cents, decided.source) == price
    assert decided.currency == "EUR"


async def test_an_override_holds_for_its_partner_and_its_range_only(backend):
    await store_service(backend)
    plan = await store_plan(backend)
    await store_override(backend, price_cents=700, valid_from=BORN, valid_to=BORN + DAY)

    async def price(actor, partner_id, at):
        return (await backend.ask(actor, catalog.effective_price, plan, partner_id, at)).unit_price_cents

    assert await price(alice, NORTHWIND, BORN) == 700
    assert await price(ada, NORTHWIND, BORN + DAY) == 1000
    assert await price(ada, NORTHWIND, BORN - DAY) == 1000
    assert await price(ada, SOUTHBAY, BORN) == 1000
    assert await price(sam, NORTHWIND, BORN) == 1000  # what another partner pays is not Sam's to see


def range_of(start=0, end=None, **fields) -> PriceOverrideIn:
    until = None if end is None else BORN + end * DAY
    price = {} if "markup_percent" in fields else {"price_cents": 700}
    usual = {"plan_id": "pln_pro", "currency": "EUR", "valid_from": BORN + start * DAY, "valid_to": until}
    return PriceOverrideIn(**usual | price | fields)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ((0, 10), (10, 20), False),
        ((10, 20), (0, 10), False),
        ((0, 10), (9, 20), True),
        ((0, None), (30, None), True),
        ((30, None), (0, None), True),
        ((0, 10), (2, 3), True),
        ((2, 3), (0, 10), True),
    ],
)
async def test_ranges_of_one_partner_and_plan_never_overlap(backend, first, second, clash):
    await store_service(backend)
    await store_plan(backend)
    await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(*first))
    await backend.perform(ada, catalog.add_override, SOUTHBAY, range_of(*second))
    if clash:
        with pytest.raises(Conflict, match="overlaps"):
            await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(*second))
    else:
        await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(*second))


async def test_an_override_may_move_within_its_own_range_and_be_removed(backend):
    await store_service(backend)
    await store_plan(backend)
    override = await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(0, 10))
    moved = await backend.perform(ada, catalog.change_override, NORTHWIND, override.id, range_of(5, 20, version=1))
    assert (moved.version, moved.valid_from) == (2, BORN + 5 * DAY)
    with pytest.raises(Conflict, match="at version 2"):
        await backend.perform(ada, catalog.change_override, NORTHWIND, override.id, range_of(5, 20, version=1))
    await backend.perform(ada, catalog.remove_override, NORTHWIND, override.id)
    await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(0, None))


async def test_partners_read_their_own_prices_and_write_none(backend):
    await store_service(backend)
    await store_plan(backend)
    override = await store_override(backend, price_cents=700)

    async def seen(uow):
        return [row.id for row in await uow.session.scalars(catalog.visible_overrides(uow))]

    assert await backend.ask(petra, seen) == [override.id]
    assert await backend.ask(sam, seen) == []
    with pytest.raises(Forbidden):
        await backend.perform(petra, catalog.add_override, NORTHWIND, range_of(0, 1))


async def test_another_currency_needs_a_price_of_its_own_and_no_usage_prices(backend):
    await store_service(backend)
    await store_plan(backend)
    await store_plan(backend, "metered", usage={"api_calls": [Bracket(Decimal(0), None, 5)]})
    for fields in ({"markup_percent": Decimal(5)}, {"plan_id": "pln_metered"}):
        with pytest.raises(Invalid, match="is priced in EUR"):
            await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(0, 1, currency="GBP", **fields))
    await backend.perform(ada, catalog.add_override, NORTHWIND, range_of(0, 1, currency="GBP"))


@pytest.mark.parametrize("fields", [{"price_cents": None}, {"markup_percent": Decimal(1), "price_cents": 5}])
def test_an_override_is_one_price(fields):
    with pytest.raises(ValidationError, match="either"):
        range_of(0, 1, **fields)
