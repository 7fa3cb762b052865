"""Pictures fit for print: what PDF/A-3 can hold and what a page needs, or a refusal that says why."""

import warnings
from io import BytesIO

from PIL import Image, ImageCms, UnidentifiedImageError

from .errors import Invalid, invalid

BYTES_MAX = 5_000_000
PIXELS_MAX = 40_000_000
EDGE_MAX = 2400  # pixels: eight inches, the width of a page, at 300 to the inch
_AS_THEY_ARE = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


def for_print(body: bytes) -> bytes:
    """
    Give a raster picture in sRGB and at most 2,400 pixels long; one that already is comes back as it was.

    CMYK and other colours are converted by their own profile, or plainly without one. Raises Invalid for what is no
    picture, more than 5 MB, or more than 40 million pixels. The same bytes always give the same bytes.
    """
    if len(body) > BYTES_MAX:
        raise _refused(f"is larger than {BYTES_MAX // 1_000_000} MB; save it smaller")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below its
            picture = Image.open(BytesIO(body))
            if picture.width * picture.height > PIXELS_MAX:
                raise _refused(f"has {picture.width} × {picture.height} pixels; {EDGE_MAX} a side are enough")
            if picture.mode in _AS_THEY_ARE and max(picture.size) <= EDGE_MAX:
                picture.verify()
                return body
            return _converted(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise _refused(f"cannot be read ({error}); save it again as PNG or JPEG") from error


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
    if profile and picture.mode == "CMYK":
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return picture.convert("RGB")  # a profile that is broken, or of other colours, says nothing
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _refused(why: str) -> Invalid:
    return invalid("image", f"The picture {why}.", "image_unusable")
