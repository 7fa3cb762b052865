"""The PDF of a document: the same content as its XML, which travels inside for the formats that ask for it."""

from dataclasses import dataclass, field

from scaicontrol.core.errors import Reason
from scaicontrol.core.ports import Attachment, Conformance, PageContent
from scaicontrol.core.text import leaves_no_trace, named
from scaicontrol.media import fonts
from scaicontrol.services import templates, uploads

from .document import Document
from .formats import Format, Profile, profile_of
from .variables import variables


@dataclass(frozen=True, slots=True)
class Branding:
    """A partner's logo, as a `data:` URI or an upload that is among `pictures`, and its colour."""

    logo_url: str | None = None
    brand_color: str | None = None
    pictures: uploads.Pictures = field(default_factory=dict)


def render_html(document: Document, branding: Branding | None = None, *, void: bool = False) -> str:
    """Render a document with the built-in template of its kind, in its language."""
    branding = branding or Branding()
    kind: templates.DocumentKind = "credit_note" if document.is_credit_note else "invoice"
    shown = variables(document, logo_url=branding.logo_url, brand_color=branding.brand_color)
    shown["brand"]["logo_url"] = uploads.shown(shown["brand"]["logo_url"], branding.pictures)
    return templates.render_html(shown, document.language, kind, void=void)


def must_show(document: Document) -> list[PageContent]:
    """
    List everything of a document that its PDF must show: number, days, parties, lines, VAT groups and notes, totals.

    The XML is written from the same document, so a PDF that shows all of it says what the XML says.
    """
    return templates.must_show(variables(document), document.language)


def unprintable(document: Document) -> list[Reason]:
    """Name the characters that the PDF could not show and where they stand, each once: no number is drawn for them."""
    found: dict[str, str] = {}
    for path, text in templates.texts(variables(document)):
        for character in fonts.unprintable(text):
            found.setdefault(character, path)
    return [_missing(character, path) for character, path in found.items()]


def _missing(character: str, path: str) -> Reason:
    if leaves_no_trace(character):
        message = f"{path} contains {named(character)}, which nobody would see in the PDF; remove it."
    else:
        message = f"{path} contains {fonts.undrawn(character)}; remove it or write it in other letters."
    return Reason("missing_glyph", message, path)


def title_of(number: str, language: str, *, is_credit_note: bool = False) -> str:
    words = templates.labels(language)
    return f"{words.credit_note if is_credit_note else words.invoice} {number}"


def attachments(xml: bytes, target: Format, profile: Profile | None = None) -> tuple[Attachment, ...]:
    """Give the XML as a ZUGFeRD or Factur-X file carries it, under the name its profile asks for; else nothing."""
    if not target.is_pdf:
        return ()
    profile = profile or profile_of(target)
    return (
        Attachment(
            profile.attachment_name,
            "text/xml",
            xml,
            conformance=Conformance(profile.conformance_level, profile.conformance_version),
        ),
    )
