"""Platform-wide settings that operators edit at run time, one JSON value a key."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import JsonDocument, Model

from .errors import Conflict
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


async def version_of(uow: UnitOfWork, key: str) -> int:
    """Give the version of a setting, 0 for one nobody has set."""
    row = await uow.session.get(PlatformSetting, key)
    return row.version if row else 0


async def write(uow: UnitOfWork, key: str, value: dict[str, Any], version: int | None = None) -> int:
    """Set a value and give its new version; Conflict when somebody set it after `version` was read."""
    uow.authorize("platform:update")
    row = await uow.session.get(PlatformSetting, key, with_for_update=True)
    if version is not None and version != (row.version if row else 0):
        raise Conflict(f"The setting {key} was changed meanwhile: it is at version {row.version if row else 0}.")
    if row is None:
        row = PlatformSetting(key=key, value=value, version=1)
        uow.session.add(row)
    else:
        row.value, row.version = value, row.version + 1
    return row.version
