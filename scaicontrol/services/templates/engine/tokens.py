"""
Liquid inside HTML: taken out before HTML is parsed, put back afterwards.

A parser of HTML would move, escape or break `{{ … }}` and `{% … %}`. Each becomes a mark that passes through unharmed:
a comment where a table allows nothing else, a private-use character elsewhere. Marks keep the line breaks they replace.
An address of an upload becomes a mark with its name, and in the page what the reader of the page can open.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from scaicontrol.services import uploads

from .language import TAGS
from .problems import Problem, line_at

OPEN, CLOSE = "\ue000", "\ue001"
MARK: Final = re.compile(rf"{OPEN}(\d+)\s*{CLOSE}")
COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
PICTURE: Final = re.compile(rf"{OPEN}([a-z][\w./-]*){CLOSE}")
COMMENT_MARK: Final = re.compile(rf"<!--{OPEN}(\d+)\s*{CLOSE}-->")
_TOKEN: Final = re.compile(r"\{\{(?P<output>.*?)\}\}|\{%(?P<tag>.*?)%\}", re.DOTALL)
_PIECE: Final = re.compile(r"<!--.*?(?:-->|\Z)|\{\{.*?\}\}|\{%.*?%\}|</?[a-zA-Z]|<!|[\"'>]", re.DOTALL)
_LOOSE: Final = re.compile(r"\{\{|\{%|\{#|%\}|#\}")


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of Liquid as it was written."""

    text: str
    line: int

    @property
    def is_tag(self) -> bool:
        return self.text.startswith("{%")

    @property
    def inner(self) -> str:
        return " ".join(self.text[2:-2].strip("-").split())

    @property
    def word(self) -> str:
        """Name the tag: if, for, endfor."""
        return self.inner.partition(" ")[0]


@dataclass(slots=True)
class Marked:
    """HTML with marks, and what they stand for."""

    html: str
    tokens: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def take_out(source: str, *, designed: bool = False) -> Marked:
    """
    Replace Liquid by marks and drop comments; name what stands where it cannot.

    `designed`: it comes from the designer, which sends markers and fields and never control tags.
    """
    return _Reader(source, designed=designed).read()


def put_back(html: str, tokens: list[Token]) -> tuple[str, list[tuple[int, int]]]:
    """Write the Liquid back; give the text and, for each piece, where it begins now and its line in the source."""
    written: list[str] = []
    places: list[tuple[int, int]] = []
    at = length = 0
    for mark in re.finditer(rf"{COMMENT_MARK.pattern}|{MARK.pattern}|{PICTURE.pattern}", html):
        length += mark.start() - at
        if mark[3]:
            text = f'{{{{ uploads["{mark[3]}"] }}}}'
        else:
            token = tokens[int(mark[1] or mark[2])]
            text = token.text
            places.append((length, token.line))
        written += [html[at : mark.start()], text]
        length += len(text)
        at = mark.end()
    return "".join([*written, html[at:]]), places


def mark_of(address: str) -> str | None:
    """Give the mark of an upload's address, None for any other: a private-use character is never a person's own."""
    name = uploads.named_by(address)
    return f"{OPEN}{name}{CLOSE}" if name else None


def order_of(html: str) -> list[int]:
    """List the marks in the order they stand now."""
    return [int(number) for number in re.findall(rf"{OPEN}(\d+)\s*{CLOSE}", html)]


class _Reader:
    """Walks the source once and knows whether it stands in text, in a tag or in the value of an attribute."""

    def __init__(self, source: str, *, designed: bool) -> None:
        self.source, self.designed = source, designed
        self.marked = Marked("")
        self.state = "text"

    def read(self) -> Marked:
        written: list[str] = []
        at = 0
        for piece in _PIECE.finditer(self.source):
            written.append(self._plain(self.source[at : piece.start()], at))
            written.append(self._replaced(piece[0], piece.start()))
            at = piece.end()
        written.append(self._plain(self.source[at:], at))
        self.marked.html = "".join(written)
        return self.marked

    def _plain(self, text: str, at: int) -> str:
        if own := re.search(f"[{OPEN}{CLOSE}]", text):
            self._complain(
                at + own.start(), "It holds a private-use character (U+E000 or U+E001), which no font prints."
            )
            text = text.replace(OPEN, "").replace(CLOSE, "")
        if loose := _LOOSE.search(text):
            self._complain(at + loose.start(), f"'{loose[0]}' begins or ends nothing.")
        return text

    def _replaced(self, piece: str, at: int) -> str:
        if piece.startswith("{"):
            return self._mark(Token(piece, line_at(self.source, at)), at)
        if piece.startswith("<!--"):
            return "\n" * piece.count("\n")
        if self.state == "text":
            self.state = "tag" if piece.startswith("<") else "text"
        elif self.state == "tag":
            self.state = {">": "text", '"': '"', "'": "'"}.get(piece, "tag")
        elif piece == self.state:
            self.state = "tag"
        return piece

    def _mark(self, token: Token, at: int) -> str:
        if token.is_tag:
            self._look_at_tag(token, at)
        elif self.state == "tag":
            self._complain(at, "A value inside a tag must stand in quotes.")
        self.marked.tokens.append(token)
        mark = f"{OPEN}{len(self.marked.tokens) - 1}{chr(10) * token.text.count(chr(10))}{CLOSE}"
        return f"<!--{mark}-->" if self.state == "text" and token.is_tag else mark

    def _look_at_tag(self, token: Token, at: int) -> None:
        if token.word not in TAGS:
            allowed = ", ".join(sorted(TAGS))
            self._complain(at, f"The tag '{token.word}' is not allowed; there are {allowed}.")
        elif self.designed:
            self._complain(at, f"'{token.word}' is template code; the designer's blocks say it without.")
        elif self.state != "text":
            self._complain(at, f"'{token.word}' stands inside a tag; put conditions around whole elements.")

    def _complain(self, at: int, message: str) -> None:
        self.marked.problems.append(Problem("html_content", line_at(self.source, at), message))
