"""The contract's answer shapes (§4.1)."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from scaicontrol.core.refusals import RefusalCode

T = TypeVar("T")


class Meta(BaseModel):
    request_id: str = Field(examples=["req_01m851qp4yet0r2fk9wvt1p634"])
    timestamp: str = Field(examples=["2026-11-22T10:00:00Z"])


class Pagination(BaseModel):
    page: int = Field(examples=[1])
    page_size: int = Field(examples=[25])
    total: int = Field(examples=[1])
    total_pages: int = Field(examples=[1])
    next: str | None = Field(description="Send it as `after` for the rows behind these; null at the end.")


class One(BaseModel, Generic[T]):
    """A single object."""

    data: T
    meta: Meta


class Many(BaseModel, Generic[T]):
    """A list that is never paged."""

    data: list[T]
    meta: Meta


class Paged(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    pagination: Pagination
    meta: Meta


class FeedOf(BaseModel, Generic[T]):
    """A stretch of a feed; `next` continues it and is null at the end."""

    data: list[T]
    next: str | None
    meta: Meta


class DeletedOut(BaseModel):
    deleted: bool = True


class ReasonOut(BaseModel):
    code: RefusalCode | str = Field(examples=["seller_incomplete"])
    field: str | None = Field(default=None, examples=["seller_city"])
    message: str = Field(examples=["The seller's city is missing."])
    rule: str | None = Field(default=None, examples=["BR-DE-3"])
    fix: str | None = Field(default=None, examples=["Fill it in on the partner."])
    values: dict[str, str] | None = Field(default=None, examples=[{"status": "cancelling"}])


class RefusedFor(BaseModel):
    """The change plan that would allow what was refused."""

    id: str = Field(examples=["cpl_01m851qp4yet0r2fk9wvt1p634"])
    plan_hash: str = Field(examples=["0" * 64])
    status: str = Field(examples=["pending_approval"])
    requires_approval: bool
    policy_rule: str | None = Field(examples=["voids"])
    expires_at: str = Field(examples=["2026-11-25T10:00:00Z"])


class ErrorBody(BaseModel):
    code: str = Field(examples=["not_found"])
    message: str = Field(examples=["No invoice inv_01m851qp4yet0r2fk9wvt1p634."])
    request_id: str = Field(examples=["req_01m851qp4yet0r2fk9wvt1p634"])
    reasons: list[ReasonOut] | None = None
    change_plan: RefusedFor | None = None


class ErrorOut(BaseModel):
    """What every refused request gets."""

    error: ErrorBody


class ValidationErrorOut(ErrorOut):
    """A request whose shape or values are wrong: `detail` names each field."""

    detail: list[dict[str, Any]]
