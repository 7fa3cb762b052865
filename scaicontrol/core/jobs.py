"""What crosses an edge about jobs; their leases are in `leases.py`."""

from pydantic import Field

from .schemas import Moment, Out


class JobOut(Out):
    """What a job last did, and when it is due again."""

    name: str = Field(examples=["monthly_invoice_generator"])
    holder: str | None
    last_due_at: Moment | None
    last_started_at: Moment | None
    last_finished_at: Moment | None
    last_result: str | None = Field(examples=["ok: 2"])
    every_seconds: int | None = Field(description="Its pace at the last run.")
    next_due_at: Moment | None


class StartedOut(Out):
    """The job that was woken; what it did stands among the jobs."""

    job_id: str = Field(examples=["identity_reconciliation"])
