"""Secrets by path: remembered briefly, served stale while the vault is down, never shown."""

import logging

import pytest
from pydantic import SecretStr

from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Unavailable
from scaicontrol.integrations.scaikey import ServiceToken
from scaicontrol.integrations.scaivault import ScaiVault, checked_path, secret

from .conftest import World


class Time:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def vault(dev_world: World, time: Time) -> ScaiVault:
    return ScaiVault(dev_world.settings, dev_world.bearer, dev_world.http, time)


async def test_a_written_secret_is_read_by_its_field(vault: ScaiVault) -> None:
    await vault.write("scaicontrol/stripe", {"key": "sk_1", "webhook": "whsec_1"})
    assert await vault.read("scaicontrol/stripe#webhook") == "whsec_1"
    with pytest.raises(NotFound, match="no field value"):
        await vault.read("scaicontrol/stripe")


async def test_without_a_field_the_only_one_is_meant(vault: ScaiVault) -> None:
    await vault.write("scaicontrol/one", {"key": "sk_1"})
    assert await vault.read("scaicontrol/one") == "sk_1"


async def test_a_missing_secret_is_not_found(vault: ScaiVault) -> None:
    with pytest.raises(NotFound, match="secret_not_found"):
        await vault.read("scaicontrol/nothing")


async def test_a_secret_is_remembered_for_five_minutes(vault: ScaiVault, dev_world: World, time: Time) -> None:
    await vault.write("scaicontrol/a", {"value": "old"})
    assert await vault.read("scaicontrol/a") == "old"
    other = ScaiVault(dev_world.settings, dev_world.bearer, dev_world.http)
    await other.write("scaicontrol/a", {"value": "new"})
    time.at += 299
    assert await vault.read("scaicontrol/a") == "old"
    time.at += 2
    assert await vault.read("scaicontrol/a") == "new"


async def test_a_provider_that_refuses_a_key_makes_us_look_again(vault: ScaiVault, dev_world: World) -> None:
    await vault.write("scaicontrol/a", {"value": "old"})
    await vault.read("scaicontrol/a")
    await ScaiVault(dev_world.settings, dev_world.bearer, dev_world.http).write("scaicontrol/a", {"value": "new"})
    assert await vault.read_again("scaicontrol/a") == "new"


async def test_a_stale_secret_is_served_through_an_outage_but_not_for_ever(
    vault: ScaiVault, dev_world: World, time: Time
) -> None:
    await vault.write("scaicontrol/a", {"value": "known"})
    await vault.read("scaicontrol/a")
    await dev_world.fault("scaivault", "service_unavailable", 20)
    time.at += 47 * 3600
    assert await vault.read("scaicontrol/a") == "known"
    time.at += 2 * 3600
    with pytest.raises(Unavailable, match="service_unavailable"):
        await vault.read("scaicontrol/a")


async def test_an_outage_is_not_felt_by_every_reader(vault: ScaiVault, dev_world: World, time: Time) -> None:
    await vault.write("scaicontrol/a", {"value": "known"})
    await vault.read("scaicontrol/a")
    await dev_world.fault("scaivault", "service_unavailable", 3)
    time.at += 3600
    await vault.read("scaicontrol/a")  # spends its three tries
    await dev_world.fault("scaivault", "service_unavailable", 1)
    time.at += 29
    await vault.read("scaicontrol/a")
    with pytest.raises(Unavailable):  # the outage is still unspent: nobody asked
        await vault.check()


@pytest.mark.parametrize(("fault", "times"), [("service_unavailable", 2), ("internal_error", 1), ("rate_limited", 1)])
async def test_a_passing_weakness_is_waited_out(vault: ScaiVault, dev_world: World, fault: str, times: int) -> None:
    await dev_world.fault("scaivault", fault, times)
    assert (await vault.read("scaicontrol/scaisend")).startswith("sg_live_")


async def test_an_internal_error_is_tried_again_only_once(vault: ScaiVault, dev_world: World) -> None:
    await dev_world.fault("scaivault", "internal_error", 2)
    with pytest.raises(Unavailable, match="internal_error"):
        await vault.read("scaicontrol/scaisend")


async def test_an_expired_token_is_fetched_anew(vault: ScaiVault, dev_world: World) -> None:
    await vault.read("scaicontrol/scaisend")
    await dev_world.http.post(f"{dev_world.dev}/scaikey/_control/rotate", data={"withdraw": "yes"})
    assert await vault.read("scaicontrol/secret-key")


async def test_a_token_without_the_scope_is_forbidden(dev_world: World) -> None:
    narrow = ServiceToken(dev_world.endpoints, dev_world.http, dev_world.client, scope="services:read")
    vault = ScaiVault(dev_world.settings, narrow, dev_world.http)
    with pytest.raises(Forbidden, match="insufficient_scope"):
        await vault.read("scaicontrol/scaisend")


async def test_deleting_twice_is_fine(vault: ScaiVault) -> None:
    await vault.write("scaicontrol/a", {"value": "x"})
    await vault.delete("scaicontrol/a")
    await vault.delete("scaicontrol/a")
    with pytest.raises(NotFound):
        await vault.read("scaicontrol/a")


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "A", "a b", "../a", "a/../b", "a" * 513, "/".join("abcdefghijk"), "a?b", "é"]
)
def test_a_path_the_vault_would_not_take_is_invalid_here(path: str) -> None:
    with pytest.raises(Invalid):
        checked_path(path)


async def test_a_value_stands_in_no_log_and_no_representation(
    vault: ScaiVault, dev_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await vault.write("scaicontrol/a", {"value": "canary-4711"})
    await vault.read("scaicontrol/a")
    shown = caplog.text + repr(vault.__dict__)
    assert "canary-4711" not in shown


async def test_a_setting_stands_in_the_vault_or_in_the_environment(vault: ScaiVault) -> None:
    assert await secret(vault, SecretStr("plain"), "") == "plain"
    assert (await secret(vault, SecretStr("plain"), "scaicontrol/scaisend")).startswith("sg_live_")


async def test_the_vault_says_whether_it_is_ready(vault: ScaiVault, dev_world: World) -> None:
    await vault.check()
    await dev_world.fault("scaivault", "service_unavailable", 1)
    with pytest.raises(Unavailable):
        await vault.check()
