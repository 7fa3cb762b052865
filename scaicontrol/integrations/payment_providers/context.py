"""What a plugin is, and what it is made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scaicontrol.core.clock import Clock
from scaicontrol.core.payment_ports import PaymentProvider
from scaicontrol.core.ports import Vault
from scaicontrol.core.settings import Settings


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """
    What a provider may use; `environment` holds its own variables, such as `MOLLIE_API_KEY_VAULT_PATH`.

    For an account of a seller they are its settings, and `account_id` is the last part of its webhook's address.
    """

    settings: Settings
    vault: Vault
    clock: Clock
    environment: Mapping[str, str]
    account_id: str = ""


Plugin = Callable[[ProviderContext], PaymentProvider | None]
