"""Filling the world: directory, sellers, buyers, services that register, plans, and methods to pay."""

from datetime import date, timedelta
from decimal import Decimal

from scaicontrol.core import platform_settings
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.integrations.client import client
from scaicontrol.integrations.standins import Standins
from scaicontrol.integrations.standins import world as directory
from scaicontrol.services import (
    catalog,
    coupons,
    identity,
    identity_sync,
    packs,
    partners,
    payments,
    registry,
    tax,
    templates,
    tenants,
    webhooks,
)
from scaicontrol.services.catalog.schemas import Features, PlanIn, UsagePriceIn
from scaicontrol.services.coupons.schemas import CouponIn
from scaicontrol.services.packs.schemas import PackIn, PackItemIn
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.registry.models import Service
from scaicontrol.services.registry.schemas import RegistrationIn
from scaicontrol.services.tax.exchange import ReferenceRate
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.schemas import DesignedLanguage, DesignIn
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn

from .world import (
    BUYERS,
    COUPONS,
    DAYS,
    EUROS,
    GREETINGS,
    LETTERHEAD,
    PACKS,
    PLANS,
    SELLERS,
    STORED_METHODS,
    UNTRANSLATED,
    PackRow,
    PlanRow,
)

OPERATOR = Actor.system("demo")
LOADED = "demo"


async def is_loaded(backend: Backend) -> bool:
    """Whether the world stands; Refused where an earlier run was interrupted while it made one."""
    found = await backend.ask(OPERATOR, platform_settings.read, LOADED)
    if found and not found["loaded"]:
        raise Refused(
            "The last demonstration stopped before its three months were over; run make reset, then try again."
        )
    return bool(found)


async def load(backend: Backend, standins: Standins) -> None:
    """Load everything that stands before time begins to pass."""
    await backend.perform(OPERATOR, platform_settings.write, LOADED, {"loaded": False})
    await backend.perform(OPERATOR, tax.seed_rates)
    await backend.perform(OPERATOR, tax.import_exchange_rates, _exchange_rates(backend.clock.now().date()))
    await identity_sync.sync(backend)
    for partner_id, seller in SELLERS.items():
        await backend.perform(OPERATOR, partners.configure, partner_id, PartnerConfigurationPatch(**seller))
    await _draw_a_letterhead(backend)
    for tenant_id, buyer in BUYERS.items():
        await backend.perform(OPERATOR, tenants.save_billing_profile, tenant_id, AdminBillingProfileIn(**buyer))
    for slug in PLANS:
        await standins.services.register(slug)
        service = await backend.ask(OPERATOR, service_of, slug)
        if service.status == "pending":
            await registry.approve(backend, OPERATOR, service.id)
        await backend.perform(OPERATOR, _price, service.id, slug)
    for row in PACKS:
        await backend.perform(OPERATOR, _sell_together, row)
    for partner_id, code, name, percent, periods in COUPONS:
        terms = CouponIn(partner_id=partner_id, code=code, name=name, percent=Decimal(percent), periods=periods)
        await backend.perform(OPERATOR, coupons.create, terms)
    for tenant_id, kind in STORED_METHODS.items():
        await _store_method(backend, tenant_id, kind)
    await _subscribe_to_events(backend)


async def let_one_wait(backend: Backend) -> None:
    """Let a service register that nobody has let in yet."""
    scopes = identity.ROLES["service"].scopes
    newcomer = Actor("app_scaisign", ActorKind.service, Scope.none(), scopes, client_id="app_scaisign", surface="rest")
    said = RegistrationIn(slug="scaisign", name="ScaiSign", version="1.0.0", description="Signatures that hold.")
    await registry.register(backend, newcomer, said)


async def _draw_a_letterhead(backend: Backend) -> None:
    """Let Atelier draw its own invoice and put it live, all but the language that still lacks its words."""
    words = {**GREETINGS, UNTRANSLATED: GREETINGS["fr"]}
    drawn = [
        DesignedLanguage(
            language=language,
            version=0,
            html_content=LETTERHEAD.format(greeting=greeting),
            untranslated=[0] if language == UNTRANSLATED else [],
        )
        for language, greeting in words.items()
    ]
    work = DesignIn(name="Maison", document_type=TemplateType.invoice, owner_partner_id="prt_atelier", languages=drawn)
    for made in await templates.save_design(backend, OPERATOR, work):
        if made.language in GREETINGS:
            await templates.publish(backend, OPERATOR, made.id)


def _exchange_rates(begin: date) -> list[ReferenceRate]:
    """Make up what one euro is worth, often enough that every day of the world and of the year after it has a rate."""
    days = [begin + timedelta(days=offset) for offset in range(-_RATE_EVERY, DAYS + 366, _RATE_EVERY)]
    return [
        ReferenceRate(currency, Decimal(rate), day, "Demonstration") for day in days for currency, rate in EUROS.items()
    ]


_RATE_EVERY = 5


async def remember(backend: Backend) -> None:
    """Note that the world has been loaded and lived, so that running the demo again continues it."""
    await backend.perform(OPERATOR, platform_settings.write, LOADED, {"loaded": True})


async def service_of(uow: UnitOfWork, slug: str) -> Service:
    """Find one of the world's services, which must have registered by now."""
    service = await registry.find_by_slug(uow, slug)
    if service is None:
        raise NotFound(f"{slug} has not registered; is the development server up?")
    return service


async def _price(uow: UnitOfWork, service_id: str, slug: str) -> None:
    for position, row in enumerate(PLANS[slug]):
        await catalog.create(uow, plan_of(service_id, row, position))


async def _sell_together(uow: UnitOfWork, row: PackRow) -> None:
    plans = [await catalog.plan_by(uow, key) for key in row.plan_keys]
    await packs.create(
        uow,
        PackIn(
            slug=row.slug,
            name=row.name,
            description=row.description,
            billing_period=BillingPeriod.monthly,
            base_price_cents=row.cents,
            currency="EUR",
            features=Features(items=list(row.features)),
            items=[PackItemIn(plan_id=plan.id, sort_order=at) for at, plan in enumerate(plans)],
        ),
    )


def plan_of(service_id: str, row: PlanRow, position: int) -> PlanIn:
    prices = []
    for metric, (included, cents, divisor, label) in row.usage.items():
        free = [(Decimal(0), Decimal(included), 0)] if included else []
        prices += [
            UsagePriceIn(
                metric_slug=metric,
                tier_start=start,
                tier_end=end,
                unit_price_cents=price,
                unit_divisor=divisor if price else 1,
                unit_label=label,
                price_model=catalog.PriceModel(row.price_model),
            )
            for start, end, price in (*free, (Decimal(included), None, cents))
        ]
    return PlanIn(
        service_id=service_id,
        slug=row.slug,
        name=row.name,
        tier=row.slug,
        billing_period=BillingPeriod(row.every),
        base_price_cents=row.cents,
        currency="EUR",
        features=Features(items=list(row.features)),
        quotas=row.quotas,
        trial_days=row.trial_days,
        term_months=row.term_months,
        setup_price_cents=row.setup_cents,
        minimum_use_cents=row.minimum_cents,
        sort_order=position,
        usage_pricing=prices,
    )


def tenant_actor(tenant_id: str) -> Actor:
    """Be the tenant's administrator."""
    person = next(p for p in directory.PEOPLE if p.tenant_id == tenant_id and p.role == "tenant_admin")
    return Actor(
        person.id,
        ActorKind.user,
        Scope.tenant(person.partner_id, tenant_id),
        identity.ROLES["tenant_admin"].scopes,
        frozenset({"tenant_admin"}),
        name=person.name,
        email=person.email,
        surface="rest",
    )


def operator_actor(user_id: str) -> Actor:
    """Be a person who operates the platform."""
    person = next(p for p in directory.PEOPLE if p.id == user_id)
    return Actor(
        person.id,
        ActorKind.user,
        Scope.platform(),
        identity.ROLES[person.role].scopes,
        frozenset({person.role}),
        name=person.name,
        email=person.email,
        surface="console",
    )


async def _store_method(backend: Backend, tenant_id: str, kind: str) -> None:
    actor = tenant_actor(tenant_id)
    start = await payments.set_up(backend, actor, "sandbox", backend.settings.public_base_url)
    await payments.confirm(backend, actor, "sandbox", {"reference": start.reference, "type": kind})


async def _subscribe_to_events(backend: Backend) -> None:
    """Let two subscribers listen, each told its secret, so that it can verify what arrives."""
    base = f"{backend.settings.public_base_url}/_dev/subscriber"
    async with client(backend.settings.scaikey_timeout) as http:
        for name, hook, topics in (
            ("Data warehouse", "warehouse", ["*"]),
            ("CRM", "crm", ["subscription.*", "invoice.*"]),
        ):
            body = WebhookEndpointIn(name=name, target_url=f"{base}/hooks/{hook}", topics=topics)
            _, secret = await webhooks.create(backend, OPERATOR, body)
            await http.put(f"{base}/api/hooks/{hook}", json={"secret": secret})
