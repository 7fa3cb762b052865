from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import In, InvoicedCurrency, Moment, OneLine, Out, RowVersion

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Setting = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_CONFIG: JsonDict = {
    "secret_key_vault_path": "partners/prt_northwind/stripe#key",
    "webhook_secret_vault_path": "partners/prt_northwind/stripe#hook",
}


class ProviderAccountIn(In):
    """Secrets are references to the vault; below `partners/<the seller>/` where a seller's own people name them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"provider": "stripe", "name": "Stripe NL", "config": _CONFIG, "currencies": ["EUR"]}]
        }
    )

    partner_id: Id | None = Field(default=None, description="The seller; left out: one's own.")
    provider: Slug
    name: Annotated[str, StringConstraints(min_length=1, max_length=100), OneLine]
    config: Annotated[dict[str, Setting], Field(max_length=20)]
    currencies: Annotated[list[InvoicedCurrency], Field(max_length=50)] = Field(
        default=[], description="What it takes; empty: every currency of the provider."
    )
    countries: Annotated[list[Country], Field(max_length=250)] = Field(default=[], description="Of buyers; empty: all.")


class ProviderAccountPut(In):
    """Everything that can change of an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Stripe NL", "config": _CONFIG, "currencies": ["EUR"], "countries": [], "version": 1}]
        }
    )

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), OneLine]
    config: Annotated[dict[str, Setting], Field(max_length=20)]
    currencies: Annotated[list[InvoicedCurrency], Field(max_length=50)] = Field(default=[])
    countries: Annotated[list[Country], Field(max_length=250)] = Field(default=[])
    version: RowVersion


class ProviderAccountOut(Out):
    id: str = Field(examples=["pac_01m851qp4yet0r2fk9wvt1p634"])
    partner_id: str
    provider: str = Field(examples=["stripe"])
    name: str
    config: dict[str, str] = Field(description="No secrets: references to the vault.")
    currencies: list[str]
    countries: list[str]
    preference: int = Field(description="Of those that serve a charge the highest takes it.")
    closed_at: Moment | None
    version: int
    webhook_path: str = Field(examples=["/api/v1/webhooks/stripe/pac_01m851qp4yet0r2fk9wvt1p634"])
    created_at: Moment


class ProviderCheckOut(Out):
    """Whether the provider accepts the credentials; nothing was moved."""

    is_accepted: bool
    problem: str | None
