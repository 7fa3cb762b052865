from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import In, JsonObject, Moment, Out, Text, Word

_WORKFLOW: dict[str, Any] = {
    "workflow_id": "wfl_01m851qp4yet0r2fk9wvt1p634",
    "service_slug": "scaidrive",
    "action": "provision",
    "status": "completed",
    "subscription_id": "sub_01m851qp4yet0r2fk9wvt1p634",
    "steps": [{"name": "validate", "status": "completed", "attempts": 1}],
    "endpoint": "https://acme.drive.example.com",
    "created_at": "2026-01-15T09:00:00Z",
    "updated_at": "2026-01-15T09:00:04Z",
}

_DETAIL: dict[str, Any] = {
    "tenant_id": "tnt_acme",
    "partner_id": "prt_northwind",
    "plan_key": "scaidrive.pro",
    "quantity": 5,
    "forced": False,
    "failures": 0,
    "steps": [{"name": "validate", "status": "completed", "attempts": 1, "retries": 0}],
    "completed_at": "2026-01-15T09:00:04Z",
}


class CallbackIn(In):
    """What a service reports about a step it was asked to do; the token is the credential."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "callback_token": "b8bU0s1xq2C5mV9wR3tY7uI1oP4aS6dF8gH0jK2lZ4E",
                    "status": "success",
                    "endpoint": "https://acme.drive.example.com",
                }
            ]
        }
    )

    callback_token: Annotated[str, Field(min_length=1, max_length=200)]
    status: Literal["success", "failed", "in_progress"]
    endpoint: Annotated[str, Field(max_length=500)] | None = None
    credentials: Annotated[dict[Word, Text], Field(max_length=50)] | None = None
    error_message: Annotated[str, Field(max_length=2000)] | None = None
    metadata: JsonObject | None = None


class CallbackOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"accepted": True}]})

    accepted: bool = True


class ForceCompleteIn(In):
    """End a workflow as completed whatever its steps say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Set up by hand with the vendor."}]})

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class StepOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": _WORKFLOW["steps"]})

    name: str
    status: str
    attempts: int
    started_at: Moment | None = None
    finished_at: Moment | None = None
    error_message: str | None = None


class WorkflowOut(Out):
    """The answer of the status endpoints (contract §12.4)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WORKFLOW]})

    workflow_id: str = Field(validation_alias="id")
    service_slug: str
    action: str
    status: str
    subscription_id: str
    steps: list[StepOut]
    endpoint: str | None = None
    created_at: Moment
    updated_at: Moment


class StepDetailOut(StepOut):
    model_config = ConfigDict(json_schema_extra={"examples": _DETAIL["steps"]})

    retries: int
    next_run_at: Moment | None = None
    deadline_at: Moment | None = None
    error_code: str | None = None
    result: dict[str, Any] | None = None


class WorkflowDetailOut(WorkflowOut):
    """A workflow with its calls and errors, for operators."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WORKFLOW | _DETAIL]})

    tenant_id: str
    partner_id: str
    plan_key: str
    quantity: int
    forced: bool
    failures: int
    failed_step: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    rollback_at: Moment | None = None
    completed_at: Moment | None = None
    steps: list[StepDetailOut]  # type: ignore[assignment]  # a list of a narrower step
