"""
Which HTML people may write: what lays out a page or a mail, and nothing that runs, loads or submits.

A first reading names what is refused, with its line; a second one (nh3) writes the rest anew, so that a browser, a mail
client and the renderer read the same.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

import nh3

from ..kinds import TemplateType
from . import markers, style
from .problems import Problem
from .tokens import MARK, OPEN, Marked, Token, mark_of, order_of

HTML_MOST: Final = 2_000_000  # characters, embedded images included
ANYWHERE: Final = frozenset({
    "align", "aria-hidden", "aria-label", "bgcolor", "border", "cellpadding", "cellspacing", "class", "dir", "height",
    "id", "lang", "role", "style", "title", "valign", "width", "data-if", "data-inv", "data-path", "data-cols",
})  # fmt: skip
_SPANS: Final = frozenset({"colspan", "rowspan", "scope"})
TAGS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((
        "address", "b", "blockquote", "br", "caption", "center", "col", "colgroup", "dd", "div", "dl", "dt", "em",
        "footer", "h1", "h2", "h3", "h4", "header", "hr", "i", "li", "main", "ol", "p", "section", "small", "span",
        "strong", "sub", "sup", "table", "tbody", "tfoot", "thead", "tr", "u", "ul",
    ), frozenset[str]()),
    "td": _SPANS, "th": _SPANS, "img": frozenset({"src", "alt"}), "a": frozenset({"href"}),
}  # fmt: skip
_WRAPPERS: Final = frozenset({"html", "head", "body", "meta", "title"})  # a whole page is taken for its body
DROPPED_WHOLE: Final = {"script", "style", "iframe", "object", "template", "title", "noscript", "svg", "math"}
_NO_TEXT: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup"})
_VOID: Final = frozenset({"br", "hr", "img", "col"})
_IMAGES: Final = frozenset({"brand.logo_url", "payment.qr_payload | qr"})
_LINKS: Final = frozenset({"portal_url", "payment.link"})
_NAME: Final = re.compile(r"[\w\s-]{0,300}")
_LINK: Final = re.compile(r"(?:https://|mailto:|tel:)[^\s<>\"']+")


def clean(marked: Marked, kind: TemplateType) -> tuple[str, list[Problem]]:
    """Give the HTML as we would write it, marks and all, and everything in it that is refused."""
    reading = _Reading(marked.tokens, kind)
    reading.feed(marked.html)
    reading.close()
    problems = [*marked.problems, *reading.problems]
    written = nh3.clean(
        marked.html,
        tags=set(TAGS),
        attributes={tag: set(ANYWHERE | own) for tag, own in TAGS.items()},
        attribute_filter=lambda tag, name, value: (
            None if reading.wrong(tag, name, value, 0) else reading.written(name, value)
        ),
        clean_content_tags=DROPPED_WHOLE,
        url_schemes={"data", "https", "mailto", "tel"},
        url_relative="pass_through",
        strip_comments=False,
        link_rel=None,
    )
    if not problems:
        problems += _misplaced(written, marked.tokens)
    return written, problems


def _misplaced(written: str, tokens: list[Token]) -> Iterator[Problem]:
    """Find Liquid that HTML moved: text in a table outside its cells is put before the table."""
    found = order_of(written)
    if found != list(range(len(tokens))):
        at = next((n for n, number in enumerate(found) if n != number), len(found))
        token = tokens[min(found[at] if at < len(found) else at, len(tokens) - 1)]
        yield Problem(
            "html_content", token.line, f"'{token.text[:40]}' stands where HTML allows no text; put it in a cell."
        )


class _Reading(HTMLParser):
    """Reads tag by tag and knows the line."""

    def __init__(self, tokens: list[Token], kind: TemplateType) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens, self.kind = tokens, kind
        self.problems: list[Problem] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _WRAPPERS:
            return
        line = self.getpos()[0]
        if tag not in TAGS:
            self._complain(line, _why_not(tag))
            return
        if tag not in _VOID:
            self.inside.append(tag)
        for name, value in attrs:
            if message := self.wrong(tag, name, value or "", line):
                self._complain(line, message)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] in _NO_TEXT and data.strip():
            text = " ".join(self._spoken(data).split())
            line = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
            self._complain(line, f"'{text[:40]}' stands in a table outside its cells; HTML would move it away.")

    def handle_pi(self, _: str) -> None:
        self._complain(self.getpos()[0], "Processing instructions are not allowed.")

    def unknown_decl(self, _: str) -> None:
        self._complain(self.getpos()[0], "CDATA is not allowed.")

    def wrong(self, tag: str, name: str, value: str, line: int) -> str:
        """Say what is wrong with an attribute, or nothing."""
        if name not in ANYWHERE | TAGS.get(tag, frozenset()):
            return f"The attribute '{name}' of <{tag}> is not allowed."
        shown = self._spoken(value)[:60]
        match name:
            case "src":
                wrong = "" if self._is_image(value) else f"The image '{shown}' is not allowed: {_EMBED}."
            case "href":
                wrong = (
                    "" if self._is_link(value) else f"The link '{shown}' is not allowed: use https://, mailto: or tel:."
                )
            case "style":
                wrong = self._wrong_style(value, line)
            case "alt" | "title" | "aria-label":
                wrong = ""
            case _ if OPEN in value:
                wrong = f"The attribute '{name}' cannot hold '{shown}'."
            case "data-inv" | "data-path" | "data-cols" | "data-if":
                wrong = markers.wrong(name, value, self.kind)
            case _:
                wrong = "" if _NAME.fullmatch(value) or name not in ("id", "class") else f"'{shown}' is no {name}."
        return wrong

    def written(self, name: str, value: str) -> str:
        """Write an attribute that passed as it is to stand in the page."""
        if name == "style" and OPEN not in value:
            return style.declarations(value, 0, is_mail=self.kind.is_mail)[0]
        return (mark_of(value) or value) if name == "src" else value

    def _is_image(self, value: str) -> bool:
        return style.is_picture(value) or self._alone(value) in _IMAGES

    def _is_link(self, value: str) -> bool:
        return _LINK.fullmatch(value) is not None or self._alone(value) in _LINKS

    def _alone(self, value: str) -> str:
        mark = MARK.fullmatch(value)
        return self.tokens[int(mark[1])].inner if mark else ""

    def _wrong_style(self, value: str, line: int) -> str:
        for mark in MARK.finditer(value):
            if (inner := self.tokens[int(mark[1])].inner) != "brand.color":
                return f"A style can hold {{{{ brand.color }}}} and no other variable, not '{inner}'."
        written, problems = style.declarations(MARK.sub("#000000", value), line, is_mail=self.kind.is_mail)
        if OPEN in value and OPEN in written:
            return (
                "A style holds brand.color or an uploaded picture, not both; put one of them on an element around it."
            )
        return problems[0].message if problems else ""

    def _spoken(self, value: str) -> str:
        return MARK.sub(lambda mark: self.tokens[int(mark[1])].text, value)

    def _complain(self, line: int, message: str) -> None:
        self.problems.append(Problem("html_content", line, message))


_EMBED: Final = (
    "upload it and name it as /api/v1/uploads/…, embed it as data:image/…, or print brand.logo_url or"
    " payment.qr_payload | qr"
)


def _why_not(tag: str) -> str:
    why = {
        "script": "nothing runs in a document",
        "style": "styles have a field of their own (css_content)",
        "link": "nothing is loaded from elsewhere",
        "svg": "upload the drawing, or embed it as an image (data:image/svg+xml)",
    }.get(tag)
    return f"<{tag}> is not allowed{f': {why}' if why else ''}."
