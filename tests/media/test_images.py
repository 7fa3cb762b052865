"""Pictures that people upload, made fit for a page or refused."""

from io import BytesIO

import pytest
from PIL import Image, ImageCms

from scaicontrol.core.errors import Invalid
from scaicontrol.media import images


def picture(mode, kind, size=(40, 20), **options):
    out = BytesIO()
    Image.new(mode, size, 0 if mode in {"1", "L", "P", "I;16"} else (200, 30, 60, 0)[: len(mode)]).save(
        out, kind, **options
    )
    return out.getvalue()


def opened(body):
    return Image.open(BytesIO(body))


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG"), ("P", "GIF"), ("L", "PNG")]
)
def test_what_is_fit_stays_as_it_is(mode, kind):
    body = picture(mode, kind)
    assert images.for_print(body) == body


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("options", [{}, {"icc_profile": b"broken"}, {"icc_profile": SRGB}])
def test_cmyk_becomes_srgb(options):
    body = picture("CMYK", "JPEG", **options)
    changed = images.for_print(body)
    assert opened(changed).mode == "RGB"
    assert not opened(changed).info.get("icc_profile")
    assert images.for_print(body) == changed
    assert images.for_print(changed) == changed


def test_a_large_picture_is_scaled_and_keeps_its_shape_and_its_transparency():
    changed = opened(images.for_print(picture("RGBA", "PNG", (4800, 1200))))
    assert changed.size == (2400, 600)
    assert changed.mode == "RGBA"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"GIF89a but no picture", "cannot be read"),
        (b"", "cannot be read"),
        (picture("RGB", "PNG")[:-30], "cannot be read"),
        (b"x" * (images.BYTES_MAX + 1), "larger than 5 MB"),
        (picture("1", "PNG", (8000, 8000)), "8000 × 8000 pixels"),
    ],
)
def test_what_cannot_be_used_is_refused(body, said):
    with pytest.raises(Invalid, match=said) as refused:
        images.for_print(body)
    assert refused.value.reasons[0].code == "image_unusable"
