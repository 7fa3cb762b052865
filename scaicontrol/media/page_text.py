"""
What the text of pages shows, read out of the finished PDF, or out of the HTML before there is one.

A PDF is what layout made of a page: nothing else tells whether a line, or the total, was lost on the way.
"""

import re
import unicodedata
from collections.abc import Iterable
from threading import Lock
from typing import Final

import pypdfium2

from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.ports import PageContent

_one_at_a_time = Lock()  # the library is not safe in several threads

# Scripts whose glyphs stand in another order than their letters, or for several of them: read out of a PDF they are
# drawn rightly and spelled otherwise (Hebrew to Arabic, the scripts of India and South East Asia, Khmer).
_REORDERED: Final = re.compile(
    "[\u0590-\u109f\u1700-\u17ff\u1900-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00011fff\U0001e800-\U0001eeff]"
)
# Line breaks add and drop hyphens; marks, joiners and pictures come out by glyph.
_UNSTEADY: Final = frozenset({"Cc", "Cf", "Mn", "Me", "Pd", "So", "Sk", "Zs", "Zl", "Zp"})
_SPACES_BEFORE_PERCENT: Final = re.compile(r" (?=%)")
_LONG: Final = 60  # letters; so much may run over the end of a page
_PIECE: Final = 12  # letters; the least that tells a text from another


def text_of_pdf(body: bytes) -> str:
    """Give the text a reader of a PDF sees, page after page; what lies outside of the paper is not seen."""
    with _one_at_a_time:
        opened = pypdfium2.PdfDocument(body)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in opened)
        finally:
            opened.close()


class ReadText:
    """Text without what typesetting changes: line breaks, kinds of spaces, capitals, hyphens, joined letters."""

    def __init__(self, text: str, *, from_pdf: bool = False) -> None:
        self._words = _words(text)
        self._letters = _letters(text)
        self._from_pdf = from_pdf

    def shows(self, content: PageContent) -> bool:
        """Tell whether any form of a content stands there as often as it must."""
        if content.is_number:
            return any(self._counts(_words(form), content.times) for form in content.forms)
        return any(self._holds(form, content.times) for form in content.forms)

    def _counts(self, form: str, times: int) -> bool:
        """Count a number where it does not run into other digits."""
        at = -1
        while times:
            at = self._words.find(form, at + 1)
            if at < 0:
                return False
            before, after = self._words[max(at - 2, 0) : at], self._words[at + len(form) : at + len(form) + 2]
            times -= not (_ENDS_IN_DIGIT.search(before) or _BEGINS_WITH_DIGIT.match(after))
        return True

    def _holds(self, form: str, times: int) -> bool:
        if self._from_pdf and _REORDERED.search(form):
            parts = [letters for part in re.findall(r"\w+", _REORDERED.sub(" ", form)) if (letters := _letters(part))]
            return all(self._letters.count(part) >= times for part in parts)
        letters = _letters(form)
        if not letters or self._letters.count(letters) >= times:
            return True
        return len(letters) >= _LONG and self._holds_in_pieces(letters)

    def _holds_in_pieces(self, letters: str) -> bool:
        """Find a long text piece by piece: where a page ends, its foot and the next head come in between."""
        at = 0
        while at < len(letters):
            length = min(_PIECE, len(letters) - at)
            start = self._letters.find(letters[at : at + length])
            if start < 0:
                return False
            while at + length < len(letters) and self._letters.startswith(letters[at + length], start + length):
                length += 1
            at += length
        return True


def require(contents: Iterable[PageContent], text: ReadText) -> None:
    """Raise Invalid that names every content the text does not show."""
    missing = [reason_for("The pages do", content) for content in contents if not text.shows(content)]
    if missing:
        more = f" ({len(missing) - 1} more)" if len(missing) > 1 else ""
        raise Invalid(f"{missing[0].message}{more}", reasons=missing)


def reason_for(whose: str, content: PageContent) -> Reason:
    """Say that a content is not shown, by what: `The template does`, `The pages do`."""
    often = f", which must stand there {content.times} times" if content.times > 1 else ""
    message = f"{whose} not show {content.what} ({content.source}): '{content.forms[0]}'{often}."
    return Reason("template_error", message, content.field)


_ENDS_IN_DIGIT: Final = re.compile(r"\d[.,]?$")
_BEGINS_WITH_DIGIT: Final = re.compile(r"[.,]?\d")


def _words(text: str) -> str:
    # pdfium writes a hyphen at a line's end as U+0002.
    plain = unicodedata.normalize("NFKC", text.replace("\x02", "-").replace("\u00ad", "").replace("\u200b", ""))
    return _SPACES_BEFORE_PERCENT.sub("", " ".join(plain.split())).casefold()


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain.translate(_PLAIN)
    plain = unicodedata.normalize("NFKC", plain)
    return "".join(each for each in plain if not each.isspace() and unicodedata.category(each) not in _UNSTEADY)


_PLAIN: Final = {ord(each): None for each in map(chr, range(128)) if each.isspace() or not each.isprintable()} | {
    ord("-"): None, ord("^"): None, ord("`"): None,
}  # fmt: skip
