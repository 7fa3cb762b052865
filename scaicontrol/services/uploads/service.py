"""
Taking pictures in and giving them out.

Clean and store (no transaction), record (transaction). The name follows from the bytes, so doing it again is harmless.
"""

from dataclasses import dataclass
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from . import names, queries
from .cleaning import clean
from .events import UploadStored
from .kinds import ICON, MEDIA_TYPES, TEMPLATE_IMAGE, Limits, Picture, kind_of
from .models import Upload

_ICONS: Final = "icons:upload"
_TEMPLATE_IMAGES: Final = "template_images:upload"


@verb
async def upload_icon(backend: Backend, actor: Actor, body: bytes) -> Upload:
    """Keep an icon of a service or pack for everybody to see; Invalid says why a picture cannot be taken."""
    actor.require(_ICONS)
    return await _upload(backend, actor, _ICONS, names.ICONS, ICON, body)


@verb
async def upload_template_image(backend: Backend, actor: Actor, body: bytes) -> Upload:
    """
    Keep a picture for one's templates and letterhead; the platform's may be used by every partner.

    Raises Invalid for a picture that cannot be taken, with the reason.
    """
    actor.require(_TEMPLATE_IMAGES)
    return await _upload(backend, actor, _TEMPLATE_IMAGES, names.TEMPLATE_IMAGES, TEMPLATE_IMAGE, body)


async def _upload(backend: Backend, actor: Actor, permission: str, folder: str, limits: Limits, body: bytes) -> Upload:
    picture = await clean(body, limits)
    name = names.name_for(folder, actor.partner_id or names.PLATFORM, picture)
    await backend.ports.objects.put(name, picture.body, picture.media_type)
    try:
        kept = await backend.perform(actor, record, permission, name, picture)
    except Conflict:  # a twin recorded the same picture at the same moment
        kept = await backend.perform(actor, record, permission, name, picture)
    # Again: had the object lain there without a row, a sweep may have taken it before ours was written.
    await backend.ports.objects.put(name, picture.body, picture.media_type)
    return kept


async def record(uow: UnitOfWork, permission: str, name: str, picture: Picture) -> Upload:
    """Write down whose a stored picture is; the same one again is the row that is there."""
    uow.authorize(permission)
    known = await queries.find(uow, name)
    if known is not None:
        return known
    width, height = picture.size or (None, None)
    kept = Upload(
        id=new_id("upl"),
        owner_partner_id=names.owner_of(name),
        path=name,
        media_type=picture.media_type,
        bytes=len(picture.body),
        width=width,
        height=height,
        uploaded_by=uow.actor.id,
    )
    uow.session.add(kept)
    uow.emit(
        UploadStored(
            upload_id=kept.id,
            owner_partner_id=kept.owner_partner_id,
            path=name,
            media_type=kept.media_type,
            bytes=kept.bytes,
        ),
        after={"path": name, "media_type": kept.media_type, "bytes": kept.bytes},
    )
    return kept


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A stored picture as it goes out; its digest is part of its name."""

    body: bytes
    media_type: str
    digest: str


async def fetch(backend: Backend, actor: Actor, path: str) -> StoredPicture:
    """Give a stored picture to anybody. Whatever else lies in the store is not found, as if it were not there."""
    actor.require("uploads:fetch")
    if not names.is_name(path):
        raise NotFound(f"There is no upload {path[:200]}.")
    try:
        body = await backend.ports.objects.get(path)
    except NotFound as error:
        raise NotFound(f"There is no upload {path}.") from error
    kind = kind_of(body)
    if kind is None:
        raise NotFound(f"There is no upload {path}.")
    return StoredPicture(body, MEDIA_TYPES[kind], path.rsplit("/", 1)[-1].partition(".")[0])
