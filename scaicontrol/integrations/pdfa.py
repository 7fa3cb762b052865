"""
HTML to PDF/A-3a by WeasyPrint, repaired where it would not be Factur-X, and checked where it would not be PDF/A.

Runs in a process of its own (`renderer.py`). Nothing is fetched but `data:` URIs; the same job gives the same bytes.
"""

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from tempfile import NamedTemporaryFile
from typing import Any
from xml.sax.saxutils import escape

import pydyf
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.ports import Attachment as File
from scaicontrol.core.ports import Conformance, PageContent
from scaicontrol.media import fonts, images, page_text

PAGES_MAX = 200
BYTES_MAX = 20_000_000

# PDF/A forbids interpolated images; this property is what WeasyPrint writes the flag from.
_LAST_WORD = "*, *::before, *::after, *::marker { image-rendering: crisp-edges !important }"


@dataclass(frozen=True, slots=True)
class PdfJob:
    """One document to render."""

    html: str
    title: str
    created_at: datetime
    attachments: Sequence[File] = ()
    shows: Sequence[PageContent] = ()


def render(job: PdfJob) -> bytes:
    """
    Render a job and read its text back.

    Raises Invalid: too large, too many pages, a character no font has, a file that is not inside, a content that did
    not come out. Layout loses what is higher than a page in some boxes, and says nothing.
    """
    if len(job.html) > BYTES_MAX:
        raise _refused("too_large", f"The document is larger than {BYTES_MAX // 1_000_000} MB of HTML.")
    shared_fonts, last_word = _shared()
    with _complaints() as complaints:
        source = HTML(string=job.html, url_fetcher=_Embedded(allowed_protocols=("data",)))
        document = source.render(stylesheets=[last_word], font_config=shared_fonts, pdf_variant="pdf/a-3a")
        if len(document.pages) > PAGES_MAX:
            raise _refused(
                "too_many_pages", f"The document has {len(document.pages)} pages; at most {PAGES_MAX} are made."
            )
        _describe(document, job)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ResourceWarning
            )  # WeasyPrint leaves its colour profile to be closed by chance
            pdf: bytes = document.write_pdf(pdf_variant="pdf/a-3a", finisher=_list_attachments_once)
    if complaints:
        raise Invalid(" ".join(dict.fromkeys(reason.message for reason in complaints)), reasons=complaints)
    if job.shows:
        page_text.require(job.shows, page_text.ReadText(page_text.text_of_pdf(pdf), from_pdf=True))
    return pdf


class _Embedded(URLFetcher):  # type: ignore[misc]  # the library ships no types
    """Reads `data:` URIs and nothing else; pictures in them are made fit for print."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        response = super().fetch(url, headers)
        kind = response.content_type or ""
        if kind.startswith("image/") and "svg" not in kind:
            return URLFetcherResponse(url, images.for_print(response.read()), {"Content-Type": kind})
        return response


@cache
def _shared() -> tuple[FontConfiguration, CSS]:
    """Keep fonts and the last stylesheet from job to job: a fifth of a one-page document's time."""
    found = _found_fonts()
    return found, CSS(string=_LAST_WORD, font_config=found)


def _found_fonts() -> FontConfiguration:
    """Give WeasyPrint our fonts and no other; fontconfig reads where they are from its environment, and once."""
    before = os.environ.get("FONTCONFIG_FILE")
    with NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(fonts.configuration())
        file.flush()
        os.environ["FONTCONFIG_FILE"] = file.name
        try:
            return FontConfiguration()
        finally:
            del os.environ["FONTCONFIG_FILE"]
            if before is not None:
                os.environ["FONTCONFIG_FILE"] = before


def _describe(document: Any, job: PdfJob) -> None:
    """Fix every date and name in the file, and splice the Factur-X description into the one rdf:RDF."""
    moment = job.created_at.astimezone(UTC).replace(microsecond=0)
    metadata = document.metadata
    metadata.title, metadata.generator = job.title, None  # it is the seller's document, whoever sells
    metadata.created = metadata.modified = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata.attachments = [
        Attachment(
            string=file.body,
            name=file.filename,
            description=job.title,
            relationship="Alternative" if file.conformance else "Supplement",
            created=moment,
            modified=moment,
        )
        for file in job.attachments
    ]
    described = [_factur_x_xmp(file.filename, file.conformance) for file in job.attachments if file.conformance]
    if described:
        write = metadata.generate_rdf_metadata
        metadata.generate_rdf_metadata = lambda *variant: _with_factur_x(write(*variant), described[0])


def _with_factur_x(rdf: bytes, described: str) -> bytes:
    """Put our descriptions inside the existing RDF: readers look at the first one only."""
    head, closing, tail = rdf.rpartition(b"</rdf:RDF>")
    return head + described.encode() + closing + tail


def _list_attachments_once(_: Any, pdf: pydyf.PDF) -> None:
    """Name each attachment once in the catalogue, where WeasyPrint names it twice."""
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _property(name: str, description: str) -> str:
    return (
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{escape(description)}</pdfaProperty:description>"
        "</rdf:li>"
    )


_FACTUR_X_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


def _factur_x_xmp(filename: str, conformance: Conformance) -> str:
    return (
        f'<rdf:Description xmlns:fx="{_FACTUR_X_NAMESPACE}" rdf:about="">'
        "<fx:DocumentType>INVOICE</fx:DocumentType>"
        f"<fx:DocumentFileName>{escape(filename)}</fx:DocumentFileName>"
        f"<fx:Version>{escape(conformance.version)}</fx:Version>"
        f"<fx:ConformanceLevel>{escape(conformance.level)}</fx:ConformanceLevel>"
        f"</rdf:Description>{_FACTUR_X_EXTENSION}"
    )


_FACTUR_X_EXTENSION = (
    '<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
    f"<pdfaSchema:namespaceURI>{_FACTUR_X_NAMESPACE}</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    + _property("DocumentFileName", "The name of the embedded XML document")
    + _property("DocumentType", "The type of the hybrid document in capital letters")
    + _property("Version", "The version of the standard the embedded XML follows")
    + _property("ConformanceLevel", "The conformance level of the embedded XML")
    + "</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class _Complaints(logging.Handler):
    """Hears what WeasyPrint only logs: glyphs it does not have and files it could not load."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.reasons: list[Reason] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith(".notdef glyph"):
            character = re.search(r'"(.+)" \((U\+[0-9A-F]+)\)', message, re.DOTALL)
            named = f"'{character[1]}' ({character[2]})" if character else "of the text"
            text = f"No installed font has the character {named}; remove it or install a font that has it."
            self.reasons.append(Reason("missing_glyph", text))
        elif message.startswith("Failed to load"):
            self.reasons.append(Reason("not_loaded", f"{message[:200]} (documents may only use embedded files)"))


@contextmanager
def _complaints() -> Iterator[list[Reason]]:
    logger, handler = logging.getLogger("weasyprint"), _Complaints()
    logger.addHandler(handler)
    try:
        yield handler.reasons
    finally:
        logger.removeHandler(handler)


def _refused(code: str, message: str) -> Invalid:
    return Invalid(message, reasons=[Reason(code, message)])
