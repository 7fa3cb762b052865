"""Platform-wide settings that operators edit at run time, one JSON value a key."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import JsonDocument, Model

from .work import UnitOfWork


class PlatformSetting(Model):
    __tablename__ = "platform_settings"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    version: Mapped[int] = mapped_column(default=1)


async def read(uow: UnitOfWork, key: str) -> dict[str, Any]:
    """Give a setting, or an empty mapping."""
    row = await uow.session.get(PlatformSetting, key)
    return dict(row.value) if row else {}


async def write(uow: UnitOfWork, key: str, value: dict[str, Any]) -> None:
    uow.authorize("platform:update")
    row = await uow.session.get(PlatformSetting, key, with_for_update=True)
    if row is None:
        uow.session.add(PlatformSetting(key=key, value=value))
    else:
        row.value, row.version = value, row.version + 1
