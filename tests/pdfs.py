"""What a reader sees of a PDF, for tests."""

import pypdfium2


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return " ".join(page.get_textpage().get_text_bounded() for page in opened).replace("\r\n", " ")


def squeezed(text: str) -> str:
    """Drop what a line break changes; pdfium writes a hyphen there as U+0002."""
    return "".join(text.split()).replace("\x02", "-")
