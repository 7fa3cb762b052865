from datetime import date
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.i18n import Language
from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import DayIn, EmptyIsNone, In, MailAddress, Moment, OneLine, Out, Text

from .lifecycle import CancellationKind, DeclarationKind, Outcome

Line = Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine]


class DeclarationIn(In):
    """What a consumer types; nothing of it needs to be known to us."""

    kind: DeclarationKind
    submission_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    language: Language = "en"
    name: Line
    contract: Line
    email: MailAddress
    identification: Annotated[Annotated[str, StringConstraints(max_length=500)] | None, EmptyIsNone] = None
    cancellation_kind: CancellationKind | None = None
    reason: Annotated[Annotated[str, StringConstraints(max_length=5000)] | None, EmptyIsNone] = None
    wanted_end: Annotated[DayIn | None, EmptyIsNone] = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.kind is DeclarationKind.withdrawal:
            if self.cancellation_kind or self.wanted_end or self.reason:
                raise ValueError("a withdrawal needs neither kind nor day nor reason")
        elif self.cancellation_kind is None:
            raise ValueError("cancellation_kind is missing")
        elif self.cancellation_kind is CancellationKind.extraordinary and not self.reason:
            raise ValueError("an extraordinary cancellation gives its reason")
        return self


class CarryOutIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"subscription_id": "sub_1", "gives_back": True}]})

    subscription_id: Id | None = Field(default=None, description="Empty: the contract that was found.")
    gives_back: bool = Field(default=True, description="Of a withdrawal: draft credit notes over what it was billed.")
    note: Annotated[Text | None, EmptyIsNone] = Field(default=None, description="For the consumer, in the mail.")


class DeclineIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "No contract of this number is yours."}]})

    note: Text = Field(description="Why; the consumer reads it.")


class DeclarationFilter(In):
    kind: DeclarationKind | None = Field(default=None, description="Only withdrawals, or only cancellations.")
    is_open: bool | None = Field(default=None, description="Whether nobody has decided about it.")


_EXAMPLE: JsonDict = {
    "id": "dcl_01m851qp4yet0r2fk9wvt1p634", "partner_id": "prt_northwind", "kind": "withdrawal", "name": "Lena Vogel",
    "submitted_at": "2026-07-01T09:30:00Z", "language": "de", "contract": "sub_1", "email": "lena@vogel.example",
    "identification": None, "cancellation_kind": None, "reason": None, "wanted_end": None,
    "found_tenant_id": "tnt_vogel", "found_subscription_id": "sub_1", "is_sender_known": True, "outcome": None,
    "note": None, "decided_at": None, "decided_by": None, "subscription_id": None, "ends_at": None,
}  # fmt: skip


class DeclarationOut(Out):
    """What was declared, what was found, and what was made of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    partner_id: str
    kind: DeclarationKind
    submitted_at: Moment
    language: Language
    name: str
    identification: str | None
    contract: str
    email: str
    cancellation_kind: CancellationKind | None
    reason: str | None
    wanted_end: date | None
    found_tenant_id: str | None
    found_subscription_id: str | None
    is_sender_known: bool = Field(description="Whether the tenant that was found is reached at this address.")
    outcome: Outcome | None = None
    note: str | None = None
    decided_at: Moment | None = None
    decided_by: str | None = None
    subscription_id: str | None = None
    ends_at: Moment | None = None


class DeclarationDetail(DeclarationOut):
    """With what the contract that was found allows."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE | {"is_consumer": True, "withdrawal_ends_at": None, "available_actions": ["decline"]}]
        }
    )

    is_consumer: bool | None = Field(description="Whether the tenant that was found buys as a consumer.")
    withdrawal_ends_at: Moment | None = Field(
        description="Until when the contract that was found may be withdrawn from."
    )
    available_actions: list[str]
