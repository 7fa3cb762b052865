"""Pictures fit for print: what PDF/A-3 can hold and what a page needs, or a refusal that says why."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from scaicontrol.core.errors import Invalid, invalid

BYTES_MAX = 5_000_000
PIXELS_MAX = 40_000_000
EDGE_MAX = 2400  # pixels: eight inches, the width of a page, at 300 to the inch
_AS_THEY_ARE = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_MAGIC: Final = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}


def format_of(body: bytes) -> str | None:
    """Tell PNG, JPEG and WEBP by their first bytes; a name or a declared type says nothing."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    return next((name for name, magic in _MAGIC.items() if body.startswith(magic)), None)


def stripped(body: bytes, kind: str, edge_max: int = EDGE_MAX) -> tuple[bytes, tuple[int, int]]:
    """
    Write a picture anew, of an animation the first one, and give it with its size.

    What is not picture stays behind: EXIF, comments, profiles, previews, and whatever was put after the end. It is
    turned as its camera said, in sRGB, and scaled to `edge_max`. Raises Invalid like `for_print`.
    """
    with _opened(body, kind) as picture:
        profile = picture.info.get("icc_profile")
        lossless = body[12:16] == b"VP8L"
        with _whole():
            picture.load()
        upright = ImageOps.exif_transpose(picture)
        if upright.mode not in _AS_THEY_ARE or (profile and upright.mode in {"RGB", "RGBA"}):
            upright = _in_srgb(upright, profile)
        elif upright.mode == "P" and max(upright.size) > edge_max:
            upright = upright.convert("RGBA")
        upright.thumbnail((edge_max, edge_max), Image.Resampling.LANCZOS)
        upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
        out = BytesIO()
        match kind:
            case "JPEG":
                upright.save(out, "JPEG", quality=90, subsampling=0)
            case "WEBP":
                upright.save(out, "WEBP", lossless=lossless, quality=90)
            case _:
                upright.save(out, "PNG", optimize=True)
        return out.getvalue(), upright.size


def for_print(body: bytes) -> bytes:
    """
    Give a raster picture in sRGB and at most 2,400 pixels long; one that already is comes back as it was.

    CMYK and other colours are converted by their own profile, or plainly without one. Raises Invalid for what is no
    picture, more than 5 MB, or more than 40 million pixels. The same bytes always give the same bytes.
    """
    with _opened(body) as picture:
        if picture.mode in _AS_THEY_ARE and max(picture.size) <= EDGE_MAX:
            picture.verify()
            return body
        return _converted(picture)


@contextmanager
def _opened(body: bytes, kind: str | None = None) -> Iterator[Image.Image]:
    """Open a picture whose header keeps our limits; whatever goes wrong while it is read is a refusal."""
    if len(body) > BYTES_MAX:
        raise refused(f"is larger than {BYTES_MAX // 1_000_000} MB; save it smaller")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below its
            picture = Image.open(BytesIO(body), formats=[kind] if kind else None)
            if picture.width * picture.height > PIXELS_MAX:
                raise refused(f"has {picture.width} × {picture.height} pixels; {EDGE_MAX} a side are enough")
            yield picture
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise refused(f"cannot be read ({error}); save it again as PNG or JPEG") from error


@contextmanager
def _whole() -> Iterator[None]:
    """Let half a picture be an error: WeasyPrint, where it is imported, has Pillow fill the rest with grey."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _converted(picture: Image.Image) -> bytes:
    picture.load()
    profile, is_photo = picture.info.get("icc_profile"), picture.format == "JPEG"
    if picture.mode not in _AS_THEY_ARE:
        picture, profile = _in_srgb(picture, profile), None
    elif picture.mode == "P":
        picture = picture.convert("RGBA")
    picture.thumbnail((EDGE_MAX, EDGE_MAX), Image.Resampling.LANCZOS)
    out = BytesIO()
    if is_photo:
        picture.save(out, "JPEG", quality=90, subsampling=0, icc_profile=profile)
    else:
        picture.save(out, "PNG", icc_profile=profile)
    return out.getvalue()


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off instead of scaling them
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode == "RGBA":
        opaque = _in_srgb(picture.convert("RGB"), profile)
        opaque.putalpha(picture.getchannel("A"))
        return opaque
    if profile and picture.mode in {"CMYK", "RGB"}:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return picture.convert("RGB")  # a profile that is broken, or of other colours, says nothing
        if converted is not None:
            return converted
    return picture.convert("RGB")


def refused(why: str) -> Invalid:
    """Refuse a picture in one sentence that begins with it."""
    return invalid("image", f"The picture {why}.", "image_unusable")
