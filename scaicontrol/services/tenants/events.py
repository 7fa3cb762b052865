from datetime import datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class TenantFact(DomainEvent):
    resource: ClassVar[str] = "tenant_id"

    tenant_id: str
    partner_id: str


class TenantBillingLinked(TenantFact):
    """The tenant gave its first billing profile: it can buy."""

    topic: ClassVar[str] = "tenant.billing_linked"

    scaicontrol_customer_id: str
    linked_at: datetime
    company_name: str | None
    country_code: str | None
    vat_number: str | None


class TenantBillingUpdated(TenantFact):
    """The billing profile changed; documents finalised before keep the old one."""

    topic: ClassVar[str] = "tenant.billing_updated"

    scaicontrol_customer_id: str
    updated_at: datetime
    changed_fields: list[str]
    company_name: str | None
    country_code: str | None
    vat_number: str | None
    contact_email: str | None
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class TenantPreferencesChanged(TenantFact):
    """The tenant chose how the portal speaks and what it is told about."""

    topic: ClassVar[str] = "tenant.preferences_changed"
    public: ClassVar[bool] = False

    changed_fields: list[str]
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"
