"""Pictures: icons, and images for templates and letterheads."""

from pathlib import Path

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, NotFound
from scaicontrol.services import uploads
from scaicontrol.services.uploads import Limits
from scaicontrol.services.uploads.schemas import UploadOut

from .door import command

app = typer.Typer(name="uploads", no_args_is_help=True, help="Pictures: icons, and images for templates.")


@command(app, changes=True)
async def icon(backend: Backend, actor: Actor, file: Path) -> UploadOut:
    """Store an icon and print its address."""
    stored = await uploads.upload_icon(backend, actor, _read(file, uploads.ICON))
    return UploadOut.at(stored.path, backend.settings.public_base_url)


@command(app, changes=True)
async def template_image(backend: Backend, actor: Actor, file: Path) -> UploadOut:
    """Store an image for templates and letterheads and print its address; act --as somebody to store it as theirs."""
    stored = await uploads.upload_template_image(backend, actor, _read(file, uploads.TEMPLATE_IMAGE))
    return UploadOut.at(stored.path, backend.settings.public_base_url)


def _read(file: Path, limits: Limits) -> bytes:
    try:
        with file.open("rb") as opened:
            body = opened.read(limits.bytes_max + 1)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error
    if len(body) > limits.bytes_max:
        raise Invalid(limits.sentence)
    return body
