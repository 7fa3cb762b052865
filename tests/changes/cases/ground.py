"""Who there is and what holds: partners, tenants, people, prices, rates, rules, services, settings, pictures."""

from datetime import date, timedelta
from decimal import Decimal

from scaicontrol.core.leases import start_run
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.services import catalog, einvoices, notifications, registry, tax, usage
from scaicontrol.services.catalog.schemas import PlanIn, PriceOverrideIn
from scaicontrol.services.changes import ApprovalPolicy
from scaicontrol.services.identity.schemas import UserPreferencesIn
from scaicontrol.services.notifications.models import Notification
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.schemas import RegistrationIn, ServicePatch
from scaicontrol.services.tax.exchange import ReferenceRate
from scaicontrol.services.tenants.schemas import BillingProfileIn, PreferencesPatch
from scaicontrol.services.usage.schemas import BudgetIn
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, alice, petra, scaidrive, service
from tests.factories.identity import store_group, store_user
from tests.factories.registry import store_service
from tests.factories.rule_sets import new_rule_set, rules_folder
from tests.factories.subscriptions import CLOCK, subscribed
from tests.factories.uploads import picture

from .case import Case, Stage, case

DOLLAR = ReferenceRate("USD", Decimal("1.25"), date(2026, 1, 14))


def _plan(slug: str = "max", **fields: object) -> PlanIn:
    given = {
        "service_id": SCAIDRIVE, "slug": slug, "name": slug.capitalize(), "billing_period": BillingPeriod.monthly,
        "base_price_cents": 5000, "currency": "EUR", "quotas": {"storage_gb": 500},
        "usage_pricing": [{"metric_slug": "api_calls", "unit_price_cents": 2, "unit_divisor": 1000}],
    }  # fmt: skip
    return PlanIn.model_validate(given | fields)


def _price(stage: Stage, cents: int = 900) -> PriceOverrideIn:
    begins = stage.clock.now().replace(microsecond=0) + timedelta(days=3)
    return PriceOverrideIn(plan_id="pln_pro", price_cents=cents, currency="EUR", valid_from=begins)


@case("catalog.create")
async def _(stage: Stage) -> Case:
    return Case({"new": _plan()})


@case("catalog.update")
async def _(stage: Stage) -> Case:
    made = await stage.backend.perform(ada, catalog.create, _plan())
    return Case({"plan_id": made.id, "replacement": _plan(base_price_cents=6000, usage_pricing=[], version=1)})


@case("catalog.deactivate")
async def _(stage: Stage) -> Case:
    return Case({"plan_id": "pln_pro"})


@case("catalog.add_override")
async def _(stage: Stage) -> Case:
    return Case({"partner_id": NORTHWIND, "new": _price(stage)})


@case("catalog.change_override")
async def _(stage: Stage) -> Case:
    made = await stage.backend.perform(ada, catalog.add_override, NORTHWIND, _price(stage))
    return Case({"partner_id": NORTHWIND, "override_id": made.id, "replacement": _price(stage, 800)})


@case("catalog.remove_override")
async def _(stage: Stage) -> Case:
    made = await stage.backend.perform(ada, catalog.add_override, NORTHWIND, _price(stage))
    return Case({"partner_id": NORTHWIND, "override_id": made.id})


@case("changes.set_policy")
async def _(stage: Stage) -> Case:
    stricter = ApprovalPolicy()
    people = stricter.people.model_copy(update={"terms": True})
    return Case({"wanted": stricter.model_copy(update={"people": people}), "version": 0})


@case("einvoices.install")
async def _(stage: Stage) -> Case:
    return Case({"folder": rules_folder(stage.folder / "rules"), "new": new_rule_set()})


@case("einvoices.retire")
async def _(stage: Stage) -> Case:
    await einvoices.install(stage.backend, ada, rules_folder(stage.folder / "rules"), new_rule_set())
    return Case({"name": "Orders", "version": "1.0", "reason": "Its successor is out."})


@case("identity.set_preferences")
async def _(stage: Stage) -> Case:
    await store_user(stage.backend, "ada", tenant_id=None, partner_id=None)
    return Case({"body": UserPreferencesIn(language="de", time_zone="Europe/Berlin")})


@case("identity.grant")
async def _(stage: Stage) -> Case:
    await store_user(stage.backend, "tom")
    return Case({"user_id": "usr_tom", "role": "tenant_admin"})


@case("identity.revoke")
async def _(stage: Stage) -> Case:
    await store_user(stage.backend, "tom", "tenant_admin")
    return Case({"user_id": "usr_tom", "role": "tenant_admin"})


@case("identity.grant_to_group")
async def _(stage: Stage) -> Case:
    await store_user(stage.backend, "tom")
    await store_group(stage.backend, "books", ["tom"])
    return Case({"group_id": "grp_books", "role": "tenant_admin"})


@case("identity.revoke_from_group")
async def _(stage: Stage) -> Case:
    await store_user(stage.backend, "tom")
    await store_group(stage.backend, "books", ["tom"], "tenant_admin")
    return Case({"group_id": "grp_books"})


@case("leases.run_now")
async def _(stage: Stage) -> Case:
    await stage.backend.perform(CLOCK, start_run, "relay", stage.clock.now(), stale_after=timedelta(hours=1))
    return Case({"name": "relay"})


@case("notifications.mark_read")
async def _(stage: Stage) -> Case:
    return Case({"notification_id": (await _notice(stage, "one")).id}, alice)


@case("notifications.mark_all_read")
async def _(stage: Stage) -> Case:
    await _notice(stage, "shared")
    await _notice(stage, "own", user_id="agt_helper")
    return Case({}, alice)


async def _notice(stage: Stage, key: str, user_id: str | None = None) -> Notification:
    common = {"tenant_id": ACME, "partner_id": NORTHWIND, "category": "billing", "title": "An invoice"}
    made = await stage.backend.perform(
        CLOCK, notifications.notify, **common, dedup_key=key, user_id=user_id, is_mailed=False
    )
    assert made is not None
    return made


@case("partners.configure")
async def _(stage: Stage) -> Case:
    return Case(
        {"partner_id": NORTHWIND, "patch": PartnerConfigurationPatch(payment_terms_days=30, seller_city="Delft")}
    )


@case("registry.approve")
async def _(stage: Stage) -> Case:
    return Case({"service_id": await _waiting(stage)})


@case("registry.reject")
async def _(stage: Stage) -> Case:
    return Case({"service_id": await _waiting(stage), "reason": "Nobody asked for it."})


async def _waiting(stage: Stage) -> str:
    asked = RegistrationIn(slug="weather", name="Weather", version="1.0.0", base_url="https://weather.example.com")
    return (await registry.register(stage.backend, service("", "weather-client"), asked)).service.id


@case("registry.approve_metric_change")
async def _(stage: Stage) -> Case:
    return Case({"change_id": await _asked_for(stage), "reason": "Agreed."})


@case("registry.reject_metric_change")
async def _(stage: Stage) -> Case:
    return Case({"change_id": await _asked_for(stage), "reason": "Bill by calls."})


async def _asked_for(stage: Stage) -> str:
    """Let ScaiDrive leave out what a plan prices."""
    await stage.backend.perform(ada, catalog.create, _plan())
    asked = RegistrationIn(slug="scaidrive", name="ScaiDrive", version="1.0.0", metrics=[])
    change = (await registry.re_register(stage.backend, scaidrive, asked)).metric_change
    assert change is not None
    return change.id


@case("registry.update")
async def _(stage: Stage) -> Case:
    patch = ServicePatch(name="ScaiDrive 3", status=ServiceStatus.deprecated, reason="Replaced.")
    return Case({"service_id": SCAIDRIVE, "changes": patch})


@case("registry.deregister")
async def _(stage: Stage) -> Case:
    await store_service(stage.backend, "weather")
    return Case({"slug": "weather", "reason": "Its servers are gone."})


@case("registry.probe")
async def _(stage: Stage) -> Case:
    await store_service(stage.backend, "weather", health_check_url="https://weather.example.com/health")
    answered = frozenset({"last_probe_status", "last_probe_ms", "status_code", "latency_ms"})
    return Case({"service_id": "svc_weather"}, answered=answered)


@case("tax.add_exchange_rate")
async def _(stage: Stage) -> Case:
    await stage.backend.perform(ada, tax.add_exchange_rate, DOLLAR)
    corrected = ReferenceRate("USD", Decimal("1.26"), DOLLAR.valid_on)
    return Case({"new": corrected, "replace": True})


@case("tax.import_exchange_rates")
async def _(stage: Stage) -> Case:
    await stage.backend.perform(ada, tax.add_exchange_rate, DOLLAR)
    return Case({"rates": [DOLLAR, ReferenceRate("SEK", Decimal("11.0000"), DOLLAR.valid_on)]})


@case("tax.add_rate")
async def _(stage: Stage) -> Case:
    await stage.backend.perform(ada, tax.seed_rates)
    return Case({"new": tax.Rate("NL", Decimal(22), date(2027, 1, 1))})


@case("tenants.save_billing_profile")
async def _(stage: Stage) -> Case:
    body = BillingProfileIn(address_line1="Weena 1", contact_email="books@acme.example", version=1)
    return Case({"tenant_id": ACME, "body": body}, alice)


@case("tenants.update_preferences")
async def _(stage: Stage) -> Case:
    return Case({"tenant_id": ACME, "patch": PreferencesPatch(preferred_language="nl")}, alice)


@case("uploads.upload_icon")
async def _(stage: Stage) -> Case:
    return Case({"body": picture()})


@case("uploads.upload_template_image")
async def _(stage: Stage) -> Case:
    return Case({"body": picture(colour=20)}, petra)


@case("identity.start")
async def _(stage: Stage) -> Case:
    return Case({})


@case("usage.set_budget")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)
    return Case({"tenant_id": ACME, "service_slug": "scaidrive", "body": BudgetIn(amount_cents=5000)}, person=alice)


@case("usage.remove_budget")
async def _(stage: Stage) -> Case:
    await subscribed(stage.backend)
    await stage.backend.perform(alice, usage.set_budget, ACME, "scaidrive", BudgetIn(amount_cents=5000))
    return Case({"tenant_id": ACME, "service_slug": "scaidrive"}, person=alice)
