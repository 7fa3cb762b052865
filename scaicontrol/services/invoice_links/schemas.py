from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import Moment, Out


class InvoiceLinkOut(Out):
    """A link that a mail carried; the link itself is known to its reader only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ilk_01m851qp4yet0r2fk9wvt1p634",
                    "invoice_id": "inv_01m851qp4yet0r2fk9wvt1p634",
                    "created_at": "2026-02-01T06:00:00Z",
                    "expires_at": "2026-03-03T06:00:00Z",
                    "revoked_at": None,
                    "uses": 2,
                    "last_used_at": "2026-02-02T08:30:00Z",
                }
            ]
        }
    )

    id: str
    invoice_id: str
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    uses: int = Field(description="How often it was opened, by people or by programs that look at mails.")
    last_used_at: Moment | None
