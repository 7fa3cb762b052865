from typing import Literal

from pydantic import Field

from scaicontrol.core.schemas import Moment, Out

Category = Literal["billing", "subscription", "provisioning", "usage", "security", "system"]
Severity = Literal["info", "warning", "error"]


class NotificationOut(Out):
    """A notice as one reader sees it: `read_at` is when the caller read it."""

    id: str = Field(examples=["ntf_01m851qp4yet0r2fk9wvt1p634"])
    category: Category = Field(examples=["billing"])
    severity: Severity = Field(examples=["info"])
    title: str = Field(examples=["Invoice SCAI-2026-000001 is ready"])
    body: str
    link: str | None
    read_at: Moment | None
    created_at: Moment


class MarkedOut(Out):
    updated: int = Field(examples=[3])
