"""Who is kept out of the console, for every view, page and verb that is registered."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from admin_views import home, site
from admin_views.base import ControlView
from admin_views.menu import SHORTCUTS
from admin_views.pages import ConsolePage
from scaicontrol.core.permissions import PERMISSIONS
from scaicontrol.services import attention
from tests.factories import INITECH, ada, pim
from tests.factories.invoices import a_draft, sent
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import OURS, URL, browser, said

__all__ = ["browser"]

NOBODY = "xyz_01jd0000000000000000000000"
MOST_ON_THE_WIRE = 60_000  # bytes of a page with its files, on a first visit


def _views() -> list[type[ControlView] | type[ConsolePage]]:
    return [view for view in site.views() if issubclass(view, ControlView | ConsolePage)]


def _addresses() -> Iterator[tuple[str, str]]:
    """Give every address of every view, with the permission it asks for."""
    for view in _views():
        if issubclass(view, ControlView):
            yield f"/admin/{view.identity}/list", view.permission
            yield f"/admin/{view.identity}/export/csv", view.permission
            yield f"/admin/{view.identity}/details/{NOBODY}", view.permission
        else:
            yield f"/admin/{view.path or view.identity}", view.permission
        yield from ((address, verb) for address, verb, _ in _verbs(view))


def _verbs(view: type[ControlView] | type[ConsolePage]) -> Iterator[tuple[str, str, str]]:
    for verb in view.verbs:
        if issubclass(view, ConsolePage):
            yield f"/admin/{view.path or view.identity}/do/{verb.name}", verb.permission, view.permission
        elif verb.of_list:
            yield f"/admin/{view.identity}/do/{verb.name}", verb.permission, ""
        else:
            yield f"/admin/{view.identity}/{NOBODY}/do/{verb.name}", verb.permission, ""
            if verb.bulk:
                yield f"/admin/{view.identity}/bulk/{verb.name}?pk={NOBODY}", verb.permission, view.permission


@pytest.fixture
def dialect() -> str:
    """Who is let in is decided before any database is asked."""
    return "sqlite"


ADDRESSES = list(_addresses())
VERBS = [address for view in _views() for address, _, _ in _verbs(view)]


# Anybody may have what pages look like; a tenant at the wrong door is told where its own is.
OPEN = re.compile(r"^/admin/(statics|no-entry)")
FILLED = {"kind": "tenant", "export_type": "json", "identity": "invoice", "verb": "finalize", "version": "1"}


def _routes(app: FastAPI) -> Iterator[tuple[str, frozenset[str]]]:
    """Give every address that the console answers at, as it is registered, and by which methods."""
    for route in app.state.console.admin.routes:
        if isinstance(route, Route):
            filled = re.sub(r"\{(\w+)(:\w+)?\}", lambda name: FILLED.get(name[1], NOBODY), route.path)
            if not OPEN.match(f"/admin{filled}"):
                yield f"/admin{filled}", frozenset(route.methods or ())


def test_every_permission_of_the_console_exists():
    assert {permission for _, permission in ADDRESSES if permission} <= PERMISSIONS.keys()


def test_no_two_views_share_an_identity_or_a_key():
    views = _views()
    assert len({view.identity for view in views}) == len(views)
    keys = list(SHORTCUTS.values())
    assert len(set(keys)) == len(keys)
    assert not {"g", "h"} & set(keys), "g h leads home"


def test_every_finding_has_one_thing_to_do():
    source = Path(attention.__file__).with_name("findings.py").read_text()
    keys = set(re.findall(r'(?:Finding|_subscriptions)\(\s*"(\w+)"', source))
    assert len(keys) == len(attention.QUESTIONS)
    assert keys == home.ACTS.keys()
    lists = {view.identity: view for view in _views() if issubclass(view, ControlView)}
    for act in home.ACTS.values():
        if act.view in lists:
            filters = {one.name: one.choices for one in lists[act.view].narrowing}
            assert all(not filters[name] or value in filters[name] for name, value in act.narrowed.items()), act


def test_every_view_stands_in_a_group_of_the_menu():
    assert [view.__name__ for view in _views() if not view.category] == []


async def test_strangers_see_nothing_and_do_nothing(browser):
    async with browser("") as client:
        for address, _ in ADDRESSES:
            answer = await client.get(address)
            assert answer.status_code == 303, address
            assert answer.headers["location"].startswith("/auth/login?return_to="), address
        for address in VERBS:
            assert (await client.post(address, data={"reason": "x"}, headers=OURS)).status_code == 401, address


async def test_tenants_see_nothing_and_do_nothing(browser):
    async with browser("alice") as client:
        for address, _ in ADDRESSES:
            assert (await client.get(address)).status_code == 403, address
        for address in VERBS:
            assert (await client.post(address, data={"reason": "x"}, headers=OURS)).status_code == 403, address


async def test_no_address_that_is_registered_lets_a_stranger_a_tenant_or_another_site_in(browser):
    """Whatever is hung up: lists, files, bulk acts, names as they are typed, the designer, uploads and all to come."""
    routes = list(_routes(browser.app))
    assert len(routes) > 100, "the routes of the console are registered elsewhere"
    assert {"/admin/names/tenant", "/admin/billing/templates/designer/picture"} <= {address for address, _ in routes}
    async with browser("") as stranger, browser("alice") as tenant, browser("ada") as operator:
        for address, methods in routes:
            for method in methods - {"HEAD", "OPTIONS"}:
                asked = await stranger.request(method, address, headers=OURS)
                assert asked.status_code == (303 if method == "GET" else 401), (method, address)
                assert (await tenant.request(method, address, headers=OURS)).status_code == 403, (method, address)
                if method != "GET":
                    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
                        sent = await operator.request(method, address, headers=headers)
                        assert sent.status_code == 403, (method, address, headers)
                        assert "another site" in sent.text, (method, address)


async def test_who_lacks_the_permission_is_refused(browser):
    """Pim watches Northwind: whatever he may not do, no address does for him."""
    async with browser("pim") as client:
        home = await client.get("/admin/")
        listed = {urlsplit(link).path for link in re.findall(r'href="([^"]+)"', home.text)}
        for view in _views():
            address, permission = next(iter(_of(view)))
            allowed = not permission or pim.may(permission)
            assert (await client.get(address)).status_code == (200 if allowed else 403), address
            assert (address in listed) == (allowed and bool(view.category)), address
        for view in _views():
            for address, permission, _ in _verbs(view):
                if not pim.may(permission):
                    assert (await client.get(address)).status_code == 403, address
                    assert (await client.post(address, data={}, headers=OURS)).status_code == 403, address


def _of(view: type[ControlView] | type[ConsolePage]) -> Iterator[tuple[str, str]]:
    if issubclass(view, ControlView):
        yield f"/admin/{view.identity}/list", view.permission
    else:
        yield f"/admin/{view.path or view.identity}", view.permission


async def test_no_verb_is_pressed_from_another_site_or_without_its_own_form(browser):
    async with browser("ada") as client:
        for address in VERBS:
            for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
                assert (await client.post(address, data={}, headers=headers)).status_code == 403, address
            answer = await client.post(address, data={"form_token": "stale", "pk": NOBODY}, headers=OURS)
            # An object that is not there is said first; one that needs none says that its form is not ours.
            assert answer.status_code in (403, 404), address


async def test_nobody_opens_what_is_another_partners(browser, backend):
    """Every row that the platform's list shows and this partner's own does not is closed to it, wherever it asks."""
    acme, ours = await sent(backend), await a_draft(backend, by=ada, tenant_id=INITECH)
    await subscribed(backend)
    closed = set[str]()
    async with browser("ada") as platform, browser("sam") as partner:
        for view in _views():
            if not issubclass(view, ControlView):
                continue
            listed = await partner.get(f"/admin/{view.identity}/list")
            if listed.status_code == 200:
                assert "tnt_acme" not in listed.text, view.identity
                assert "Acme" not in listed.text, view.identity
            everything = await platform.get(f"/admin/{view.identity}/list")
            row = re.compile(rf'/admin/{view.identity}/details/([^"?]+)"')
            for pk in set(row.findall(everything.text)) - set(row.findall(listed.text)):
                closed.add(view.identity)
                further = [f"/admin/{view.identity}/{pk}/{rest}" for rest in _subpages(browser.app, view.identity)]
                for address in (f"/admin/{view.identity}/details/{pk}", *further):
                    assert (await partner.get(address)).status_code in (403, 404), address
        assert {"invoice", "subscription", "tenant", "partner", "event", "audit-entry"} <= closed
        assert acme.id not in (await partner.get("/admin/invoice/list")).text
        assert ours.id in (await partner.get("/admin/invoice/list")).text
        assert "Acme" not in (await partner.get("/admin/names/tenant?q=a")).text
        assert "Northwind" not in (await partner.get("/admin/names/partner?q=north")).text


def _subpages(app: FastAPI, identity: str) -> Iterator[str]:
    """Give what else an object of a view has addresses for: its verbs, files, previews."""
    verbs = [verb.name for view in _views() if view.identity == identity for verb in view.verbs]
    for route in app.state.console.admin.routes:
        if isinstance(route, Route) and route.path.startswith(f"/{identity}/{{pk}}/"):
            rest = route.path.removeprefix(f"/{identity}/{{pk}}/")
            for verb in verbs if "{verb}" in rest else [""]:
                yield re.sub(r"\{\w+\}", "1", rest.replace("{verb}", verb))


async def test_every_page_is_small_and_asks_nobody_else(browser, backend):
    await sent(backend)
    async with browser("ada") as client:
        for address in ["/admin/", *(next(iter(_of(view)))[0] for view in _views()), "/admin/search?q=s"]:
            page = await client.get(address)
            assert page.status_code == 200, (address, said(page))
            links = re.findall(r'(?:href|src|action)="(https?:[^"]+)"', page.text)
            assert all(link.startswith(URL) for link in links), address
            files = set(re.findall(r'(?:href|src)="(/admin/statics/[^"]+)"', page.text))
            wire = await _on_the_wire(client, address)
            for file in files:
                wire += await _on_the_wire(client, file)
            assert wire < MOST_ON_THE_WIRE, (address, wire)


async def _on_the_wire(client, address: str) -> int:
    """Count the bytes of a compressed answer."""
    async with client.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
        return len(b"".join([part async for part in answer.aiter_raw()]))
