"""What is kept of a picture, and what is refused, told by its bytes."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from PIL import Image, ImageCms

from scaicontrol.core.errors import Invalid
from scaicontrol.services.uploads.kinds import ICON, TEMPLATE_IMAGE, Limits, cleaned, kind_of
from scaicontrol.services.uploads.svg import SVG as NAMESPACE
from tests.factories.uploads import SVG, picture


def opened(body):
    return Image.open(BytesIO(body))


def drawing(inside, more=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"{more}>{inside}</svg>'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpg"),
        (picture("WEBP"), "webp"),
        (SVG, "svg"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->" + SVG, "svg"),
        (SVG.decode().encode("utf-16"), "svg"),
        (picture("GIF", "P"), None),
        (picture("TIFF"), None),
        (picture("BMP"), None),
        (b"<html><body>" + SVG + b"</body></html>", None),
        (b"%PDF-1.7", None),
        (b"MZ", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"", None),
    ],
)
def test_the_bytes_tell_the_kind(body, kind):
    assert kind_of(body) == kind
    if kind is None:
        with pytest.raises(Invalid, match="is no PNG, JPEG, WebP or SVG"):
            cleaned(body, ICON)
    else:
        assert kind_of(cleaned(body, ICON).body) == cleaned(body, ICON).kind == kind


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_the_picture_is_kept(kind):
    told = Image.Exif()
    told[0x010F], told[0x0112] = "A camera of Acme", 6  # its maker, and that it was held upright
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more: dict[str, Any] = {"comment": b"where Acme lives"} if kind == "JPEG" else {}
    body = picture(kind, size=(60, 20), exif=told.tobytes(), icc_profile=profile, **more)
    kept = cleaned(body + b"<script>behind the end</script>", TEMPLATE_IMAGE)
    assert kept.size == (20, 60)
    found = opened(kept.body)
    assert not {"exif", "icc_profile", "comment", "dpi", "xmp"} & found.info.keys()
    assert not dict(found.getexif())
    for trace in (b"Acme", b"script", b"ICC_PROFILE", b"iCCP"):
        assert trace not in kept.body


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_kept_as_it_looks(mode):
    body = picture("PNG", mode, colour=1 if mode == "1" else 25_700 if mode == "I;16" else 100)
    kept = opened(cleaned(body, ICON).body)
    wanted = opened(picture("PNG", "L")) if mode == "I;16" else opened(body)
    shown = kept.convert("RGBA").getpixel((5, 5))
    assert shown == ((100, 100, 100, 255) if mode == "I;16" else wanted.convert("RGBA").getpixel((5, 5)))


def test_cmyk_becomes_srgb():
    kept = cleaned(picture("JPEG", "CMYK"), TEMPLATE_IMAGE)
    assert (kept.kind, opened(kept.body).mode) == ("jpg", "RGB")


def test_of_an_animation_the_first_picture_is_kept():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for kind, name in (("WEBP", "webp"), ("PNG", "png")):
        out = BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        kept = cleaned(out.getvalue(), ICON)
        assert (kept.kind, getattr(opened(kept.body), "n_frames", 1)) == (name, 1)
        assert opened(kept.body).convert("RGB").getpixel((3, 3))[0] > 240


@pytest.mark.parametrize(("limits", "size"), [(ICON, (512, 128)), (TEMPLATE_IMAGE, (2400, 600))])
def test_a_large_picture_is_scaled_down(limits, size):
    kept = cleaned(picture("PNG", "RGBA", (4800, 1200)), limits)
    assert kept.size == opened(kept.body).size == size
    assert opened(kept.body).mode == "RGBA"


def test_the_same_picture_gives_the_same_bytes():
    for body in (picture("PNG", "RGBA"), picture("JPEG"), picture("WEBP"), SVG):
        once = cleaned(body, ICON).body
        assert once == cleaned(body, ICON).body


def bomb(width, height):
    """A PNG of some kilobytes that says it has a thousand times as many pixels."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")
    )


def grainy():
    out = BytesIO()
    Image.effect_noise((200, 200), 80).save(out, "JPEG", quality=5)
    return out.getvalue()


GRAINY = grainy()
REFUSED = {
    "an icon of more than 2 MB": (b"x" * (ICON.bytes_max + 1), ICON, "larger than 2 MB"),
    "an image of more than 5 MB": (b"x" * (TEMPLATE_IMAGE.bytes_max + 1), TEMPLATE_IMAGE, "larger than 5 MB"),
    "a bomb": (bomb(7_000, 7_000), ICON, "7000 × 7000 pixels"),
    "a larger bomb": (bomb(60_000, 60_000), ICON, "3600000000 pixels"),
    "a header without its pixels": (bomb(2_000, 2_000), ICON, "cannot be read"),
    "half a PNG": (picture("PNG")[:-30], ICON, "cannot be read"),
    "half a JPEG": (picture("JPEG")[:200], ICON, "cannot be read"),
    "half a WebP": (picture("WEBP", size=(400, 400))[:40], ICON, "cannot be read"),
    "what grows when it is written anew": (GRAINY, Limits(len(GRAINY), 512), "larger"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_in_a_sentence(name):
    body, limits, said = REFUSED[name]
    with pytest.raises(Invalid, match=said) as refused:
        cleaned(body, limits)
    assert refused.value.reasons[0].code == "image_unusable"


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in another case": '<SCRIPT xmlns="http://www.w3.org/1999/xhtml">alert(1)</SCRIPT>',
    "event": '<rect onclick="alert(1)" onload="alert(1)"/>',
    "link": '<a xlink:href="javascript:alert(1)"><rect/></a>',
    "picture": '<image href="https://evil.example/x.png"/>',
    "picture inside": '<image href="data:image/svg+xml;base64,PHN2Zz4="/>',
    "use of elsewhere": '<use xlink:href="https://evil.example/x.svg#a"/>',
    "use of data": '<use href="data:image/svg+xml,evil"/>',
    "html": '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/></foreignObject>',
    "animation": '<rect><set attributeName="href" to="javascript:alert(1)"/><animate onbegin="alert(1)"/></rect>',
    "fill": '<rect fill="url(https://evil.example/#x)"/>',
    "style": '<rect style="fill:url(//evil.example/x);background:url(evil.example)"/>',
    "style in escapes": r'<rect style="fill:u\72l(https://evil.example/x)"/>',
    "import": "<style>@import 'https://evil.example/x.css'; rect{fill:red}</style>",
    "font": "<style>@font-face{font-family:x;src:url(https://evil.example/x)}</style>",
    "rule": "<style>rect{background:url(https://evil.example/x)} *{behavior:url(evil)}</style>",
    "rule that ends the element": "<style>a{fill:red}&lt;/style>&lt;script>alert(1)&lt;/script></style>",
    "filter": '<filter id="f"><feImage href="https://evil.example/x"/></filter><rect filter="url(#f)"/>',
    "instruction": "<?xml-stylesheet href='https://evil.example/x.css'?>",
    "metadata": '<metadata><rdf xmlns="urn:evil">evil</rdf></metadata>',
    "foreign attribute": '<rect xmlns:e="urn:e" e:evil="evil" xml:base="https://evil.example/"/>',
    "handler": '<handler xmlns="http://www.w3.org/2001/xml-events">evil</handler>',
}
LEFT = ("evil", "alert", "javascript", "http:", "https:", "@import", "script", "foreignobject", " on", "//")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_drawing_keeps_nothing_that_runs_loads_or_links(name):
    kept = cleaned(drawing(HOSTILE[name] + '<circle r="4"/>').encode(), ICON).body.decode()
    inside = kept.replace(NAMESPACE, "").replace("http://www.w3.org/1999/xlink", "").lower()
    assert [trace for trace in LEFT if trace in inside] == []
    assert '<circle r="4"/>' in kept
    assert etree.fromstring(kept.encode()).tag == f"{{{NAMESPACE}}}svg"


def test_a_drawing_keeps_what_it_draws():
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient><g id="leaf"><path d="M0 0"'
        ' transform="scale(2)"/></g></defs><style>.a{fill:url(#g);stroke:rgb(1,2,3)}</style><rect class="a" width="9"/>'
        '<use xlink:href="#leaf" x="3"/><text x="1" font-size="9">North<tspan fill="red">wind</tspan>!</text>'
        '<g clip-path="url(#c)" style="opacity:.5"/><clipPath id="c"><circle r="4"/></clipPath>'
    )
    kept = cleaned(drawing(inside, ' viewBox="0 0 9 9"').encode(), ICON).body.decode()
    assert kept == drawing(inside, ' viewBox="0 0 9 9"')


LADDER = "".join(f'<g id="g{step}">' + f'<use href="#g{step - 1}"/>' * 10 + "</g>" for step in range(1, 9))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<!DOCTYPE svg [<!ENTITY a 'b'>]>" + drawing("<text>&a;</text>"), "declares entities"),
        ("<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + drawing("<text>&a;</text>"), "declares entities"),
        (
            "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>" + drawing("<text>&b;</text>"),
            "declares entities",
        ),
        (drawing('<g id="a"><use href="#a"/></g>'), "refers to itself"),
        (drawing('<mask id="m"><rect mask="url(#m)"/></mask>'), "refers to itself"),
        (drawing('<g id="g0"><rect/></g>' + LADDER), "draws more than 20,000"),
        (drawing("<g>" * 60 + "</g>" * 60), "more than 40 elements inside each other"),
        (drawing("<g>" * 5000 + "</g>" * 5000), "is no PNG, JPEG, WebP or SVG"),
        (drawing("<rect>"), "is no PNG, JPEG, WebP or SVG"),
    ],
)
def test_a_drawing_that_cannot_be_made_safe_is_refused(body, said):
    with pytest.raises(Invalid, match=said):
        cleaned(body.encode(), ICON)


def test_a_doctype_without_entities_is_left_behind():
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert cleaned((head + drawing("<rect/>")).encode(), ICON).body.decode() == drawing("<rect/>")
