from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Currency, In, Moment, MomentIn, Out, Price, Text

from .models import LotSource, WalletUseKind

Said = Annotated[Text, StringConstraints(min_length=1, max_length=255)]
Amount = Annotated[Price, Field(ge=1)]

_LOT: JsonDict = {
    "id": "wlt_01m851qp4yet0r2fk9wvt1p634",
    "tenant_id": "tnt_acme",
    "currency": "EUR",
    "source": "transfer",
    "amount_cents": 50_000,
    "remaining_cents": 32_000,
    "priority": 100,
    "expires_at": None,
    "reference": "ABN 4711",
}


class WalletUseOut(Out):
    """One use; positive takes, negative gives back of what the use `reverses_id` had taken."""

    id: str
    kind: WalletUseKind
    amount_cents: int
    invoice_id: str | None
    reverses_id: str | None
    reference: str | None
    recorded_by: str
    created_at: Moment


class WalletLotOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [_LOT]})

    id: str
    tenant_id: str
    partner_id: str
    currency: str
    source: LotSource
    amount_cents: int
    remaining_cents: int
    priority: int
    expires_at: Moment | None = Field(description="None of what was paid in: it does not expire.")
    received_at: Moment
    reference: str = Field(description="Of the transfer, or why it was given.")
    version: int
    created_at: Moment


class WalletLotDetail(WalletLotOut):
    """A lot with everything that became of it, and what may be done with it now."""

    uses: list[WalletUseOut]
    available_actions: list[str]


class WalletFilter(In):
    """Which lots of a list; what is left out does not narrow it."""

    tenant_id: Id | None = None
    partner_id: Id | None = None
    currency: Currency | None = None
    source: LotSource | None = Field(default=None, description="Where it came from.")
    is_open: bool | None = Field(default=None, description="Whether anything of it remains.")


class WalletBalance(Out):
    """What a tenant has in its wallet in one currency; `promotional_cents` is the part that the seller gave."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"currency": "EUR", "available_cents": 37_000, "promotional_cents": 5000, "next_expires_at": None}
            ]
        }
    )

    currency: str
    available_cents: int
    promotional_cents: int
    next_expires_at: Moment | None = Field(description="When the first of what was given ends.")


class TopUpIn(In):
    """Money that was paid in outside any provider."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"tenant_id": "tnt_acme", "currency": "EUR", "amount_cents": 50_000, "reference": "ABN 4711",
                 "received_at": "2026-01-15T00:00:00Z"}
            ]
        }
    )  # fmt: skip

    tenant_id: Id
    currency: Currency
    amount_cents: Amount
    reference: Said = Field(description="Of the transfer, as on the bank statement.")
    received_at: MomentIn = Field(description="When the money came; not later than tomorrow.")


class GrantIn(In):
    """What the seller gives; it expires, is used first, and is not paid back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"tenant_id": "tnt_acme", "currency": "EUR", "amount_cents": 5000, "priority": 10,
                 "expires_at": "2027-01-15T00:00:00Z", "reason": "Welcome"}
            ]
        }
    )  # fmt: skip

    tenant_id: Id
    currency: Currency
    amount_cents: Amount
    expires_at: MomentIn
    priority: int = Field(default=100, ge=0, le=1000, description="The lowest is used first.")
    reason: Said


class WalletRefundIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_cents": 32_000, "reference": "ABN 4712"}]})

    amount_cents: Amount | None = Field(default=None, description="Default: all that remains.")
    reference: Said = Field(description="Of the transfer that was made.")


class WalletExpireIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Given by mistake"}]})

    reason: Said
