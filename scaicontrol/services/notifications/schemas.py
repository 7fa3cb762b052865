from pydantic import Field

from scaicontrol.core.schemas import Moment, Out


class NotificationOut(Out):
    id: str = Field(examples=["ntf_01m851qp4yet0r2fk9wvt1p634"])
    category: str = Field(examples=["billing"])
    severity: str = Field(examples=["info"])
    title: str = Field(examples=["Invoice SCAI-2026-000001 is ready"])
    body: str
    link: str | None
    read_at: Moment | None
    created_at: Moment


class MarkedOut(Out):
    updated: int = Field(examples=[3])
