"""Pictures as people send them."""

from io import BytesIO
from typing import Any

from PIL import Image

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import uploads

from . import petra

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><rect width="60" height="20" fill="navy"/></svg>'


def picture(
    kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (60, 20), *, colour: int = 90, **options: Any
) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    bands = len(Image.new(mode, (1, 1)).getbands())
    Image.new(mode, size, colour if bands == 1 else (colour, 30, 160, 120)[:bands]).save(out, kind, **options)
    return out.getvalue()


async def uploaded(backend: Backend, body: bytes | None = None, *, by: Actor = petra) -> str:
    """The address of a template image, as a template names it."""
    kept = await uploads.upload_template_image(backend, by, body or picture())
    return uploads.ROOT + kept.path
