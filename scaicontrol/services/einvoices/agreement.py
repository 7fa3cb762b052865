"""The proof that a PDF and its XML are the same invoice: what the canonical document says, found in the PDF's text."""

from scaicontrol.core.errors import Reason
from scaicontrol.services import templates

from .document import Document
from .variables import variables


def disagreements(document: Document, pdf: bytes) -> list[Reason]:
    """
    Name everything of a document that its PDF does not show: number, days, parties, lines, VAT groups, totals.

    The XML is written from the same document, so a PDF without a disagreement says what the XML says.
    """
    return templates.absent(variables(document), templates.text_of_pdf(pdf), document.language)
