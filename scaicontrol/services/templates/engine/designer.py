"""
What the designer is given of a template, and what comes back from it.

Its canvas holds elements and the blocks of the palette. Liquid would come back broken (`<`, `>` and quotes as
entities), so each piece of it leaves as `<div|span data-inv="kept" data-key="en-3">` and is put back here from the
stored version: a piece is one output, everything from a control tag to its end, or an element that needs Liquid.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3

from . import tokens
from .markup import ANYWHERE, DROPPED_WHOLE, TAGS
from .problems import Problem, refusal
from .tokens import COMMENT_MARK, MARK, OPEN, Token

_ENDS: Final = {"if": "endif", "unless": "endunless", "case": "endcase", "for": "endfor"}
_ROWS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl"})  # hold no other
_VOID: Final = frozenset({"br", "hr", "img", "col"})
_FLOWS: Final = frozenset({"b", "i", "em", "strong", "small", "span", "sub", "sup", "u", "a", "br", "img"})
_HOLDS_TEXT: Final = (_FLOWS | {"p", "h1", "h2", "h3", "h4", "dt", "address"}) - {"br", "img"}
_HOLE: Final = re.compile(r"<(?P<element>div|span)\b(?P<attributes>[^<>]*)>\s*</(?P=element)>")
_KEY: Final = re.compile(r'\bdata-key="([\w-]+)"')
_NOT_SAID: Final = re.compile(r"<[^>]*>|[{}%#]+")
_LABEL_MOST: Final = 60
_ROOT: Final = "body"


@dataclass(frozen=True, slots=True)
class Lifted:
    """HTML without Liquid, and the pieces that were taken out by their keys."""

    html: str
    kept: dict[str, str]


def is_designed(editor_data: Mapping[str, object] | None) -> bool:
    """Tell whether the designer wrote all of it: where it only kept Liquid of a person's, that is checked as theirs."""
    return editor_data is not None and not editor_data.get("kept")


def lift(source: str, prefix: str) -> Lifted:
    """Take out of stored HTML what the canvas cannot hold; `prefix` tells the pieces of one language from another's."""
    marked = tokens.take_out(source)
    even = nh3.clean(
        marked.html,
        tags=set(TAGS),
        attributes={tag: set(ANYWHERE | own) for tag, own in TAGS.items()},
        clean_content_tags=DROPPED_WHOLE,
        url_schemes={"data", "https", "mailto", "tel"},
        url_relative="pass_through",
        strip_comments=False,
        link_rel=None,
    )
    reading = _Tree(even, marked.tokens)
    writing = _Writing(even, marked.tokens, prefix)
    body = writing.inside(reading.root)
    if body is None:  # a control tag whose end is elsewhere
        writing.kept.clear()
        body = writing.hole(0, len(even), "div")
    return Lifted(body, writing.kept)


def lower(html: str, kept: Mapping[str, str]) -> str:
    """Put the pieces back; Invalid for template code that was typed into the canvas, and for a piece nobody knows."""
    if problems := tokens.take_out(html, designed=True).problems:
        raise refusal(problems)

    def put(hole: re.Match[str]) -> str:
        if 'data-inv="kept"' not in hole["attributes"]:
            return hole[0]
        key = _KEY.search(hole["attributes"])
        if key is None or key[1] not in kept:
            raise refusal([Problem("html_content", 0, "It names a piece that its last version does not have.")])
        return kept[key[1]]

    return _HOLE.sub(put, html)


@dataclass(slots=True)
class _Node:
    """A piece of the source: an element, a text ("") or the mark of a control tag ("!")."""

    tag: str
    start: int
    end: int = 0
    inner: tuple[int, int] = (0, 0)
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Node"] = field(default_factory=list)
    word: str = ""


class _Tree(HTMLParser):
    """Reads even HTML, every element closed, into nodes that know where they stand."""

    def __init__(self, html: str, found: list[Token]) -> None:
        super().__init__(convert_charrefs=False)
        self.html, self.found = html, found
        self.lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self.root = _Node(_ROOT, 0, len(html))
        self.open = [self.root]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = self.get_starttag_text() or ""
        node = _Node(tag, self._at(), attributes={name: value or "" for name, value in attrs})
        node.end = node.start + len(written)
        node.inner = (node.end, node.end)
        self._add(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag and len(self.open) > 1:
            node = self.open.pop()
            node.inner = (node.inner[0], self._at())
            node.end = self.html.index(">", self._at()) + 1

    def handle_data(self, data: str) -> None:
        self._text(len(data))

    def handle_entityref(self, name: str) -> None:
        self._text(len(name) + 2)

    def handle_charref(self, name: str) -> None:
        self._text(len(name) + 3)

    def handle_comment(self, data: str) -> None:
        at, written = self._at(), f"<!--{data}-->"
        if mark := COMMENT_MARK.fullmatch(written):
            self._add(_Node("!", at, at + len(written), word=self.found[int(mark[1])].word))

    def _text(self, length: int) -> None:
        at, siblings = self._at(), self.open[-1].children
        if siblings and siblings[-1].tag == "" and siblings[-1].end == at:
            siblings[-1].end = at + length
        else:
            self._add(_Node("", at, at + length))

    def _add(self, node: _Node) -> None:
        self.open[-1].children.append(node)

    def _at(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column


class _Writing:
    """Writes nodes with holes for what is kept. A method gives None where its caller has to keep what is around."""

    def __init__(self, html: str, found: list[Token], prefix: str) -> None:
        self.html, self.found, self.prefix = html, found, prefix
        self.kept: dict[str, str] = {}

    def inside(self, parent: _Node) -> str | None:
        written: list[str] = []
        nodes, at = parent.children, 0
        while at < len(nodes):
            node = nodes[at]
            last = at
            if node.tag == "!":
                found = _end_of(nodes, at)
                if found is None:
                    return None
                last = found
            piece = self._one(nodes[at : last + 1], parent)
            if piece is None:
                return None
            written.append(piece)
            at = last + 1
        return "".join(written)

    def _one(self, nodes: list[_Node], parent: _Node) -> str | None:
        node = nodes[0]
        if node.tag == "":
            text = self.html[node.start : node.end]
            if parent.tag in _ROWS and OPEN in text:
                return None
            return MARK.sub(lambda mark: self.hole(node.start + mark.start(), node.start + mark.end(), "span"), text)
        if node.tag != "!" and not _needs_keeping(node):
            inner = self._undoing(node)
            if inner is not None:
                return self.html[node.start : node.inner[0]] + inner + self.html[node.inner[1] : node.end]
        if parent.tag in _ROWS:
            return None
        flows = parent.tag in _HOLDS_TEXT or all(_is_flowing(each) for each in nodes)
        return self.hole(node.start, nodes[-1].end, "span" if flows else "div")

    def _undoing(self, node: _Node) -> str | None:
        """Write what is inside; when it cannot be told apart, the pieces taken out on the way go back with it."""
        before = len(self.kept)
        inner = self.inside(node)
        if inner is None:
            for key in list(self.kept)[before:]:
                del self.kept[key]
        return inner

    def hole(self, start: int, end: int, element: str) -> str:
        piece, _ = tokens.put_back(self.html[start:end], self.found)
        key = f"{self.prefix}-{len(self.kept)}"
        self.kept[key] = piece
        said = " ".join(_NOT_SAID.sub(" ", piece).split())
        label = said if len(said) <= _LABEL_MOST else f"{said[: _LABEL_MOST - 1]}…"
        return f'<{element} data-inv="kept" data-key="{key}" title="{escape(label)}"></{element}>'


def _end_of(nodes: list[_Node], at: int) -> int | None:
    """Find the end of a control tag among its siblings; None when it is not there."""
    if nodes[at].word not in _ENDS:
        return None
    depth = 0
    for place in range(at, len(nodes)):
        if nodes[place].tag == "!":
            depth += (nodes[place].word in _ENDS) - (nodes[place].word in _ENDS.values())
            if depth == 0:
                return place
    return None


def _needs_keeping(node: _Node) -> bool:
    if any(OPEN in value for value in node.attributes.values()):
        return True
    named = [part.partition(":")[0].strip().lower() for part in node.attributes.get("style", "").split(";")]
    named = [name for name in named if name]
    return len(named) != len(set(named))


def _is_flowing(node: _Node) -> bool:
    return node.tag in ("", "!") or (node.tag in _FLOWS and all(_is_flowing(each) for each in node.children))
