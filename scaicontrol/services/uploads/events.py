from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class UploadStored(DomainEvent):
    """A picture was stored for the first time; an empty owner is the platform."""

    topic: ClassVar[str] = "upload.stored"
    resource: ClassVar[str] = "upload_id"
    public: ClassVar[bool] = False

    upload_id: str
    owner_partner_id: str
    path: str
    media_type: str
    bytes: int

    def owners(self) -> tuple[str | None, str | None]:
        return self.owner_partner_id or None, None
