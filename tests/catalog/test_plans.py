import pytest
from pydantic import ValidationError

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound
from scaicontrol.services import catalog
from scaicontrol.services.catalog.schemas import PlanIn, PlanOut, PriceOverrideIn
from scaicontrol.services.registry.lifecycle import ServiceStatus
from tests.factories import NORTHWIND, SCAIDRIVE, ada, alice, bert, nobody, petra, scaidrive
from tests.factories.catalog import store_plan
from tests.factories.partners import store_partner
from tests.factories.registry import BORN, store_service


def pro(**fields) -> PlanIn:
    usage = [{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": 5, "unit_divisor": 1000}]
    return PlanIn.model_validate(
        {
            "service_id": SCAIDRIVE,
            "slug": "pro",
            "name": "Pro",
            "billing_period": "monthly",
            "base_price_cents": 1000,
            "currency": "EUR",
            "quotas": {"storage_gb": 100, "seats": 0},
            "metadata": {"converts_to": "scaidrive.pro"},
            "usage_pricing": usage,
        }
        | fields
    )


async def test_a_plan_is_found_by_id_and_by_key(backend):
    await store_service(backend)
    plan = await backend.perform(bert, catalog.create, pro())
    for reference in (plan.id, "scaidrive.pro"):
        found = await backend.ask(alice, catalog.plan_by, reference)
        assert (found.id, found.key, found.current.quotas) == (
            plan.id, "scaidrive.pro", {"storage_gb": 100, "seats": 0},
        )  # fmt: skip
    shown = PlanOut.model_validate(found).model_dump(mode="json")
    assert shown["metadata"] == {"converts_to": "scaidrive.pro"}
    assert shown["usage_pricing"][0]["tier_start"] == "0"


async def test_a_plan_key_is_given_once(backend):
    await store_service(backend)
    await backend.perform(bert, catalog.create, pro())
    with pytest.raises(Conflict, match="pro exists"):
        await backend.perform(bert, catalog.create, pro())


async def test_replacing_changes_brackets_in_place_and_guards_against_a_faster_colleague(backend):
    await store_service(backend)
    plan = await backend.perform(bert, catalog.create, pro())
    two = [
        {"metric_slug": "api_calls", "tier_start": "0", "tier_end": "100", "unit_price_cents": 0},
        {"metric_slug": "api_calls", "tier_start": "100", "unit_price_cents": 3},
    ]
    changed = await backend.perform(
        bert, catalog.update, plan.id, pro(usage_pricing=two, base_price_cents=1200, version=1)
    )
    assert (changed.version, changed.base_price_cents) == (2, 1200)
    read = await backend.ask(bert, catalog.get, plan.id)
    assert [(price.tier_start, price.unit_price_cents) for price in read.usage_prices] == [(0, 0), (100, 3)]
    with pytest.raises(Conflict, match="it is at version 2, you read 1"):
        await backend.perform(bert, catalog.update, plan.id, pro(version=1))
    one = await backend.perform(bert, catalog.update, plan.id, pro(usage_pricing=[], base_price_cents=1200))
    assert one.usage_prices == []


async def test_what_has_a_price_in_one_currency_alone_is_not_sold_in_another(backend):
    await store_service(backend)
    await store_partner(backend)
    plan = await backend.perform(bert, catalog.create, pro(usage_pricing=[]))
    dollars = PriceOverrideIn(plan_id=plan.id, price_cents=1100, currency="USD", valid_from=BORN)
    override = await backend.perform(ada, catalog.add_override, NORTHWIND, dollars)
    for priced in ({"setup_price_cents": 1}, {"minimum_use_cents": 1}, {}):
        usage = pro().usage_pricing if not priced else []
        with pytest.raises(Invalid, match="in another currency, in which use and setting up have no price"):
            await backend.perform(bert, catalog.update, plan.id, pro(**{"usage_pricing": usage, **priced}))
    await backend.perform(ada, catalog.remove_override, NORTHWIND, override.id)
    await backend.perform(bert, catalog.update, plan.id, pro(usage_pricing=[], setup_price_cents=1))
    with pytest.raises(Invalid, match="charges for use or for setting up"):
        await backend.perform(ada, catalog.add_override, NORTHWIND, dollars)


async def test_saying_the_same_again_changes_nothing(backend):
    await store_service(backend)
    plan = await backend.perform(bert, catalog.create, pro())
    assert (await backend.perform(bert, catalog.update, plan.id, pro())).version == 1


@pytest.mark.parametrize("change", [{"slug": "max"}, {"billing_period": "yearly"}, {"currency": "USD"}])
async def test_what_others_refer_to_never_changes(backend, change):
    await store_service(backend)
    plan = await backend.perform(bert, catalog.create, pro())
    with pytest.raises(Invalid, match="cannot change; deactivate it"):
        await backend.perform(bert, catalog.update, plan.id, pro(**change))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"usage_pricing": [{"metric_slug": "api_calls", "tier_start": "5", "unit_price_cents": 1}]}, "bracket_start"),
        ({"usage_pricing": [{"metric_slug": "unheard_of", "unit_price_cents": 1}]}, "unknown_metric"),
        ({"billing_period": "one_time"}, "invalid"),
        ({"billing_period": "one_time", "usage_pricing": [], "minimum_use_cents": 1}, "invalid"),
        (
            {
                "usage_pricing": [
                    {"metric_slug": "api_calls", "tier_end": "5", "unit_price_cents": 1},
                    {"metric_slug": "api_calls", "tier_start": "5", "unit_price_cents": 1, "price_model": "volume"},
                ]
            },
            "bracket_models",
        ),
    ],
)
async def test_prices_that_cannot_be_rated_are_refused(backend, fields, code):
    await store_service(backend)
    with pytest.raises(Invalid) as refused:
        await backend.perform(bert, catalog.create, pro(**fields))
    assert [reason.code for reason in refused.value.reasons] == [code]


@pytest.mark.parametrize(
    "fields",
    [{"base_price_cents": 10.5}, {"base_price_cents": -1}, {"currency": "EURO"}, {"currency": "XXX"}, {"surprise": 1}],
)
def test_prices_are_whole_minor_units_of_a_known_currency(fields):
    with pytest.raises(ValidationError):
        pro(**fields)


async def test_only_the_platform_writes_plans(backend):
    await store_service(backend)
    for actor in (petra, alice, scaidrive):
        with pytest.raises(Forbidden):
            await backend.perform(actor, catalog.create, pro())


async def test_tenants_see_what_is_on_sale_and_a_service_its_own(backend):
    await store_service(backend)
    await store_service(backend, "other", status=ServiceStatus.suspended)
    await store_plan(backend, "pro")
    await store_plan(backend, "secret", is_public=False)
    await store_plan(backend, "gone", is_active=False)
    await store_plan(backend, "other-pro", service_id="svc_other")

    async def slugs(uow):
        return {plan.slug for plan in await uow.session.scalars(catalog.visible(uow))}

    assert await backend.ask(alice, slugs) == {"pro"}
    assert await backend.ask(scaidrive, slugs) == {"pro", "secret", "gone"}
    assert await backend.ask(petra, slugs) == {"pro", "secret", "gone", "other-pro"}
    with pytest.raises(NotFound):
        await backend.ask(alice, catalog.plan_by, "scaidrive.secret")


async def test_the_public_catalogue_shows_the_cheapest_month(backend):
    await store_service(backend)
    await store_service(backend, "hidden", status=ServiceStatus.deprecated)
    await store_plan(backend, "trial", tier="trial", base_price_cents=0)
    await store_plan(backend, "pro", base_price_cents=1000, sort_order=1)
    await store_plan(backend, "pro-yearly", base_price_cents=9600, billing_period="yearly", sort_order=2)
    await store_plan(backend, "dollars", base_price_cents=1, currency="USD", sort_order=3)
    await store_plan(backend, "hidden-pro", service_id="svc_hidden")
    offers = await backend.ask(nobody, catalog.browse)
    assert [(offer.slug, offer.plans_from_cents, offer.currency) for offer in offers] == [("scaidrive", 800, "EUR")]
    assert await backend.ask(nobody, lambda uow: catalog.browse(uow, q="wave")) == []
    assert ada.may("plans:manage")
