"""From what a person wrote to what is rendered: checked, cleaned, the designer's markers replaced."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..kinds import TemplateType
from . import language, markers, markup, style, tokens
from .problems import Problem, line_at, refusal

SUBJECT_MOST = 300
_STYLE: Final = re.compile(r"""\sstyle\s*=\s*(["'])(.*?)\1""", re.DOTALL | re.IGNORECASE)
_SHOWN: Final = re.compile(r'\{\{ uploads\["([^"]+)"\] \}\}')


@dataclass(frozen=True, slots=True)
class Source:
    """What was written. `is_designed`: it comes from the designer, which sends markers and no template code."""

    document_type: TemplateType
    html_content: str
    css_content: str = ""
    subject: str = ""
    is_designed: bool = False

    @property
    def texts(self) -> tuple[str, str]:
        """Everything that may name an uploaded picture."""
        return self.html_content, self.css_content


@dataclass(frozen=True, slots=True)
class Compiled:
    """Liquid that may be rendered; `places` leads from it back to the lines of the source."""

    html: str
    css: str
    subject: str
    places: tuple[tuple[int, int], ...]
    losing: tuple[Problem, ...] = ()  # what keeps it from being saved and published, not from being rendered

    @property
    def pictures(self) -> frozenset[str]:
        """The uploads it shows, by name."""
        return frozenset((*_SHOWN.findall(self.html), *tokens.PICTURE.findall(self.css)))

    def source_line(self, position: int) -> int:
        """Give the line in the source of a position in `html`."""
        before = [line for start, line in self.places if start <= position]
        return before[-1] if before else 1


@lru_cache(maxsize=64)
def compile_source(source: Source) -> Compiled:
    """Compile a template, or raise Invalid with every reason and its line."""
    if len(source.html_content) > markup.HTML_MOST:
        raise refusal([Problem("html_content", 0, f"It is longer than {markup.HTML_MOST:,} characters.")])
    kind = source.document_type
    marked = tokens.take_out(source.html_content, designed=source.is_designed)
    written, problems = markup.clean(marked, kind)
    css, wrong_css = style.clean(source.css_content, is_mail=kind.is_mail)
    problems += wrong_css + _wrong_subject(source)
    if not marked.problems:
        problems += language.check(_without_comments(source.html_content), "html_content", kind)
    if problems:
        raise refusal(sorted(problems, key=lambda problem: (problem.field != "html_content", problem.line)))
    html, places = tokens.put_back(markers.expand(written, kind), marked.tokens)
    losing = () if kind.is_mail else tuple(_losing(source))
    return Compiled(html, css, source.subject, tuple(places), losing)


def _losing(source: Source) -> Iterator[Problem]:
    for found in _STYLE.finditer(source.html_content):
        yield from style.losing_inline(found[2], line_at(source.html_content, found.start()))
    yield from style.losing(source.css_content)


def _without_comments(source: str) -> str:
    """Blank out HTML comments, which are dropped, so that what they hold is not read as Liquid."""
    return tokens.COMMENT.sub(lambda found: "".join(c if c == "\n" else " " for c in found[0]), source)


def _wrong_subject(source: Source) -> list[Problem]:
    if not source.document_type.is_mail:
        return [Problem("subject", 0, "Only mails have a subject.")] if source.subject else []
    if not source.subject.strip():
        return [Problem("subject", 0, "A mail needs a subject.")]
    if len(source.subject) > SUBJECT_MOST or "\n" in source.subject:
        return [Problem("subject", 0, f"A subject is one line of at most {SUBJECT_MOST} characters.")]
    marked = tokens.take_out(source.subject)
    tags = [
        Problem("subject", token.line, "A subject holds variables only.") for token in marked.tokens if token.is_tag
    ]
    return tags or language.check(source.subject, "subject", source.document_type)
