"""
Payment providers: plugins behind the entry point group `scaicontrol.payment_providers` (contract §18.2).

A plugin is a function from a `ProviderContext` to a provider, or to None where it is not configured.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from scaicontrol.core.clock import Clock
from scaicontrol.core.payment_ports import PaymentProvider
from scaicontrol.core.ports import Vault
from scaicontrol.core.settings import Settings

from . import bank_transfer, coinbase, mollie, sandbox, stripe

GROUP: Final = "scaicontrol.payment_providers"


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """What a provider may use; `environment` holds its own variables, such as `MOLLIE_API_KEY_VAULT_PATH`."""

    settings: Settings
    vault: Vault
    clock: Clock
    environment: Mapping[str, str]


Plugin = Callable[[ProviderContext], PaymentProvider | None]

BUILT_IN: Final[Mapping[str, Plugin]] = {
    "bank_transfer": bank_transfer.create,
    "coinbase": coinbase.create,
    "mollie": mollie.create,
    "sandbox": sandbox.create,
    "stripe": stripe.create,
}


def load(context: ProviderContext, installed: Iterable[EntryPoint] | None = None) -> dict[str, PaymentProvider]:
    """Make every configured provider, by slug; an installed plugin replaces a built-in one of its name."""
    found = entry_points(group=GROUP) if installed is None else installed
    plugins: dict[str, Plugin] = {**BUILT_IN, **{entry.name: entry.load() for entry in found}}
    providers = [provider for plugin in plugins.values() if (provider := plugin(context)) is not None]
    return {provider.slug: provider for provider in providers}
