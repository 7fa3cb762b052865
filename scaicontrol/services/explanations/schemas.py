from enum import StrEnum

from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import Out


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
