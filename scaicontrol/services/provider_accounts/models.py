from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.payment_ports import AccountSettings
from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import PartnerOwned


class ProviderAccount(PartnerOwned, Model):
    """
    An account that a seller has at a payment provider.

    Empty lists of currencies and countries serve all. Of the accounts that serve a charge the one of the highest
    `preference` takes it. One that is closed takes nothing new; what it took is asked about and given back there.
    """

    __tablename__ = "provider_accounts"
    __table_args__ = (Index("ix_provider_accounts_listed", "created_at", "id"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    provider: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    config: Mapped[dict[str, str]] = mapped_column(JsonDocument)
    currencies: Mapped[list[str]] = mapped_column(JsonDocument)
    countries: Mapped[list[str]] = mapped_column(JsonDocument)
    preference: Mapped[int]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"{self.provider} account {self.name}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def webhook_path(self) -> str:
        """Where the provider's webhooks of this account are sent to."""
        return f"/api/v1/webhooks/{self.provider}/{self.id}"

    @property
    def settings(self) -> AccountSettings:
        return AccountSettings(self.id, self.provider, self.config, self.version)

    def serves(self, currency: str, country: str | None) -> bool:
        """Tell whether it takes a currency from somebody in a country, None where that is not known."""
        in_currency = not self.currencies or currency in self.currencies
        return in_currency and (not self.countries or country is None or country in self.countries)
