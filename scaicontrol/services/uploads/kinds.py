"""Which pictures are taken, told by their bytes, and what becomes of them before they are kept."""

from dataclasses import dataclass
from typing import Final

from scaicontrol.media import images

from . import svg

MEDIA_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}
_RASTER: Final = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may come in, and how long its longer side is when it is kept."""

    bytes_max: int
    edge_max: int

    @property
    def sentence(self) -> str:
        return f"The picture is larger than {self.bytes_max // 1_000_000} MB; save it smaller."


ICON: Final = Limits(2_000_000, 512)
TEMPLATE_IMAGE: Final = Limits(images.BYTES_MAX, images.EDGE_MAX)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept; the size of a drawing is None, since it has none of its own."""

    body: bytes
    kind: str
    size: tuple[int, int] | None = None

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind]


def kind_of(body: bytes) -> str | None:
    """Tell the kind by the bytes: png, jpg, webp, svg, or none of them."""
    if found := images.format_of(body):
        return _RASTER[found]
    return "svg" if svg.looks_like_one(body) else None


def cleaned(body: bytes, limits: Limits) -> Picture:
    """
    Write a picture anew without anything that is not picture, or raise Invalid with the reason.

    Large ones are scaled down, CMYK becomes sRGB, an animation its first picture, a drawing what the allow-list knows.
    """
    if len(body) > limits.bytes_max:
        raise images.refused(limits.sentence.removeprefix("The picture ").removesuffix("."))
    kind = kind_of(body)
    if kind is None:
        raise images.refused("is no PNG, JPEG, WebP or SVG, whatever its name says; save it as one of these")
    if kind == "svg":
        return Picture(svg.cleaned(body), kind)
    written, size = images.stripped(body, images.format_of(body) or "", limits.edge_max)
    if len(written) > limits.bytes_max:
        raise images.refused(limits.sentence.removeprefix("The picture ").removesuffix("."))
    return Picture(written, kind, size)
