from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, Model
from scaicontrol.db.tenant_filter import PartnerShared


class Upload(PartnerShared, Model):
    """A picture in the store: who brought it. An empty owner is the platform; rows are never changed or deleted."""

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("path"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    uploaded_by: Mapped[str] = mapped_column(String(100))

    def __str__(self) -> str:
        return f"upload {self.path}"
