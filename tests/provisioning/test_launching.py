"""What a tenant holds is listed with the ways into it, and with why not where it cannot be used."""

from dataclasses import replace

import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound
from scaicontrol.services import provisioning, registry, subscriptions
from scaicontrol.services.provisioning import OwnService
from scaicontrol.services.registry.launching import unknown_places
from scaicontrol.services.registry.models import ServiceEntrypoint
from tests.factories import ACME, GLOBEX, SCAIDRIVE, ada, alice, gina, tom
from tests.factories.subscriptions import market, subscribed

viewer = replace(tom, roles=frozenset({"tenant_viewer"}), scopes=frozenset({"services:read"}))
SAID = {"tenant_id": "tnt_acme", "tenant_slug": "a/b c", "partner_id": "prt_northwind", "locale": ""}


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    await market(backend)
    links = (
        ("Keys", "https://drive.example.com/api", "api", 0, None, True),
        ("Open", "https://drive.example.com/{tenant_slug}?lang={locale}", "web", 0, None, True),
        ("Settings", "https://drive.example.com/{tenant_id}/settings", "admin", 1, "subscriptions:manage", True),
        ("Old", "https://old.example.com", "web", 0, None, False),
        ("Broken", "https://drive.example.com/{customer}", "docs", 0, None, True),
    )

    async def declare(uow):
        for number, (label, url, kind, order, scope, shown) in enumerate(links):
            uow.session.add(
                ServiceEntrypoint(
                    id=f"ent_{number}", service_id=SCAIDRIVE, label=label, url_template=url, entry_type=kind,
                    sort_order=order, required_scope=scope, is_active=shown,
                )
            )  # fmt: skip

    await backend.perform(ada, declare)
    return backend


async def held(backend: Backend, actor=alice, tenant_id: str = ACME, locale: str | None = None) -> list[OwnService]:
    return await backend.ask(actor, provisioning.own_services, tenant_id, locale)


def ways(services: list[OwnService]) -> list[str]:
    return [f"{link.label} {link.url}" for service in services for link in service.links]


async def test_links_are_filled_in_ordered_and_for_whom_they_are_meant(backend):
    await subscribed(backend)
    everything = [
        "Open https://drive.example.com/acme?lang=de",
        "Keys https://drive.example.com/api",
        "Settings https://drive.example.com/tnt_acme/settings",
    ]
    assert ways(await held(backend, locale="de")) == everything
    assert ways(await held(backend, tom, locale="de")) == everything[:2]
    assert ways(await held(backend, viewer)) == [everything[0].replace("lang=de", "lang=en"), everything[1]]


async def test_who_holds_nothing_is_led_nowhere(backend):
    await subscribed(backend)
    assert await held(backend, gina, GLOBEX) == []
    with pytest.raises(NotFound):
        await held(backend, gina, ACME)


async def test_what_is_suspended_has_no_way_in_and_says_why_to_whoever_may_know(backend):
    bought = await subscribed(backend)
    await backend.perform(ada, subscriptions.suspend, bought.id, "Mails to lists that nobody signed up for.")
    (service,) = await held(backend, tom)
    assert (service.status, service.is_usable, service.links) == ("suspended", False, [])
    assert service.reason == "Mails to lists that nobody signed up for."
    (service,) = await held(backend, viewer)
    assert (service.status, service.reason) == ("suspended", None)
    await backend.perform(ada, subscriptions.cancel, bought.id, reason="x", immediate=True)
    assert await held(backend) == []


async def test_of_two_the_one_that_entitles_tells(backend):
    bought = await subscribed(backend)
    await backend.perform(ada, subscriptions.suspend, bought.id, "x")
    await subscribed(backend, "scaidrive.once")
    assert [(service.status, service.is_usable) for service in await held(backend)] == [("active", True)]


async def test_without_a_link_to_open_the_provisioned_address_is_one(backend):
    bought = await subscribed(backend)

    async def provisioned(uow):
        (await subscriptions.get(uow, bought.id)).endpoint = "https://acme.drive.example.com"
        (await uow.session.get(ServiceEntrypoint, "ent_1")).is_active = False

    await backend.perform(ada, provisioned)
    assert ways(await held(backend, tom)) == [
        "Scaidrive https://acme.drive.example.com",
        "Keys https://drive.example.com/api",
    ]


@pytest.mark.parametrize(
    ("template", "leads_to"),
    [
        ("https://x.example/{tenant_slug}", "https://x.example/a%2Fb%20c"),
        ("https://x.example/{partner_id}/{tenant_id}", "https://x.example/prt_northwind/tnt_acme"),
        ("https://x.example/{locale}", None),
        ("https://x.example/{nothing}", None),
        ("http://x.example/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_template_leads_to_one_safe_address_or_nowhere(template, leads_to):
    assert registry.launch_address(template, SAID, is_development=False) == leads_to


def test_a_machine_of_ones_own_needs_no_tls_in_development():
    assert (
        registry.launch_address("http://localhost:8000/{tenant_id}", SAID, is_development=True)
        == "http://localhost:8000/tnt_acme"
    )
    assert unknown_places("https://x.example/{tenant_id}/{customer}/{}") == ["", "customer"]
