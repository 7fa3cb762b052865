"""Our own templates for PDFs: Jinja2 files of this package, rendered with the variables of the contract (§19.2)."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from scaicontrol.core.i18n import language_or_english

from .. import filters
from ..labels import labels
from .document_variables import DocumentKind, currency_of, require

DEFAULT_COLOR = "#1f3a5f"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def render_html(
    variables: Mapping[str, Any],
    language: str,
    kind: DocumentKind = "invoice",
    *,
    void: bool = False,
    copy: bool = False,
) -> str:
    """
    Render a built-in document to HTML that needs nothing else: style, logo and QR code are inside.

    `variables` are those of `document_variables`; amounts are Decimals in major units, days are dates. Variables that
    are missing raise Invalid, which names them all. `void` marks every page and asks for no money; `copy` marks only.
    """
    require(variables, kind)
    words = labels(language)
    return _environment().get_template(f"{kind}_default.html").render(
        variables,
        language=language_or_english(language),
        currency=currency_of(variables),
        labels=asdict(words),
        watermark=words.void if void else words.copy if copy else "",
        is_void=void,
        stylesheet=_stylesheet(),
        color=usable_color(variables["brand"]["color"]),
    )  # fmt: skip


def usable_color(color: str | None) -> str:
    """Give a brand's colour when it is one and dark enough to read on white (WCAG contrast of 4.5), else our own."""
    if not color or not _COLOR.fullmatch(color):
        return DEFAULT_COLOR
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return color if 1.05 / (luminance + 0.05) >= 4.5 else DEFAULT_COLOR


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": _money,
        "day": _in_language(filters.day),
        "number": _in_language(filters.number),
        "percent": _in_language(filters.percent),
        "qr": qr_image,
    }
    environment.globals["interval"] = _in_language(filters.interval)
    return environment


@pass_context
def _money(context: Context, amount: Any, currency: str = "") -> str:
    return filters.money(amount, currency or context["currency"], context["language"])


def _in_language(write: Any) -> Any:
    """Give a filter the language of the document that is being rendered."""

    @pass_context
    def in_language(context: Context, *arguments: Any) -> str:
        subject, options = (
            (arguments[:2], arguments[2:]) if write is filters.interval else (arguments[:1], arguments[1:])
        )
        return str(write(*subject, context["language"], *options))

    return in_language


@lru_cache(maxsize=64)  # the gate proves the pages that are rendered a moment later, and drawing is what they cost
def qr_image(payload: str) -> str:
    """Draw a payload as a QR code: an SVG in a data URI, error correction M as EPC069-12 asks."""
    image = BytesIO()
    code = segno.make(payload, error="m", boost_error=False, micro=False, encoding="utf-8")
    code.save(image, kind="svg", border=0, scale=4, xmldecl=False, svgns=True, nl=False, omitsize=False)
    return "data:image/svg+xml;utf8," + _for_uri(image.getvalue().decode())


def _for_uri(svg: str) -> str:
    return svg.replace("%", "%25").replace("#", "%23").replace('"', "'")


@cache
def _stylesheet() -> Markup:
    return Markup((files(__package__) / "document.css").read_text("utf-8"))  # noqa: S704 - our own file
