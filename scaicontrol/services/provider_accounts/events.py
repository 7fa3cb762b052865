from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class ProviderAccountFact(DomainEvent):
    resource: ClassVar[str] = "account_id"
    public: ClassVar[bool] = False

    account_id: str
    partner_id: str
    provider: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class ProviderAccountCreated(ProviderAccountFact):
    """A seller takes payments through this account, too."""

    topic: ClassVar[str] = "provider_account.created"


class ProviderAccountUpdated(ProviderAccountFact):
    """Its name, credentials, or what it serves changed."""

    topic: ClassVar[str] = "provider_account.updated"


class ProviderAccountPreferred(ProviderAccountFact):
    """It became the default for what it serves."""

    topic: ClassVar[str] = "provider_account.preferred"


class ProviderAccountClosed(ProviderAccountFact):
    """It takes nothing new from now on."""

    topic: ClassVar[str] = "provider_account.closed"
