"""People at the console: who may do what, and roles given and taken."""

import pytest

from scaicontrol.services import identity
from tests.factories import INITECH, SOUTHBAY, ada
from tests.factories.identity import store_group, store_user
from tests.surfaces.console_browser import press, said


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def roles(backend, user_id):
    user = await backend.ask(ada, identity.get_user, user_id)
    return (await backend.ask(ada, identity.user_detail, user)).effective_roles


async def test_people_are_listed_with_their_roles(browser, backend):
    await store_user(backend, "anna", "tenant_admin")
    await store_user(backend, "ivan", tenant_id=INITECH, partner_id=SOUTHBAY)
    async with browser("petra") as client:
        listed = said(await client.get("/admin/user/list"))
    assert "Anna anna@example.com tenant admin Acme Northwind" in listed
    assert "Ivan" not in listed


async def test_a_page_says_what_all_roles_allow(browser, backend):
    await store_user(backend, "anna")
    await store_group(backend, "billing", ["anna"], "tenant_admin")
    async with browser("petra") as client:
        page = await client.get("/admin/user/details/usr_anna")
        group = said(await client.get("/admin/group/details/grp_billing"))
    assert "billing:manage" in said(page)
    assert "Billing passes on tenant admin" in said(page)
    assert "/admin/group/details/grp_billing" in page.text
    assert "Anna anna@example.com" in group


async def test_roles_are_given_and_taken(browser, backend):
    await store_user(backend, "anna")
    async with browser("petra") as client:
        path = "/admin/user/usr_anna/do/"
        offered = await client.get(path + "grant")
        assert 'value="tenant_admin"' in offered.text
        assert 'value="super_admin"' not in offered.text
        assert (await press(client, path + "grant", role="tenant_admin")).status_code == 303
        assert await roles(backend, "usr_anna") == ["tenant_admin"]
        beyond = await press(client, path + "grant", role="super_admin")
        assert beyond.status_code == 403
        assert (await press(client, path + "revoke", role="tenant_admin")).status_code == 303
    assert await roles(backend, "usr_anna") == []


async def test_a_group_passes_its_role_on(browser, backend):
    await store_user(backend, "anna")
    await store_group(backend, "billing", ["anna"])
    async with browser("petra") as client:
        assert (await press(client, "/admin/group/grp_billing/do/grant", role="tenant_viewer")).status_code == 303
        assert await roles(backend, "usr_anna") == ["tenant_viewer"]
        assert (await press(client, "/admin/group/grp_billing/do/revoke")).status_code == 303
    assert await roles(backend, "usr_anna") == []


async def test_the_matrix_says_who_may_what_and_what_one_may_give(browser):
    async with browser("petra") as client:
        page = said(await client.get("/admin/roles"))
    assert "You may give it no" in page
    assert "admin:platform yes" in page
    async with browser("pim") as client:
        assert (await client.get("/admin/roles")).status_code == 403
        assert (await client.get("/admin/user/list")).status_code == 403
