from enum import StrEnum

from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import Moment, Out
from scaicontrol.services.usage.schemas import PointOut, Quantity


class ExplainedPart(StrEnum):
    line = "line"
    vat = "vat"
    total = "total"
    seal = "seal"


class Explained(Out):
    """One amount and how it came about; `computed_cents` is None where a person stated the amount."""

    part: ExplainedPart
    id: str | None = Field(description="The line's id, or category and rate of a VAT group, such as S:21.00.")
    title: str
    stored_cents: int | None
    computed_cents: int | None
    matches: bool
    sentences: list[str]


class Explanation(Out):
    """Everything a document says, worked out again; `matches` only when each part does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "invoice_id": "inv_1",
                    "number": "SCAI-2026-000001",
                    "currency": "EUR",
                    "language": "en",
                    "matches": True,
                    "parts": [
                        {
                            "part": "line",
                            "id": "ili_1",
                            "title": "Pro plan",
                            "stored_cents": 5700,
                            "computed_cents": 5700,
                            "matches": True,
                            "sentences": ["3 × €19.00 for the whole period: €57.00."],
                        }
                    ],
                }
            ]
        }
    )

    invoice_id: str
    number: str | None
    currency: str
    language: str
    matches: bool
    parts: list[Explained]


class LineUseOut(Out):
    """The use behind a line: what it was charged for, what it comes to now, and its days (UTC)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "line_id": "ili_1", "service_slug": "scaidrive", "metric_slug": "api_calls",
                    "counted_from": "2026-11-01T00:00:00Z",
                    "counted_until": "2026-12-01T00:00:00Z", "charged_quantity": "812", "quantity": "812",
                    "is_unchanged": True, "days": [],
                }
            ]
        }
    )  # fmt: skip

    line_id: str
    service_slug: str
    metric_slug: str
    counted_from: Moment
    counted_until: Moment
    charged_quantity: Quantity
    quantity: Quantity
    is_unchanged: bool = Field(description="False where records came or were corrected since it was charged.")
    days: list[PointOut]


class UseRecordOut(Out):
    """One record of use, as its service reported it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "usg_1", "idempotency_key": "req-8f2c", "quantity": "12",
                    "occurred_at": "2026-11-22T10:00:00Z",
                    "corrects": None,
                }
            ]
        }
    )  # fmt: skip

    id: str
    idempotency_key: str
    quantity: Quantity
    occurred_at: Moment
    corrects: str | None = Field(description="The key of the record that it takes away from.")
