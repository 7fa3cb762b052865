"""A plugin made as the account of a seller is called with that account's credentials alone."""

from datetime import UTC, datetime

import pytest

from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.payment_ports import AccountSettings
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.integrations.payment_providers import ProviderContext, accounts, load
from scaicontrol.integrations.payment_providers.mollie import Mollie
from scaicontrol.integrations.payment_providers.stripe import Stripe
from tests.factories.ports import MemoryVault

_STRIPE = {"secret_key_vault_path": "partners/prt_1/stripe#key", "webhook_secret_vault_path": "partners/prt_1/hook"}


def _context(env: Environment, **environment: str) -> ProviderContext:
    settings = Settings(_env_file=None, scaicontrol_env=env, public_base_url="https://control.example")
    return ProviderContext(settings, MemoryVault(), FrozenClock(datetime(2026, 1, 1, tzinfo=UTC)), environment)


def test_an_account_has_its_own_keys_and_the_address_of_its_own_webhooks():
    context = _context(Environment.development, STRIPE_SECRET_KEY_VAULT_PATH="ours", MOLLIE_API_KEY_VAULT_PATH="ours")
    made = accounts(context)
    ours = load(context)["stripe"]
    theirs = made.open(AccountSettings("pac_1", "stripe", _STRIPE, 1))
    assert isinstance(ours, Stripe)
    assert isinstance(theirs, Stripe)
    assert (ours._key_path, theirs._key_path) == ("ours", "partners/prt_1/stripe#key")
    assert theirs._hook_path == "partners/prt_1/hook"
    mollie = made.open(AccountSettings("pac_2", "mollie", {"api_key_vault_path": "partners/prt_1/mollie"}, 1))
    assert isinstance(mollie, Mollie)
    assert mollie._hook == "https://control.example/api/v1/webhooks/mollie/pac_2"
    house = load(context)["mollie"]
    assert isinstance(house, Mollie)
    assert house._hook == "https://control.example/api/v1/webhooks/mollie"


def test_an_account_is_opened_once_and_anew_when_it_was_changed():
    made = accounts(_context(Environment.development))
    first = made.open(AccountSettings("pac_1", "stripe", _STRIPE, 1))
    assert made.open(AccountSettings("pac_1", "stripe", _STRIPE, 1)) is first
    changed = made.open(AccountSettings("pac_1", "stripe", {**_STRIPE, "secret_key_vault_path": "new"}, 2))
    assert isinstance(changed, Stripe)
    assert (changed is first, changed._key_path) == (False, "new")


def test_every_setting_that_a_schema_asks_for_is_what_the_plugin_reads():
    made = accounts(_context(Environment.development))
    for provider in ("stripe", "mollie", "coinbase", "sandbox"):
        schema = made.schema(provider)
        assert schema is not None
        required = schema["required"]
        assert isinstance(required, list)
        assert made.open(AccountSettings(f"pac_{provider}", provider, {name: name for name in required}, 1))
        for left_out in required:
            if left_out.startswith("webhook"):
                continue  # it can be called without, and no webhook of it is believed
            fewer = {name: name for name in required if name != left_out}
            with pytest.raises(Unavailable):
                made.open(AccountSettings("pac_fewer", provider, fewer, 1))


def test_a_provider_without_accounts_and_the_sandbox_of_a_production_open_none():
    made = accounts(_context(Environment.production))
    assert made.schema("bank_transfer") is None
    for provider in ("sandbox", "nobody"):
        with pytest.raises(Unavailable):
            made.open(AccountSettings("pac_1", provider, {}, 1))
