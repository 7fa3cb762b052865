from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.schemas import Country, DayIn, In, JsonObject, Moment, Out, Rate, RowVersion

from .lifecycle import SyncStatus

Account = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$"), Field(description="A ledger account.")
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$")]
LineKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]

_VAT: JsonDict = {"category": "S", "rate": "21.00", "country": "NL", "code": "1", "account": "1500"}
_MAPPING: JsonDict = {
    "debtor_account": "1300",
    "debtor_accounts": {},
    "credit_account": "1750",
    "revenue_accounts": {"default": "8000", "usage": "8010"},
    "payment_accounts": {"default": "1100"},
    "disputed_account": "1370",
    "dispute_fee_account": "4970",
    "loss_account": "2400",
    "wallet_account": "1760",
    "vat_codes": [_VAT],
}
_INTEGRATION: JsonDict = {
    "partner_id": "prt_northwind",
    "provider": "csv_journal",
    "name": "Books of Northwind",
    "config": {},
    "mapping": _MAPPING,
}


class VatCode(In):
    """What the books call VAT of a category (UNCL 5305), rate and buyer's country; no rate or country means any."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VAT]})

    category: Annotated[str, Field(pattern="^(S|AE|G|E|Z|O|K|L|M)$")]
    rate: Rate | None = None
    country: Country | None = None
    code: Code
    account: Account | None = Field(default=None, description="Where its VAT is booked, where there is any.")


class LedgerMapping(In):
    """
    Which account everything goes to.

    Revenue is looked up by the kind of a line (base, usage, one_time …), payments by their method; `default` is what
    holds where nothing else does. A line's own ledger code comes first. A tenant may have a debtor account of its own.
    What came beyond what was due stands on `credit_account` until it is used; without one it stays with the debtor.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_MAPPING]})

    debtor_account: Account | None = None
    debtor_accounts: dict[Id, Account] = Field(default_factory=dict, max_length=100_000)
    credit_account: Account | None = None
    revenue_accounts: dict[LineKind, Account] = Field(default_factory=dict, max_length=1000)
    payment_accounts: dict[LineKind, Account] = Field(default_factory=dict, max_length=1000)
    disputed_account: Account | None = Field(default=None, description="What providers withhold for disputes.")
    dispute_fee_account: Account | None = Field(default=None, description="What disputes cost by themselves.")
    wallet_account: Account | None = Field(default=None, description="What tenants have in their wallets.")
    loss_account: Account | None = Field(default=None, description="What a lost dispute costs that is written off.")
    vat_codes: list[VatCode] = Field(default_factory=list, max_length=1000)

    @model_validator(mode="after")
    def _once(self) -> "LedgerMapping":
        keys = [(each.category, each.rate, each.country) for each in self.vat_codes]
        if len(set(keys)) != len(keys):
            raise ValueError("vat_codes names the same category, rate and country twice")
        return self


class IntegrationIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [_INTEGRATION]})

    partner_id: Id | None = Field(default=None, description="Default: your own partner.")
    provider: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Name
    config: JsonObject = Field(default_factory=dict, description="As the provider's config_schema has it.")
    mapping: LedgerMapping = Field(default_factory=LedgerMapping)


class IntegrationPut(IntegrationIn):
    model_config = ConfigDict(json_schema_extra={"examples": [{**_INTEGRATION, "version": 1}]})

    is_active: bool = True
    version: RowVersion = Field(description="The version you saw; a stale one is 409.")


class SyncIn(In):
    """Days of issue or of the movement, both included."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-01-01", "to": "2026-01-31"}]})

    first: DayIn | None = Field(default=None, alias="from")
    last: DayIn | None = Field(default=None, alias="to")
    force: bool = Field(default=False, description="Export again what was exported before.")

    @model_validator(mode="after")
    def _in_order(self) -> "SyncIn":
        if self.first and self.last and self.last < self.first:
            raise ValueError("to must not lie before from")
        if self.force and not (self.first and self.last):
            raise ValueError("force needs from and to: say which days to export again")
        return self


class AccountingProviderOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"slug": "csv_journal", "display_name": "CSV journal", "kinds": [], "config_schema": {}}]
        }
    )

    slug: str
    display_name: str
    kinds: list[str]
    config_schema: dict[str, Any]


class IntegrationOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "aci_1", **_INTEGRATION, "version": 1}]})

    id: str
    partner_id: str
    provider: str
    name: str
    config: dict[str, Any]
    mapping: dict[str, Any]
    is_active: bool
    last_sync_at: Moment | None
    version: int
    created_at: Moment
    updated_at: Moment


class SyncItemOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "asi_1", "kind": "invoice", "number": "SCAI-2026-000001"}]}
    )

    id: str
    integration_id: str
    document_id: str
    kind: str
    number: str
    booked_on: date
    status: SyncStatus
    attempts: int
    due_at: Moment | None
    last_error: str | None
    synced_at: Moment | None
    artefact_name: str | None
    artefact_sha256: str | None
    artefact_fingerprint: str | None = Field(description="What the verifier of an archive prints.")
    artefact_url: str | None = None
    acknowledgement: str | None
    created_at: Moment


class TestedOut(Out):
    """One of the last documents, and what keeps it out of the books."""

    number: str
    kind: str
    problems: list[str]


class TestReport(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ready": True, "settings": [], "documents": [], "checked": 20}]}
    )

    ready: bool
    checked: int
    settings: list[str]
    documents: list[TestedOut] = Field(description="Those with problems.")


class SyncStarted(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"job_id": "accounting_sync", "queued": 12}]})

    job_id: str
    queued: int
