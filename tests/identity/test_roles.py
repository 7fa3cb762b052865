"""Who may hand out which role."""

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.permissions import ALL_SCOPES
from scaicontrol.services import identity
from scaicontrol.services.identity import ROLES, grantable, queries
from tests.factories import ACME, INITECH, SOUTHBAY, ada, alice, bert, petra, pim, sam, scaidrive
from tests.factories.identity import store_group, store_user
from tests.factories.tenants import store_cast

EVERY = [
    "super_admin",
    "platform_billing",
    "partner_admin",
    "partner_viewer",
    "tenant_admin",
    "tenant_user",
    "tenant_viewer",
]


@pytest.fixture
async def cast(backend):
    await store_cast(backend)
    await store_user(backend, "tom", "tenant_user")
    await store_user(backend, "ian", "tenant_admin", tenant_id=INITECH, partner_id=SOUTHBAY)
    await store_user(backend, "ada", "super_admin")


def test_every_role_holds_known_scopes_only():
    assert {name for role in ROLES.values() for name in role.scopes} - {"*"} <= ALL_SCOPES


@pytest.mark.parametrize(
    ("actor", "roles"),
    [(ada, EVERY), (petra, EVERY[2:]), (alice, []), (scaidrive, []), (Actor.nobody(), []), (bert, [])],
)
def test_nobody_grants_more_than_they_have(actor, roles):
    assert [role.name for role in grantable(actor)] == roles


async def test_a_role_is_given_once_and_taken_back(backend, cast):
    tom = await backend.perform(petra, identity.grant, "usr_tom", "tenant_admin")
    again = await backend.perform(petra, identity.grant, "usr_tom", "tenant_admin")
    assert (tom.version, again.version) == (2, 2)
    assert (await backend.ask(petra, queries.roles_of_users, ["usr_tom"]))["usr_tom"] == [
        "tenant_admin",
        "tenant_user",
    ]
    await backend.perform(petra, identity.revoke, "usr_tom", "tenant_admin")
    with pytest.raises(Refused, match="was not given"):
        await backend.perform(petra, identity.revoke, "usr_tom", "tenant_admin")


@pytest.mark.parametrize(
    ("actor", "user", "role", "error"),
    [
        (petra, "usr_tom", "super_admin", Forbidden),
        (petra, "usr_tom", "platform_billing", Forbidden),
        (petra, "usr_tom", "service", Forbidden),
        (petra, "usr_tom", "wizard", Invalid),
        (petra, "usr_ian", "tenant_user", NotFound),
        (sam, "usr_tom", "tenant_user", NotFound),
        (pim, "usr_tom", "tenant_user", Forbidden),
        (alice, "usr_tom", "tenant_user", Forbidden),
        (bert, "usr_tom", "tenant_user", Forbidden),
        (ada, "usr_ada", "tenant_user", Forbidden),
    ],
)
async def test_grants_that_are_refused(backend, cast, actor, user, role, error):
    for verb in (identity.grant, identity.revoke):
        with pytest.raises(error):
            await backend.perform(actor, verb, user, role)


async def test_an_agent_does_not_change_the_roles_of_whom_it_acts_for(backend, cast):
    agent = Actor(
        **{name: getattr(ada, name) for name in ("kind", "scope", "scopes")}, id="agt_bot", on_behalf_of="usr_ada"
    )
    with pytest.raises(Forbidden, match="their own roles"):
        await backend.perform(agent, identity.grant, "usr_ada", "tenant_user")


async def test_the_last_super_admin_stays(backend, cast):
    root = Actor.system("cli")
    with pytest.raises(Refused, match="last super administrator"):
        await backend.perform(root, identity.revoke, "usr_ada", "super_admin")
    await store_user(backend, "gone", "super_admin", status="suspended")
    with pytest.raises(Refused, match="last super administrator"):
        await backend.perform(root, identity.revoke, "usr_ada", "super_admin")
    await store_group(backend, "operators", ["tom"], "super_admin")
    await backend.perform(root, identity.revoke, "usr_ada", "super_admin")
    with pytest.raises(Refused, match="last super administrator"):
        await backend.perform(root, identity.revoke_from_group, "grp_operators")
    with pytest.raises(Refused, match="last super administrator"):
        await backend.perform(root, identity.grant_to_group, "grp_operators", "tenant_user")


async def test_a_group_has_one_role(backend, cast):
    await store_group(backend, "billing", ["tom"])
    await backend.perform(petra, identity.grant_to_group, "grp_billing", "tenant_admin")
    await backend.perform(petra, identity.grant_to_group, "grp_billing", "tenant_viewer")
    assert (await backend.ask(petra, queries.roles_of_groups, ["grp_billing"]))["grp_billing"] == ["tenant_viewer"]
    await backend.perform(petra, identity.revoke_from_group, "grp_billing")
    with pytest.raises(Refused, match="has no role"):
        await backend.perform(petra, identity.revoke_from_group, "grp_billing")


async def test_nobody_raises_themselves_through_a_group(backend, cast):
    await store_user(backend, "petra", "partner_admin")
    await store_group(backend, "sales", ["petra"])
    with pytest.raises(Forbidden, match="their own roles"):
        await backend.perform(petra, identity.grant_to_group, "grp_sales", "partner_admin")


async def test_a_partner_does_not_take_over_a_group_that_reaches_further(backend, cast):
    await store_group(backend, "operators", ["tom"], "platform_billing")
    for verb, arguments in ((identity.grant_to_group, ["tenant_user"]), (identity.revoke_from_group, [])):
        with pytest.raises(Forbidden, match="platform_billing"):
            await backend.perform(petra, verb, "grp_operators", *arguments)


async def test_changed_roles_make_cached_actors_stale_only_when_committed(backend, cast):
    before = identity.current_role_epoch()
    with pytest.raises(Forbidden):
        await backend.perform(petra, identity.grant, "usr_tom", "super_admin")
    assert identity.current_role_epoch() == before
    await backend.perform(petra, identity.grant, "usr_tom", "tenant_admin")
    assert identity.current_role_epoch() > before


@pytest.mark.parametrize(
    ("actor", "seen"), [(ada, {"tom", "ian", "ada"}), (petra, {"tom", "ada"}), (alice, {"tom", "ada"}), (sam, {"ian"})]
)
async def test_each_level_lists_its_own_people(backend, cast, actor, seen):
    page = await backend.ask(actor, identity.page_users, PageRequest())
    assert {user.id.removeprefix("usr_") for user in page.items} == seen


async def test_people_are_found_by_role_and_words(backend, cast):
    async def found(**filters):
        return {user.id for user in (await backend.ask(ada, identity.page_users, PageRequest(), **filters)).items}

    assert await found(role="tenant_admin") == {"usr_ian"}
    assert await found(q="tom@") == {"usr_tom"}
    assert await found(tenant_id=ACME, status="active") == {"usr_tom", "usr_ada"}
