from pydantic import ConfigDict, Field

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Currency, In, Moment, MomentIn, Out, Word

from .models import EntryKind, SourceType

_ENTRY = "led_01m851qp4yet0r2fk9wvt1p634"


class PostingOut(Out):
    """One side of an entry: more than nothing is debit, less is credit."""

    account: str = Field(examples=["receivables"])
    amount_cents: int


class EntryOut(Out):
    """One movement of the books; its postings sum to nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ENTRY,
                    "tenant_id": "tnt_acme",
                    "currency": "EUR",
                    "kind": "document_finalized",
                    "postings": [
                        {"account": "receivables", "amount_cents": 12100},
                        {"account": "revenue", "amount_cents": -10000},
                        {"account": "vat_payable", "amount_cents": -2100},
                    ],
                }
            ]
        }
    )

    id: str
    tenant_id: str
    partner_id: str
    currency: str
    kind: EntryKind
    occurred_at: Moment = Field(description="When it happened, such as when money moved.")
    source_type: SourceType
    source_id: str
    invoice_id: str | None = Field(description="The document whose account moves; none of a wallet.")
    about_id: str | None = Field(description="The payment, refund, dispute, credit or receivable behind it.")
    reverses_id: str | None = Field(description="The entry that it undoes.")
    created_at: Moment = Field(description="When it was written.")
    postings: list[PostingOut]


class EntryFilter(In):
    """Which entries of a list; what is left out does not narrow it."""

    partner_id: Id | None = Field(default=None, description="The seller whose books they stand in.")
    tenant_id: Id | None = None
    currency: Currency | None = None
    account: Word | None = Field(default=None, description="One side of it is on this account.")
    kind: EntryKind | None = Field(default=None, description="What happened.")
    source_type: SourceType | None = Field(default=None, description="Which kind of row it tells of.")
    source_id: Word | None = Field(default=None, description="The row it tells of.")
    invoice_id: Id | None = Field(default=None, description="The document whose account moves.")
    about_id: Word | None = Field(default=None, description="The payment, refund, dispute, credit or receivable.")
    occurred_from: MomentIn | None = Field(default=None, description="Not earlier than this moment.")
    occurred_before: MomentIn | None = Field(default=None, description="Earlier than this moment.")


class BalanceFilter(In):
    """Which balances; what is left out does not narrow it."""

    partner_id: Id | None = Field(default=None, description="The seller whose books they are.")
    tenant_id: Id | None = None
    currency: Currency | None = None
    before: MomentIn | None = Field(default=None, description="Only what happened earlier than this moment.")


class BalanceOut(Out):
    """What stands on an account of a seller in a currency; all accounts of both sum to nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partner_id": "par_nord",
                    "currency": "EUR",
                    "account": "receivables",
                    "debit_cents": 12100,
                    "credit_cents": 2100,
                    "balance_cents": 10000,
                }
            ]
        }
    )

    partner_id: str
    currency: str
    account: str
    debit_cents: int
    credit_cents: int
    balance_cents: int = Field(description="Debit less credit.")
