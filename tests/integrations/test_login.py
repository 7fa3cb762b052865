"""A person signs in at the stand-in over a real port, and what comes back is worth something."""

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from scaicontrol.core.errors import Invalid, Unauthenticated, Unavailable
from scaicontrol.integrations.scaikey import ClientIdentity, LoginStart, ScaiKeyDirectory, ServiceToken, TokenSet
from scaicontrol.integrations.standins import world

from .conftest import World, development_settings


async def sign_in(dev_world: World, user_id: str = "usr_anna") -> TokenSet:
    back_to = f"{dev_world.url}/auth/callback"
    started = await dev_world.login.start(back_to)
    state, code = await pick(dev_world, started, user_id)
    return await dev_world.login.finish(started, state, code, back_to)


async def pick(dev_world: World, started: LoginStart, user_id: str) -> tuple[str, str]:
    answer = await dev_world.http.get(f"{started.url}&user={user_id}")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return query["state"][0], query["code"][0]


async def test_a_person_signs_in_and_is_known(dev_world: World) -> None:
    signed_in = await sign_in(dev_world)
    claims = await dev_world.tokens.verify(signed_in.access_token)
    assert (claims["sub"], claims["tenant_id"], claims["roles"]) == ("usr_anna", "tnt_acme", ["tenant_admin"])
    assert signed_in.identity["email"] == "anna@acme.example"


async def test_an_id_token_is_for_us_and_for_this_login(dev_world: World) -> None:
    back_to = f"{dev_world.url}/auth/callback"
    started = await dev_world.login.start(back_to)
    state, code = await pick(dev_world, started, "usr_anna")
    stolen = LoginStart(started.url, started.state, "another nonce", started.code_verifier)
    with pytest.raises(Unauthenticated, match="another sign-in"):
        await dev_world.login.finish(stolen, state, code, back_to)


async def test_a_foreign_state_is_refused(dev_world: World) -> None:
    back_to = f"{dev_world.url}/auth/callback"
    started = await dev_world.login.start(back_to)
    _, code = await pick(dev_world, started, "usr_anna")
    with pytest.raises(Unauthenticated, match="another browser"):
        await dev_world.login.finish(started, "forged", code, back_to)


async def test_a_code_works_once_and_only_with_its_verifier(dev_world: World) -> None:
    back_to = f"{dev_world.url}/auth/callback"
    started = await dev_world.login.start(back_to)
    state, code = await pick(dev_world, started, "usr_anna")
    thief = LoginStart(started.url, started.state, started.nonce, "a guessed verifier")
    with pytest.raises(Unauthenticated, match="verifier"):
        await dev_world.login.finish(thief, state, code, back_to)
    with pytest.raises(Unauthenticated, match="spent"):
        await dev_world.login.finish(started, state, code, back_to)


async def test_a_refresh_token_works_once(dev_world: World) -> None:
    first = await sign_in(dev_world)
    assert first.refresh_token is not None
    second = await dev_world.login.refresh(first.refresh_token)
    assert (await dev_world.tokens.verify(second.access_token))["sub"] == "usr_anna"
    with pytest.raises(Unauthenticated, match="used before"):
        await dev_world.login.refresh(first.refresh_token)


async def test_of_two_refreshes_at_once_one_holds_and_the_other_is_a_sentence(dev_world: World) -> None:
    first = str((await sign_in(dev_world)).refresh_token)
    both = await asyncio.gather(*(dev_world.login.refresh(first) for _ in range(2)), return_exceptions=True)
    (refused,) = [answer for answer in both if isinstance(answer, Unauthenticated)]
    (held,) = [answer for answer in both if isinstance(answer, TokenSet)]
    assert "used before" in refused.message
    assert held.refresh_token not in {None, first}
    assert (await dev_world.login.refresh(str(held.refresh_token))).refresh_token not in {None, first}


async def test_a_challenge_is_held_against_the_verifier(dev_world: World) -> None:
    back_to = f"{dev_world.url}/auth/callback"
    started = await dev_world.login.start(back_to)
    bare = started.url.replace("code_challenge=", "x=").replace("code_challenge_method=", "y=")
    state, code = await pick(dev_world, replace(started, url=bare), "usr_anna")
    with pytest.raises(Unauthenticated, match="does not fit its challenge"):
        await dev_world.login.finish(started, state, code, back_to)


async def test_the_proxy_passes_only_a_browsers_grants(dev_world: World) -> None:
    first = await sign_in(dev_world)
    form = {"grant_type": "refresh_token", "refresh_token": str(first.refresh_token), "client_id": "somebody-else"}
    status, body = await dev_world.login.proxy(form)
    assert status == 200
    assert body["token_type"] == "Bearer"
    with pytest.raises(Invalid, match="Only the grants"):
        await dev_world.login.proxy({"grant_type": "client_credentials"})
    with pytest.raises(Invalid, match="code_verifier"):
        await dev_world.login.proxy({"grant_type": "authorization_code", "code": "x"})


async def test_partner_people_carry_their_partner(dev_world: World) -> None:
    claims = await dev_world.tokens.verify((await sign_in(dev_world, "usr_nina")).access_token)
    assert (claims["partner_id"], claims["role"]) == (world.NORTHWIND, "PARTNER_ADMIN")


async def test_the_page_shows_everybody_and_marks_the_hint(dev_world: World) -> None:
    started = await dev_world.login.start(f"{dev_world.url}/auth/callback", login_hint="bruno@bauwerk.example")
    page = (await dev_world.http.get(started.url)).text
    assert all(person.name in page for person in world.PEOPLE)
    assert page.count("person hinted") == 1


async def test_a_redirect_to_elsewhere_is_shown_not_followed(dev_world: World) -> None:
    started = await dev_world.login.start("https://evil.example/callback")
    answer = await dev_world.http.get(f"{started.url}&user=usr_anna")
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_a_restart_of_scaikey_ends_nobodys_session(dev_world: World) -> None:
    from scaicontrol.integrations.standins import Standins

    token = (await sign_in(dev_world)).access_token
    assert Standins(dev_world.context).issuer.read(token) is not None


async def test_rotation_keeps_tokens_and_withdrawal_ends_them(dev_world: World) -> None:
    old = (await sign_in(dev_world)).access_token
    await dev_world.http.post(f"{dev_world.dev}/scaikey/_control/rotate")
    assert (await dev_world.tokens.verify((await sign_in(dev_world)).access_token))["sub"] == "usr_anna"
    await dev_world.tokens.verify(old)
    await dev_world.http.post(f"{dev_world.dev}/scaikey/_control/rotate", data={"withdraw": "yes"})
    fresh_eyes = World(dev_world.url, dev_world.context, dev_world.standins, dev_world.settings, dev_world.http)
    with pytest.raises(Unauthenticated, match="does not publish"):
        await fresh_eyes.tokens.verify(old)


async def test_an_agent_acts_for_a_person(dev_world: World) -> None:
    person = (await sign_in(dev_world)).access_token
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": person,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    agent = ("scaicontrol-agent", "development-secret-agent")
    answer = await dev_world.http.post(await dev_world.endpoints.token(), data=form, auth=agent)
    claims = await dev_world.tokens.verify(answer.json()["access_token"])
    assert (claims["sub"], claims["act"]) == ("usr_anna", {"sub": "scaicontrol-agent"})


async def test_logout_comes_back_to_us(dev_world: World) -> None:
    url = await dev_world.login.logout_url(f"{dev_world.url}/", "an.id.token")
    answer = await dev_world.http.get(url)
    assert answer.headers["location"] == f"{dev_world.url}/"


async def test_the_directory_gives_everybody_through_pages(dev_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol.integrations.scaikey.directory._PER_PAGE", 5)
    directory = ScaiKeyDirectory(dev_world.settings, dev_world.endpoints, dev_world.bearer, dev_world.http)
    assert [partner.id async for partner in directory.partners()] == [partner.id for partner in world.PARTNERS]
    assert {tenant.id async for tenant in directory.tenants()} == {tenant.id for tenant in world.TENANTS}
    assert {user.id async for user in directory.users()} == {person.id for person in world.PEOPLE}
    groups = {group.id: group.member_ids async for group in directory.groups()}
    assert groups["grp_acme_billing"] == ("usr_anna", "usr_vera")


async def test_with_an_application_people_come_from_effective_access(dev_world: World) -> None:
    settings = development_settings(dev_world.url, scaikey_app_id="app_scaicontrol")
    directory = ScaiKeyDirectory(settings, dev_world.endpoints, dev_world.bearer, dev_world.http)
    assert {user.id async for user in directory.users()} == {person.id for person in world.PEOPLE}


async def test_without_admin_scope_people_are_the_members_of_groups(dev_world: World) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/users/"):
            return httpx2.Response(403)
        if request.url.path.endswith("/members"):
            return httpx2.Response(200, json={"items": [{"user_id": "usr_x", "email": "x@acme.example"}], "total": 1})
        return httpx2.Response(200, json=[{"id": "grp_a", "name": "A", "tenant_id": "tnt_acme"}])

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    directory = ScaiKeyDirectory(dev_world.settings, dev_world.endpoints, dev_world.bearer, http)
    assert [(user.id, user.tenant_id) async for user in directory.users()] == [("usr_x", "tnt_acme")]


async def test_a_revoked_service_token_is_fetched_anew(dev_world: World) -> None:
    directory = ScaiKeyDirectory(dev_world.settings, dev_world.endpoints, dev_world.bearer, dev_world.http)
    _ = [partner async for partner in directory.partners()]
    await dev_world.http.post(f"{dev_world.dev}/scaikey/_control/rotate", data={"withdraw": "yes"})
    assert len([partner async for partner in directory.partners()]) == len(world.PARTNERS)


async def test_a_service_token_can_be_narrow(dev_world: World) -> None:
    narrow = ServiceToken(dev_world.endpoints, dev_world.http, dev_world.client, scope="services:read")
    claims = dev_world.standins.issuer.read(await narrow())
    assert claims is not None
    assert claims["scope"] == "services:read"


async def test_credentials_of_a_registration_are_told_once(dev_world: World) -> None:
    root = f"{dev_world.dev}/scaikey/api/v1/public/register/applications"
    asked = (await dev_world.http.post(root, json={"name": "ScaiControl"})).json()
    status_url = f"{root}/{asked['request_id']}?status_token={asked['status_token']}"
    assert (await dev_world.http.get(status_url)).json()["status"] == "PENDING"
    await dev_world.http.post(
        f"{dev_world.dev}/scaikey/_control/requests/{asked['request_id']}", data={"decision": "approve"}
    )
    assert "client_secret" in (await dev_world.http.get(status_url)).json()["credentials"]
    assert "credentials" not in (await dev_world.http.get(status_url)).json()
    assert (await dev_world.http.get(status_url.replace("status_token=", "status_token=x"))).status_code == 404


async def test_a_secret_behind_the_vault_it_opens_is_said_not_waited_for(dev_world: World) -> None:
    async def behind_the_vault() -> str:
        return await bearer()

    bearer = ServiceToken(dev_world.endpoints, dev_world.http, ClientIdentity(world.CLIENT_ID, behind_the_vault))
    with pytest.raises(Unavailable, match="set SCAIKEY_CLIENT_SECRET"):
        await bearer()
