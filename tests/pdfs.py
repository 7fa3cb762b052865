"""What a reader sees of a PDF, for tests."""

import pypdfium2


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return " ".join(page.get_textpage().get_text_bounded() for page in opened).replace("\r\n", " ")


def squeezed(text: str) -> str:
    """Drop what a line break changes; pdfium writes a hyphen there as U+0002."""
    return "".join(text.split()).replace("\x02", "-")


def papers(pdf: bytes) -> set[tuple[int, int]]:
    """The sizes of the pages in whole millimetres."""
    with pypdfium2.PdfDocument(pdf) as opened:
        return {(round(page.get_width() / 72 * 25.4), round(page.get_height() / 72 * 25.4)) for page in opened}
