"""Which actor a token's claims stand for."""

from datetime import UTC, datetime, timedelta

import pytest

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.errors import NotFound, Unauthenticated
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import identity, identity_sync
from scaicontrol.services.identity import SessionKind, principal_of
from scaicontrol.services.identity.models import User
from tests.factories import ACME, GLOBEX, NORTHWIND, SOUTHBAY, ada
from tests.factories.identity import store_group, store_user
from tests.factories.tenants import store_cast

ALICE = {"sub": "usr_alice", "tenant_id": ACME}
AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
async def cast(backend):
    await store_cast(backend)


async def actor(backend, service_of=None, **claims):
    return await backend.ask(ada, identity.actor_from_claims, claims, service_of)


@pytest.mark.parametrize(
    ("claims", "kind", "roles", "scopes"),
    [
        ({"roles": ["TENANT_ADMIN", "wizard"]}, "user", {"tenant_admin"}, set()),
        ({"role": "SUPER_ADMIN", "roles": ["tenant_user"]}, "user", {"super_admin", "tenant_user"}, set()),
        ({"roles": "tenant_user tenant_viewer"}, "user", {"tenant_user", "tenant_viewer"}, set()),
        ({"roles": ["service"]}, "user", set(), set()),
        ({"scope": "openid billing:read", "permissions": ["fly"]}, "user", set(), {"billing:read"}),
        ({"act": {"sub": "agt_bot"}}, "agent", set(), set()),
        ({"client_id": "usr_alice", "scope": "registry:manage"}, "service", set(), {"registry:manage"}),
        ({"token_type": "client_credentials", "client_id": "app_drive"}, "service", set(), set()),
        ({"roles": [7, None], "scope": 3, "permissions": {"a": 1}}, "user", set(), set()),
    ],
)  # fmt: skip
def test_claims_are_read_whichever_flow_made_them(claims, kind, roles, scopes):
    principal = principal_of(ALICE | claims)
    assert (principal.kind, principal.roles, principal.scopes) == (ActorKind(kind), roles, scopes)


@pytest.mark.parametrize(
    "claims", [{}, {"sub": ""}, {"sub": 7}, {"sub": "usr_alice", "act": {}}, {"sub": "x", "act": "y"}]
)
def test_claims_without_a_somebody_are_nobody(claims):
    with pytest.raises(Unauthenticated):
        principal_of(claims)


ODD_IDS = [7, 1.5, True, [], ["tnt_acme"], {"id": "x"}, "x" * 37, "tnt acme", "tnt_\u00e9", "tnt\n", "x\x00", "\ud800"]


@pytest.mark.parametrize("name", ["sub", "tenant_id", "partner_id"])
@pytest.mark.parametrize("value", ODD_IDS, ids=ascii)
def test_an_id_that_is_none_is_refused_and_not_overlooked(name, value):
    with pytest.raises(Unauthenticated, match=rf"The token's {name} is not an id of at most 36"):
        principal_of(ALICE | {name: value})


@pytest.mark.parametrize("act", [{"sub": "x" * 101}, {"sub": 7}, {"client_id": "a b"}, {"sub": ["agt_bot"]}])
def test_an_agent_is_named_by_an_id(act):
    with pytest.raises(Unauthenticated, match="is not an id of at most 100"):
        principal_of(ALICE | {"act": act})


def test_clients_have_longer_names_than_people():
    service = {"sub": "c" * 100, "client_id": "c" * 100}
    assert principal_of(service).user_id == "c" * 100
    with pytest.raises(Unauthenticated, match="at most 100"):
        principal_of({"sub": "c" * 101, "token_type": "client_credentials"})


@pytest.mark.parametrize("name", ["roles", "role", "permissions", "scope"])
@pytest.mark.parametrize("value", [7, 1e300, True, {"tenant_admin": 1}, [["tenant_admin"]], [None, {}], "x" * 5000])
def test_roles_and_scopes_of_an_odd_kind_grant_nothing(name, value):
    principal = principal_of(ALICE | {name: value})
    assert (principal.roles, principal.scopes) == (frozenset(), frozenset())


async def test_what_does_not_fit_a_person_is_left_out_when_they_sign_in(backend, cast):
    await store_user(backend, "alice")
    for said in (
        {"name": "A" * 5000, "email": f"{'a' * 300}@acme.example"},
        {"name": {"first": "Alice"}, "email": ["alice@acme.example"]},
    ):
        await identity_sync.refresh_user_at_login(backend, ALICE, said)
    user = await backend.ask(ada, identity.get_user, "usr_alice")
    assert (user.display_name, user.email) == ("A" * 200, "alice@example.com")


async def test_the_directory_supplies_the_partner(backend, cast):
    alice = await actor(backend, **ALICE, roles=["tenant_admin"])
    assert alice.scope == Scope.tenant(NORTHWIND, ACME)
    assert alice.may("billing_profiles:update")
    assert not alice.may("invoices:finalize")


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"partner_id": SOUTHBAY}, "speaks of partner"),
        ({"tenant_id": GLOBEX}, "speaks of tenant"),
        ({"tenant_id": None}, "names no tenant"),
        ({"sub": "usr_new", "tenant_id": "tnt_unknown"}, "names no partner"),
        ({"sub": "usr_gone"}, "not active"),
    ],
)
async def test_contradictions_and_gaps_are_refused(backend, cast, claims, sentence):
    await store_user(backend, "alice")
    await store_user(backend, "gone", status="suspended")
    with pytest.raises(Unauthenticated, match=sentence):
        await actor(backend, **ALICE | claims)


async def test_local_roles_outrank_what_the_token_claims(backend, cast):
    await store_user(backend, "alice", "tenant_viewer")
    alice = await actor(backend, **ALICE, roles=["partner_admin"], scope="billing:manage")
    assert (alice.roles, alice.scopes, alice.scope.kind) == ({"tenant_viewer"}, {"services:read"}, "tenant")


async def test_super_admin_counts_from_either_side(backend, cast):
    await store_user(backend, "alice", "tenant_viewer")
    claimed = await actor(backend, **ALICE, role="SUPER_ADMIN")
    assert (claimed.is_platform, claimed.scopes) == (True, {"*"})
    await store_user(backend, "grace", "super_admin")
    assert (await actor(backend, sub="usr_grace", tenant_id=ACME)).is_platform


async def test_a_group_passes_its_role_on_where_it_is(backend, cast):
    await store_user(backend, "tom")
    await store_user(backend, "gina", tenant_id=GLOBEX)
    await store_group(backend, "billing", ["tom", "gina"], "tenant_admin")
    assert (await actor(backend, sub="usr_tom", tenant_id=ACME)).roles == {"tenant_admin"}
    assert (await actor(backend, sub="usr_gina", tenant_id=GLOBEX)).roles == set()


async def test_a_role_stays_where_it_was_given(backend, cast):
    await store_user(backend, "petra", "partner_admin", "tenant_admin")

    async def move(uow):
        user = await uow.session.get(User, "usr_petra")
        user.tenant_id, user.partner_id = "tnt_initech", SOUTHBAY

    await backend.perform(ada, move)
    assert (await actor(backend, sub="usr_petra", tenant_id="tnt_initech")).roles == set()


async def test_lower_roles_are_not_carried_up(backend, cast):
    await store_user(backend, "pim", "partner_viewer", "tenant_admin")
    pim = await actor(backend, sub="usr_pim", tenant_id=ACME)
    assert (pim.scope, pim.read_only) == (Scope.partner(NORTHWIND), True)
    assert "billing:manage" not in pim.scopes


async def test_no_claim_makes_a_customer_an_operator(backend, cast):
    alice = await actor(backend, **ALICE, permissions=["admin:billing", "billing:read"])
    assert alice.scopes == {"billing:read"}


async def test_an_agent_acts_for_a_person_within_what_its_token_names(backend, cast):
    await store_user(backend, "alice", "tenant_admin")
    agent = await actor(backend, **ALICE, act={"sub": "agt_bot"}, scope="billing:read admin:billing")
    assert (agent.id, agent.on_behalf_of, agent.kind) == ("agt_bot", "usr_alice", ActorKind.agent)
    assert agent.scopes == {"billing:read"}


async def test_a_service_works_in_its_own_scope_once_it_is_registered(backend, cast):
    async def service_of(_, client_id):
        return {"app_drive": "svc_drive"}.get(client_id)

    token = {"token_type": "client_credentials", "scope": "registry:manage"}
    drive = await actor(backend, service_of, sub="app_drive", client_id="app_drive", **token)
    new = await actor(backend, service_of, sub="app_new", **token)
    assert (drive.scope, new.scope) == (Scope.service("svc_drive"), Scope.none())
    assert new.may("registry:register")


async def test_me_speaks_the_words_of_the_directory(backend, cast):
    await store_user(backend, "alice", "tenant_admin")
    me = await backend.ask(await actor(backend, **ALICE, email="forged@example.com"), identity.me)
    assert (me.email, me.tenant_name, me.partner_name) == ("alice@example.com", "Acme", "Northwind")
    assert (me.roles, me.permissions[:2]) == (["tenant_admin"], ["billing:manage", "billing:read"])


async def test_as_a_known_person(backend, cast):
    await store_user(backend, "alice", "tenant_admin")
    alice = await backend.ask(ada, identity.actor_of_user, user_id="usr_alice")
    assert alice.scope == Scope.tenant(NORTHWIND, ACME)
    with pytest.raises(NotFound):
        await backend.ask(ada, identity.actor_of_user, user_id="usr_nobody")


async def open_session(backend, kind=SessionKind.portal):
    await store_user(backend, "alice", "tenant_admin")
    return await backend.perform(ada, identity.open_session, kind, ALICE | {"jti": "secret"}, AT)


async def test_a_session_keeps_no_token_and_no_id(backend, cast):
    session_id = await open_session(backend)

    session = await backend.ask(ada, identity.find_session, session_id, SessionKind.portal, AT)
    assert session is not None
    assert (session.claims, session_id in session.id_sha256) == (ALICE, False)


@pytest.mark.parametrize(("kind", "idle"), [(SessionKind.portal, 30), (SessionKind.console, 60)])
async def test_an_idle_session_ends(backend, cast, kind, idle):
    session_id = await open_session(backend, kind)
    just, late = AT + timedelta(minutes=idle, seconds=-1), AT + timedelta(minutes=idle)
    assert await identity.person_of_session(backend, session_id, kind, late) is None
    alice = await identity.person_of_session(backend, session_id, kind, just)
    assert alice is not None
    assert alice.id == "usr_alice"
    assert await identity.person_of_session(backend, session_id, kind, late) is not None  # it was used meanwhile


async def test_no_session_outlives_eight_hours(backend, cast):
    session_id = await open_session(backend)
    for minutes in range(20, 480, 20):
        assert await identity.person_of_session(
            backend, session_id, SessionKind.portal, AT + timedelta(minutes=minutes)
        )
    assert await identity.person_of_session(backend, session_id, SessionKind.portal, AT + timedelta(hours=8)) is None


async def test_a_session_is_of_one_kind_and_ends_when_closed(backend, cast):
    session_id = await open_session(backend)
    assert await identity.person_of_session(backend, session_id, SessionKind.console, AT) is None
    before = identity.current_role_epoch()
    await backend.perform(ada, identity.close_session, session_id)
    assert await identity.person_of_session(backend, session_id, SessionKind.portal, AT) is None
    assert identity.current_role_epoch() > before


async def test_a_suspended_person_has_no_session(backend, cast):
    session_id = await open_session(backend)

    async def suspend(uow):
        (await uow.session.get(User, "usr_alice")).status = "suspended"

    await backend.perform(ada, suspend)
    assert await identity.person_of_session(backend, session_id, SessionKind.portal, AT) is None
