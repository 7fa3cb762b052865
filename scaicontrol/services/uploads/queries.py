from collections.abc import Sequence

from sqlalchemy import Select, select

from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.work import UnitOfWork

from . import names
from .models import Upload


def visible(uow: UnitOfWork) -> Select[Upload]:
    """Every read starts here; a partner sees its own uploads and the platform's, the platform all."""
    uow.authorize("uploads:fetch")
    return select(Upload)


async def get(uow: UnitOfWork, upload_id: str) -> Upload:
    found: Upload | None = await uow.session.scalar(visible(uow).where(Upload.id == upload_id))
    if found is None:
        raise NotFound(f"No upload {upload_id}.")
    return found


async def find(uow: UnitOfWork, path: str) -> Upload | None:
    found: Upload | None = await uow.session.scalar(visible(uow).where(Upload.path == path))
    return found


async def recorded(uow: UnitOfWork, paths: Sequence[str]) -> set[str]:
    """Tell which of these paths have a row."""
    return set(await uow.session.scalars(visible(uow).with_only_columns(Upload.path).where(Upload.path.in_(paths))))


async def require_usable(uow: UnitOfWork, address: str, partner_id: str, field: str) -> str:
    """
    Give an address as it is to be stored: one of our own in its short form, any other unchanged.

    Raises Invalid when it is ours and names no picture of this partner or the platform.
    """
    name = names.named_by(address, uow.settings.public_base_url) or names.named_by(address)
    if name is None:
        return address
    found = await find(uow, name)
    if found is None or found.owner_partner_id not in (partner_id, names.PLATFORM):
        raise invalid(field, f"{name} is no upload of this partner; upload the picture first.")
    return names.ROOT + name
