"""Providers as the accounts that sellers have there: a plugin is given an account's settings for its environment."""

from collections.abc import Mapping
from dataclasses import replace

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.payment_ports import AccountSettings, PaymentProvider

from .context import Plugin, ProviderContext


class PluginAccounts:
    """
    Every plugin that says what its settings look like.

    An account that was changed is opened anew; what is under way keeps the one it began with.
    """

    def __init__(
        self, context: ProviderContext, plugins: Mapping[str, Plugin], schemas: Mapping[str, Mapping[str, object]]
    ) -> None:
        self._context, self._plugins, self._schemas = context, plugins, schemas
        self._opened: dict[str, tuple[AccountSettings, PaymentProvider]] = {}

    def schema(self, provider: str) -> Mapping[str, object] | None:
        return self._schemas.get(provider)

    def open(self, account: AccountSettings) -> PaymentProvider:
        kept = self._opened.get(account.id)
        if kept is not None and kept[0] == account:
            return kept[1]
        plugin, prefix = self._plugins.get(account.provider), account.provider.upper()
        environment = {f"{prefix}_{name.upper()}": value for name, value in account.config.items()}
        made = plugin(replace(self._context, environment=environment, account_id=account.id)) if plugin else None
        if made is None:
            raise Unavailable(f"The payment provider {account.provider} cannot be used with account {account.id}.")
        self._opened[account.id] = (account, made)
        return made
