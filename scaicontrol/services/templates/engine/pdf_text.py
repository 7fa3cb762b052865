"""The text a reader of a PDF sees, page after page."""

from threading import Lock

import pypdfium2

_one_at_a_time = Lock()  # the library is not safe in several threads


def text_of_pdf(body: bytes) -> str:
    with _one_at_a_time:
        opened = pypdfium2.PdfDocument(body)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in opened)
        finally:
            opened.close()
