"""A pack holds what can be sold together, or is not saved."""

import pytest
from pydantic import ValidationError

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import packs
from tests.factories import ada, alice, petra
from tests.factories.packs import office, packed, sold
from tests.factories.subscriptions import facts


async def test_a_pack_is_on_sale_with_its_items_and_price(backend):
    await sold(backend)

    async def read(uow):
        return await packs.shown_packs(uow, await packs.on_sale(uow))

    [pack] = await backend.ask(alice, read)
    assert (pack.slug, pack.price_cents, pack.items_price_cents) == ("office", 2500, 3000)
    assert [(item.plan_key, item.item_price_cents) for item in pack.items] == [
        ("scaidrive.pro", 1000),
        ("scaicrm.contacts", 2000),
    ]


@pytest.mark.parametrize(("items", "why"), [
    ([{"plan_id": "pln_pro"}, {"plan_id": "pln_gone"}], "No plan pln_gone"),
    ([{"plan_id": "pln_pro"}, {"plan_id": "pln_team"}], "Two plans of scaidrive"),
    ([{"plan_id": "pln_year"}], "scaidrive.year is billed yearly, the pack monthly"),
])  # fmt: skip
async def test_items_that_do_not_fit_are_refused_and_nothing_is_kept(backend, items, why):
    with pytest.raises(Invalid, match=why):
        await sold(backend, items=items)
    assert (await backend.ask(ada, packs.page, PageRequest(1, 10))).items == []


async def test_an_item_in_another_currency_is_refused(backend):
    with pytest.raises(Invalid, match="priced in EUR, the pack in USD"):
        await sold(backend, currency="USD")


@pytest.mark.parametrize("fields", [
    {"items": []}, {"discount_percentage": "10"}, {"discount_type": "percentage"},
    {"discount_type": "percentage", "discount_percentage": "101"}, {"icon_url": "javascript:alert(1)"},
])  # fmt: skip
def test_a_description_that_contradicts_itself_is_no_pack(fields):
    with pytest.raises(ValidationError):
        office(**fields)


async def test_a_slug_is_taken_once_and_a_stale_version_is_a_conflict(backend):
    pack = await sold(backend)
    with pytest.raises(Conflict, match="Pack office exists"):
        await sold(backend)
    changed = await backend.perform(ada, packs.update, pack.id, office(name="Bureau", version=1))
    assert (changed.name, changed.version) == ("Bureau", 2)
    with pytest.raises(Conflict, match="is at version 2, you read 1"):
        await backend.perform(ada, packs.update, pack.id, office(name="Büro", version=1))
    with pytest.raises(Invalid, match="slug of pack office cannot change"):
        await backend.perform(ada, packs.update, pack.id, office(slug="bureau"))


async def test_the_same_again_changes_nothing(backend):
    pack = await sold(backend)
    again = await backend.perform(ada, packs.update, pack.id, office())
    assert again.version == 1
    assert [fact.topic for fact in await facts(backend, "pack.created", "pack.updated")] == ["pack.created"]


async def test_an_unused_pack_is_removed_and_one_in_use_is_taken_off_sale(backend):
    pack = await sold(backend)
    await backend.perform(ada, packs.delete, pack.id)
    with pytest.raises(NotFound):
        await backend.ask(ada, packs.get, pack.id)
    again = await sold(backend)
    await packed(backend)
    await backend.perform(ada, packs.delete, again.id)
    kept = await backend.ask(ada, packs.get, again.id)
    assert not kept.is_active
    with pytest.raises(NotFound):
        await backend.ask(alice, packs.pack_by, "office")


async def test_partners_and_tenants_cannot_write_packs(backend):
    for actor in (petra, alice):
        with pytest.raises(Forbidden):
            await backend.perform(actor, packs.create, office())
