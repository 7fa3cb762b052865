"""
Payment providers: plugins behind the entry point group `scaicontrol.payment_providers` (contract §18.2).

A plugin is a function from a `ProviderContext` to a provider, or to None where it is not configured. Where it has an
attribute `config_schema`, sellers may have accounts of their own there.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from scaicontrol.core.payment_ports import PaymentProvider

from . import bank_transfer, coinbase, mollie, sandbox, stripe
from .accounts import PluginAccounts
from .context import Plugin
from .context import ProviderContext as ProviderContext

GROUP: Final = "scaicontrol.payment_providers"


BUILT_IN: Final[Mapping[str, Plugin]] = {
    "bank_transfer": bank_transfer.create,
    "coinbase": coinbase.create,
    "mollie": mollie.create,
    "sandbox": sandbox.create,
    "stripe": stripe.create,
}


_SCHEMAS: Final[Mapping[str, Mapping[str, object]]] = {
    "coinbase": coinbase.Coinbase.config_schema,
    "mollie": mollie.Mollie.config_schema,
    "sandbox": sandbox.Sandbox.config_schema,
    "stripe": stripe.Stripe.config_schema,
}


def load(context: ProviderContext, installed: Iterable[EntryPoint] | None = None) -> dict[str, PaymentProvider]:
    """Make every provider that the environment configures, by slug."""
    providers = [provider for plugin in plugins(installed).values() if (provider := plugin(context)) is not None]
    return {provider.slug: provider for provider in providers}


def accounts(context: ProviderContext) -> PluginAccounts:
    """Make what opens sellers' own accounts."""
    found = plugins()
    said = {slug: getattr(plugin, "config_schema", None) for slug, plugin in found.items()}
    built_in = {slug: schema for slug, schema in _SCHEMAS.items() if found[slug] is BUILT_IN[slug]}
    schemas = built_in | {slug: schema for slug, schema in said.items() if schema is not None}
    return PluginAccounts(context, found, schemas)


def plugins(installed: Iterable[EntryPoint] | None = None) -> dict[str, Plugin]:
    """Give every plugin by slug; an installed one replaces a built-in one of its name."""
    found = entry_points(group=GROUP) if installed is None else installed
    return {**BUILT_IN, **{entry.name: entry.load() for entry in found}}
